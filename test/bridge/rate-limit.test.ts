import { describe, expect, test } from '@jest/globals';
import { consume, createTicketLimit } from '../../src/bridge/rate-limit.js';
import { createMemoryRateLimiter } from '../../src/shared/rate-limiter.js';

const long = 'x'.repeat(10_000);

/** Counts as a bridge does; `keys` are those that it remembers. */
function remembering() {
  const keys: string[] = [];
  const createRate: typeof createMemoryRateLimiter = (options) => {
    const rate = createMemoryRateLimiter(options);
    const { consume: count } = rate;
    return Object.assign(rate, {
      consume: (key: string | number) => {
        keys.push(`${key}`);
        return count.call(rate, key);
      },
    });
  };
  return { keys, createRate };
}

describe('what a caller says of its address', () => {
  test('is remembered as it is where it is short, and never at length', async () => {
    const { keys, createRate } = remembering();
    const limitTickets = createTicketLimit(60, createRate);
    for (const address of ['192.0.2.1', long]) await limitTickets({ apiKey: 'key' }, address);
    expect(keys[0]).toBe('key 192.0.2.1');
    expect(keys[1]?.length).toBeLessThanOrEqual(128);
  });

  test('is counted apart even where it begins alike', async () => {
    const rate = createMemoryRateLimiter({ name: 'a', points: 1, seconds: 60 });
    await consume(rate, `${long}1`);
    await consume(rate, `${long}2`);
    await expect(consume(rate, `${long}1`)).rejects.toMatchObject({ http: 429 });
  });
});
