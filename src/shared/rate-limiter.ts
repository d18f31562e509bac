import cluster from 'node:cluster';
import {
  type RateLimiterAbstract,
  RateLimiterCluster,
  RateLimiterClusterMaster,
  RateLimiterMemory,
} from 'rate-limiter-flexible';

export interface LimiterOptions {
  /** Of its own among all limiters: the workers of one server share those of the same name. */
  readonly name: string;
  /** So many at most … */
  readonly points: number;
  /** … in so many seconds. */
  readonly seconds: number;
}

/** Counts by keys, for all workers of this server together. */
export function createLimiter({ name, points, seconds }: LimiterOptions): RateLimiterAbstract {
  const options = { keyPrefix: name, points, duration: seconds };
  return cluster.isWorker ? new RateLimiterCluster({ ...options, timeoutMs: 1000 }) : new RateLimiterMemory(options);
}

/** The milliseconds until there is a point again, in what a limiter throws; undefined where it threw something else. */
export function waitIn(refusal: unknown): number | undefined {
  return typeof refusal === 'object' && refusal !== null && 'msBeforeNext' in refusal
    ? Number(refusal.msBeforeNext)
    : undefined;
}

/** Lets the workers of this process share their limiters. */
export function shareLimiters(): void {
  new RateLimiterClusterMaster();
}
