import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for what holds in a moment and tells nobody; throws where it never does. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('waited in vain');
    await sleep(1);
  }
}
