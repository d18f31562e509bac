import { afterEach } from '@jest/globals';

const pending: (() => Promise<void>)[] = [];

/** Does this after the test, whatever comes of it; the last one first. */
export function afterwards(work: () => Promise<void>): void {
  pending.push(work);
}

afterEach(async () => {
  while (pending.length > 0) await pending.pop()?.();
});
