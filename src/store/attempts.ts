import { createHash } from 'node:crypto';
import { Fault } from '../core/fault.js';
import { type CreateRateLimiter, msUntilNextPoint, type RateLimiter } from '../shared/rate-limiter.js';
import type { AttemptCounter, Store } from './store.js';

/** Counts where its rate limiters do: in this process, or in the primary of a cluster. */
export function attemptsInMemory(createRateLimiter: CreateRateLimiter): Store['attempts'] {
  return ({ name, max, seconds }) => counterOf(createRateLimiter({ name, points: max, seconds }));
}

/** A counter of attempts by a rate limiter. */
export function counterOf(limiter: RateLimiter): AttemptCounter {
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
