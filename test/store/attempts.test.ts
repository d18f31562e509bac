import { expect, test } from '@jest/globals';
import { createMemoryRateLimiter } from '../../src/shared/rate-limiter.js';
import { attemptsInMemory, counterOf } from '../../src/store/attempts.js';

const LIMIT = { name: 'some', points: 2, seconds: 60 };

test('a limiter that fails is an outage of the store, not an attempt too many', async () => {
  const cause = new Error('no answer');
  const fails = () => Promise.reject(cause);
  const limiter = Object.assign(createMemoryRateLimiter(LIMIT), { consume: fails, reward: fails, delete: fails });
  const { take, giveBack, forget } = counterOf(limiter);
  for (const call of [take, giveBack, forget])
    await expect(call('a')).rejects.toMatchObject({ name: 'Fault', reason: 'unavailable', cause });
});

test('the limiter does not see a subject, which may be a secret', async () => {
  const seen: unknown[] = [];
  const { take } = attemptsInMemory((options) => {
    const limiter = createMemoryRateLimiter(options);
    const { consume } = limiter;
    return Object.assign(limiter, {
      consume: (key: string) => {
        seen.push(key);
        return consume.call(limiter, key);
      },
    });
  })({ name: 'some', max: 1, seconds: 60 });
  expect([await take('a secret'), await take('a secret'), await take('another')]).toEqual([true, false, true]);
  expect(seen).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), seen[0], expect.not.stringContaining('another')]);
});

test('an attempt that was refused is not counted', async () => {
  const limiter = createMemoryRateLimiter(LIMIT);
  const { take, giveBack } = counterOf(limiter);
  for (let n = 0; n < 5; n++) await take('a');
  await giveBack('a');
  expect([await take('a'), await take('a')]).toEqual([true, false]);
});
