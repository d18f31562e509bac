import { createHash } from 'node:crypto';
import { type RateLimiterAbstract, RateLimiterPostgres } from 'rate-limiter-flexible';
import { Fault } from '../core/fault.js';
import { createLimiter, waitIn } from '../shared/rate-limiter.js';
import type { Store, TryCounter } from './store.js';

/** Counts for the workers of this server alone. */
export const triesInMemory: Store['tries'] = ({ name, most, seconds }) =>
  counterIn(createLimiter({ name, points: most, seconds }));

/** Counts for all nodes together, in the table `wrong_tries`. */
export function triesInPostgres(pool: object): Store['tries'] {
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

function counterIn(limiter: RateLimiterAbstract): TryCounter {
  // What is tried may be a secret, which is not stored.
  const keyOf = (of: string) => createHash('sha256').update(of).digest('hex');
  const giveBack = async (of: string) => {
    await limiter.reward(keyOf(of)).catch(unavailable);
  };
  return {
    take: (of) =>
      limiter.consume(keyOf(of)).then(
        () => true,
        async (refusal: unknown) => {
          if (waitIn(refusal) === undefined) return unavailable(refusal);
          // A try that is refused is none, but it was counted.
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
