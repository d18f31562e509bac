import { TestEnvironment } from 'jest-environment-node';
import { leftOpen, openHandles } from './open-handles.js';

/** How long what a suite has closed may take to be gone, in milliseconds: it is on a busy machine that it takes any time. */
const GONE_MS = 10_000;

/**
 * The environment of Node.js, which Jest makes with `new`: a suite fails that leaves anything open behind it. What a failed
 * test left open is its own matter: the failure is what has to be read.
 */
export default function noLeaks(...given: ConstructorParameters<typeof TestEnvironment>) {
  const before = openHandles();
  const environment = new TestEnvironment(...given);
  const tearDown = environment.teardown.bind(environment);
  let hasFailed = false;
  return Object.assign(environment, {
    handleTestEvent: ({ name }: { readonly name: string }) => {
      hasFailed ||= name === 'test_fn_failure' || name === 'hook_failure';
    },
    teardown: async () => {
      await tearDown();
      if (hasFailed) return;
      const left = await leftOpen(before, GONE_MS);
      if (left.length > 0) throw new Error(`open behind the suite: ${left.join(', ')}; --detectOpenHandles says where`);
    },
  });
}
