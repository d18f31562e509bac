import { type CreateRateLimiter, createMemoryRateLimiter } from '../shared/rate-limiter.js';
import { nameOfLimitsStore } from './limits-store-url.js';
import type { SharedRates } from './valkey-rates.js';

/**
 * Hears when the store of the rates, of this name, counts and when it is away: then this server counts alone. `cause` is
 * one line, without a secret.
 */
export type OnLimitsStore = (name: string, state: 'counts' | 'away', cause: string | undefined) => void;

/**
 * The rates of a bridge: counted in the Valkey at `url` by all nodes together, or by `createRateLimiter` where there is no
 * `url`, or while it is away. Never throws for a store that is away.
 */
export async function openRates(
  url: string | undefined,
  createRateLimiter: CreateRateLimiter,
  onState: OnLimitsStore,
): Promise<SharedRates> {
  if (url === undefined) return { createRate: createRateLimiter, close: async () => {} };
  // Loaded on demand: a bridge that counts alone starts sooner without it.
  const { openValkeyRates } = await import('./valkey-rates.js');
  const name = nameOfLimitsStore(url);
  return openValkeyRates(url, createRateLimiter, (state, cause) => onState(name, state, cause));
}

/** Why the Valkey at `url` does not count, in one line for the operator; undefined where it does. */
export async function limitsStoreProblem(url: string): Promise<string | undefined> {
  let problem: string | undefined;
  const rates = await openRates(url, createMemoryRateLimiter, (name, state, cause) => {
    problem =
      state === 'away'
        ? `the limits_store ${name} cannot be used (${cause}); mend it, or leave it out: then each server counts for itself`
        : undefined;
  });
  await rates.close();
  return problem;
}
