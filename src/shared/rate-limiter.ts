import {
  type RateLimiterAbstract,
  RateLimiterCluster,
  RateLimiterClusterMaster,
  RateLimiterMemory,
} from 'rate-limiter-flexible';

export type RateLimiter = RateLimiterAbstract;

interface RateLimiterOptions {
  /** Unique among all limiters: the workers of one server share those of the same name. */
  readonly name: string;
  /** The points that a key has … */
  readonly points: number;
  /** … in this many seconds. */
  readonly seconds: number;
}

/** Counts by keys. */
export type CreateRateLimiter = (options: RateLimiterOptions) => RateLimiter;

/** Counts for this process alone. */
export const createMemoryRateLimiter: CreateRateLimiter = (options) => new RateLimiterMemory(settingsOf(options));

/** Counts for all workers of this server together, in their primary. */
export const createClusterRateLimiter: CreateRateLimiter = (options) =>
  new RateLimiterCluster({ ...settingsOf(options), timeoutMs: 1000 });

/** Makes this process the primary that counts for its workers. */
export function serveClusterRateLimiters(): void {
  new RateLimiterClusterMaster();
}

/** Milliseconds until a key has a point again, from what `consume` threw; undefined where it threw something else. */
export function msUntilNextPoint(error: unknown): number | undefined {
  return typeof error === 'object' && error !== null && 'msBeforeNext' in error
    ? Number(error.msBeforeNext)
    : undefined;
}

function settingsOf({ name, points, seconds }: RateLimiterOptions) {
  return { keyPrefix: name, points, duration: seconds };
}
