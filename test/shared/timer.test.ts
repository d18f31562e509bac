import { expect, test } from '@jest/globals';
import { startTimer } from '../../src/shared/timer.js';

const elapsed = (ms: number) =>
  new Promise<number>((resolve) => {
    const begin = performance.now();
    startTimer(() => resolve(performance.now() - begin), ms);
  });

test('a timer is never early, whatever the fractions of its delay and of the clock', async () => {
  // Spread over the turns of the loop: timers that begin in one share its clock. With setTimeout four of five are early.
  for (let n = 0; n < 60; n++) {
    const ms = 1 + (n % 10) * 0.37;
    expect(await elapsed(ms)).toBeGreaterThanOrEqual(ms);
  }
});

test('a delay below nothing is over soon, one without end not at once', async () => {
  expect(await elapsed(-5)).toBeGreaterThan(0);
  let isOver = false;
  const endless = startTimer(() => {
    isOver = true;
  }, Number.POSITIVE_INFINITY);
  await elapsed(5);
  clearTimeout(endless);
  expect(isOver).toBe(false);
});
