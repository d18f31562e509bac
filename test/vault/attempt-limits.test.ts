import { expect, test } from '@jest/globals';
import { createMemoryRateLimiter } from '../../src/shared/rate-limiter.js';
import { attemptsInMemory } from '../../src/store/attempts.js';
import type { Store } from '../../src/store/store.js';
import { createAttemptLimits } from '../../src/vault/attempt-limits.js';

const attempts = attemptsInMemory(createMemoryRateLimiter);
const limits = () => createAttemptLimits({ attempts });

/** Takes attempts until none is left; gives how many there were. */
async function attemptsLeft(take: () => Promise<boolean>): Promise<number> {
  let count = 0;
  while (await take()) count += 1;
  return count;
}

test('a ticket has ten attempts, from whatever address, and another one its own', async () => {
  const { take } = limits();
  let n = 0;
  expect(await attemptsLeft(() => take('ticket', `address ${n++}`))).toBe(10);
  expect(await take('another', 'address 0')).toBe(true);
});

test('an address has a hundred, on whatever tickets, and another one its own', async () => {
  const { take } = limits();
  let n = 0;
  expect(await attemptsLeft(() => take(`ticket ${n++}`, 'address'))).toBe(100);
  expect(await take('ticket 0', 'another')).toBe(true);
});

test('what an address is refused costs the ticket nothing', async () => {
  const { take } = limits();
  let n = 0;
  await attemptsLeft(() => take(`ticket ${n++}`, 'full'));
  for (let tries = 0; tries < 20; tries += 1) expect(await take('mine', 'full')).toBe(false);
  expect(await attemptsLeft(() => take('mine', 'another'))).toBe(10);
});

test('what a ticket is refused costs the address nothing', async () => {
  const { take } = limits();
  await attemptsLeft(() => take('full', 'another'));
  for (let tries = 0; tries < 200; tries += 1) expect(await take('full', 'mine')).toBe(false);
  let n = 0;
  expect(await attemptsLeft(() => take(`ticket ${n++}`, 'mine'))).toBe(100);
});

test('an address that is refused leaves nothing behind, whatever tickets it names', async () => {
  const counted = new Set<string>();
  const { take } = createAttemptLimits({
    attempts: (options) => {
      const counter = attempts(options);
      return {
        ...counter,
        take: (subject) => {
          counted.add(subject);
          return counter.take(subject);
        },
      };
    },
  });
  for (let n = 0; n < 1000; n += 1) await take(`ticket ${n}`, 'address');
  expect(counted.size).toBe(101);
});

test('what is given back can be taken again, by ticket and by address', async () => {
  const { take, giveBack } = limits();
  for (let n = 0; n < 300; n += 1) {
    expect(await take('ticket', 'address')).toBe(true);
    await giveBack('ticket', 'address');
  }
});

test('a ticket that is forgotten begins anew', async () => {
  const { take, forget } = limits();
  await attemptsLeft(() => take('ticket', 'address'));
  await forget('ticket');
  expect(await attemptsLeft(() => take('ticket', 'address'))).toBe(10);
});

test('both are counted apart, and for a quarter of an hour', () => {
  const asked: Parameters<Store['attempts']>[0][] = [];
  createAttemptLimits({
    attempts: (options) => {
      asked.push(options);
      return attempts(options);
    },
  });
  expect(asked).toEqual([
    { name: 'ticket', max: 10, seconds: 900 },
    { name: 'address', max: 100, seconds: 900 },
  ]);
});
