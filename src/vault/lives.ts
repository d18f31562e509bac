import { LRUCache } from 'lru-cache';
import { lazy } from '../shared/lazy.js';
import type { Store } from '../store/store.js';

/** Milliseconds by two clocks: `wall` since 1970, which may be set; `monotonic` since any moment, which may not. */
export interface Clock {
  readonly wall: () => number;
  readonly monotonic: () => number;
}

export const systemClock: Clock = { wall: Date.now, monotonic: () => performance.now() };

/**
 * Measures what is left of what ends by the clock of the store. That clock is asked once for each; from then on the life
 * goes by in this process with the monotonic clock, so that no jump of a clock ends it early or revives it.
 */
export interface Lives {
  /** Begins a life of this length in milliseconds. */
  readonly begin: (digest: string, lifeMs: number) => void;
  /**
   * Milliseconds that are left of a life, at most all of it; negative where it is over. `endsAt` is its end by the clock
   * of the store, in milliseconds since 1970. A life of another length than before is measured again.
   */
  readonly left: (digest: string, life: { readonly endsAt: number; readonly lifeMs: number }) => Promise<number>;
}

/** A life that was measured: its end by the monotonic clock. */
interface Life {
  readonly end: number;
  readonly lifeMs: number;
}

/** About two megabytes. What is forgotten is measured by the store's clock again. */
const MAX_KNOWN = 20_000;

export function createLives({ now }: Pick<Store, 'now'>, { monotonic }: Clock): Lives {
  const ends = lazy(() => new LRUCache<string, Life>({ max: MAX_KNOWN }));
  return {
    begin: (digest, lifeMs) => {
      ends().set(digest, { end: monotonic() + lifeMs, lifeMs });
    },
    left: async (digest, { endsAt, lifeMs }) => {
      const known = ends().get(digest);
      if (known?.lifeMs === lifeMs) return known.end - monotonic();
      const left = Math.min(endsAt - (await now()), lifeMs);
      ends().set(digest, { end: monotonic() + left, lifeMs });
      return left;
    },
  };
}
