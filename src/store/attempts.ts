import { createHash } from 'node:crypto';
import { RateLimiterPostgres } from 'rate-limiter-flexible';
import { Fault } from '../core/fault.js';
import { type CreateRateLimiter, msUntilNextPoint, type RateLimiter } from '../shared/rate-limiter.js';
import type { AttemptCounter, Store } from './store.js';

/** Counts for this server alone, as far as its rate limiters do. */
export function attemptsInMemory(createRateLimiter: CreateRateLimiter): Store['attempts'] {
  return ({ name, most, seconds }) => counterIn(createRateLimiter({ name, points: most, seconds }));
}

/** Counts for all nodes together, in the table `wrong_tries`. */
export function attemptsInPostgres(pool: object): Store['attempts'] {
  return ({ name, most, seconds }) =>
    counterIn(
      new RateLimiterPostgres({
        storeClient: pool,
        storeType: 'pool',
        tableName: 'wrong_tries',
        tableCreated: true,
        keyPrefix: name,
        points: most,
        duration: seconds,
      }),
    );
}

function counterIn(limiter: RateLimiter): AttemptCounter {
  // What is tried may be a secret, which is not stored.
  const keyOf = (of: string) => createHash('sha256').update(of).digest('hex');
  const giveBack = async (of: string) => {
    await limiter.reward(keyOf(of)).catch(unavailable);
  };
  return {
    take: (of) =>
      limiter.consume(keyOf(of)).then(
        () => true,
        async (error: unknown) => {
          if (msUntilNextPoint(error) === undefined) return unavailable(error);
          // The limiter counts the attempt that it rejects.
          await giveBack(of);
          return false;
        },
      ),
    giveBack,
    forget: async (of) => {
      await limiter.delete(keyOf(of)).catch(unavailable);
    },
  };
}

function unavailable(cause: unknown): never {
  throw new Fault('unavailable', { cause });
}
