import { createHash } from 'node:crypto';
import { RateLimiterPostgres } from 'rate-limiter-flexible';
import { Fault } from '../core/fault.js';
import { type CreateRateLimiter, msUntilNextPoint, type RateLimiter } from '../shared/rate-limiter.js';
import type { AttemptCounter, Store } from './store.js';

/** Counts where its rate limiters do: in this process, or in the primary of a cluster. */
export function attemptsInMemory(createRateLimiter: CreateRateLimiter): Store['attempts'] {
  return ({ name, max, seconds }) => counterOf(createRateLimiter({ name, points: max, seconds }));
}

/** Counts for all nodes, in the table `wrong_tries`. */
export function attemptsInPostgres(pool: object): Store['attempts'] {
  return ({ name, max, seconds }) =>
    counterOf(
      new RateLimiterPostgres({
        storeClient: pool,
        storeType: 'pool',
        tableName: 'wrong_tries',
        tableCreated: true,
        keyPrefix: name,
        points: max,
        duration: seconds,
      }),
    );
}

function counterOf(limiter: RateLimiter): AttemptCounter {
  // A subject may be a secret: only its hash is stored.
  const keyOf = (subject: string) => createHash('sha256').update(subject).digest('hex');
  const giveBack = async (subject: string) => {
    await limiter.reward(keyOf(subject)).catch(unavailable);
  };
  return {
    take: (subject) =>
      limiter.consume(keyOf(subject)).then(
        () => true,
        async (error: unknown) => {
          if (msUntilNextPoint(error) === undefined) return unavailable(error);
          // The limiter counts rejected attempts too.
          await giveBack(subject);
          return false;
        },
      ),
    giveBack,
    forget: async (subject) => {
      await limiter.delete(keyOf(subject)).catch(unavailable);
    },
  };
}

function unavailable(cause: unknown): never {
  throw new Fault('unavailable', { cause });
}
