import type { Clock } from './lives.js';

/** By how many milliseconds the store's clock may run apart from the monotonic one between two looks; more is a jump. */
const MAX_DRIFT_MS = 5000;

/** Watches whether the store's clock is set. */
export interface Jumps {
  /**
   * Before which time of the store what lives for a while is expired. Nothing is for that while after a jump of the clock,
   * which has moved against the ends of all that there is.
   */
  readonly expiredBefore: (now: number) => number;
}

/** Watches the store's clock by the times that it is told, for what lives for so many milliseconds. */
export function watchJumps({ monotonic }: Pick<Clock, 'monotonic'>, lifeMs: number): Jumps {
  let offset: number | undefined;
  let jumpedAt = Number.NEGATIVE_INFINITY;
  return {
    expiredBefore: (now) => {
      const [before, present] = [offset, monotonic()];
      offset = now - present;
      if (before !== undefined && Math.abs(offset - before) > MAX_DRIFT_MS) jumpedAt = present;
      return present - jumpedAt > lifeMs ? now : Number.MIN_SAFE_INTEGER;
    },
  };
}
