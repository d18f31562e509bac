import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createAdmission } from '../../src/bridge/admission.js';
import { defaultMemoryBytes, type OverloadOptions, watchOverload } from '../../src/bridge/overload.js';
import { createMemoryRateLimiter } from '../../src/shared/rate-limiter.js';
import { createScope } from '../../src/shared/scope.js';
import { afterwards } from '../support/cleanup.js';
import { startNodeIn } from '../support/servers/process.js';
import { until } from '../support/until.js';

const plenty: OverloadOptions = { memoryBytes: Number.MAX_SAFE_INTEGER, delayMs: 60_000, everyMs: 5 };

function watch(options: Partial<OverloadOptions>) {
  const overload = watchOverload({ ...plenty, ...options });
  afterwards(async () => overload.close());
  return overload;
}

/** Keeps the event loop for that many milliseconds. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('no call is admitted while the memory of the process is over its limit', async () => {
  const overload = watch({ memoryBytes: 1 });
  const admission = createAdmission({
    concurrentCalls: 8,
    callMs: 1000,
    createRate: createMemoryRateLimiter,
    overload,
  });
  const call = () => admission.run(createScope(), undefined, async () => 'done');
  expect(await call()).toBe('done');
  await until(() => overload.reason() !== undefined);
  await expect(call()).rejects.toMatchObject({
    reason: 'unavailable',
    cause: new Error('the memory of the process is over its limit'),
  });
  expect(admission.inFlight()).toBe(0);
});

test('a process that is too far behind says so, and no longer once it has caught up', async () => {
  const overload = watch({ delayMs: 50 });
  const toil = setInterval(() => block(200), 1);
  afterwards(async () => clearInterval(toil));
  await until(() => overload.reason() === 'the process is too far behind');
  clearInterval(toil);
  await until(() => overload.reason() === undefined);
});

test('one pause, as of a process that was stopped for a moment, is no overload', async () => {
  const overload = watch({ delayMs: 50 });
  block(200);
  const end = performance.now() + 30;
  await until(() => {
    expect(overload.reason()).toBeUndefined();
    return performance.now() > end;
  });
});

test('nothing speaks against a call within the limits', async () => {
  const overload = watch({});
  await sleep(50);
  expect(overload.reason()).toBeUndefined();
});

/** Opens files until none can be opened, watches for a while, and tells what it found. */
const withoutDescriptors = (module: string) => `
  import { openSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { watchOverload } from '${module}';
  await sleep(0);
  const opened = [];
  try { for (;;) opened.push(openSync('/dev/null')); } catch (error) { console.log(error.code); }
  const overload = watchOverload({ memoryBytes: Number.MAX_SAFE_INTEGER, delayMs: 60_000, everyMs: 1 });
  await sleep(50);
  console.log(overload.reason() ?? 'goes on');
`;

test('a process that can open no more files goes on, although its memory cannot be read', async () => {
  const module = new URL('../../src/bridge/overload.js', import.meta.url).href;
  const under = ['sh', '-c', 'ulimit -n 100; exec "$0" "$@"'];
  const child = startNodeIn({ cwd: '/', under }, '--input-type=module', '-e', withoutDescriptors(module));
  expect(await child.end).toMatchObject({ code: 0, stdout: 'EMFILE\ngoes on\n', stderr: '' });
});

test('a process may have most of the memory that there is', () => {
  expect(defaultMemoryBytes()).toBeGreaterThan(process.memoryUsage.rss());
});
