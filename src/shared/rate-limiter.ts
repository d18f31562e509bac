import { createRequire } from 'node:module';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';

type Library = typeof import('rate-limiter-flexible');

/** The limiters alone: the package as a whole loads one for each database. */
const require = createRequire(import.meta.url);
const RateLimiterMemory: Library['RateLimiterMemory'] = require('rate-limiter-flexible/lib/RateLimiterMemory.js');
const {
  RateLimiterCluster,
  RateLimiterClusterMaster,
}: Pick<Library, 'RateLimiterCluster' | 'RateLimiterClusterMaster'> =
  require('rate-limiter-flexible/lib/RateLimiterCluster.js');

export type RateLimiter = RateLimiterAbstract;

interface RateLimiterOptions {
  /** Unique among the limiters of a process; the workers of a cluster share the limiters of the same name. */
  readonly name: string;
  /** How many points a key has in each window. */
  readonly points: number;
  /** The length of the window. */
  readonly seconds: number;
}

export type CreateRateLimiter = (options: RateLimiterOptions) => RateLimiter;

/** A limiter that is asked for nothing but a point of a key. */
export interface Rate {
  readonly consume: (key: string) => Promise<unknown>;
}

export type CreateRate = (options: RateLimiterOptions) => Rate;

/** A limiter of this process alone. */
export const createMemoryRateLimiter: CreateRateLimiter = (options) => new RateLimiterMemory(settingsOf(options));

/** A limiter that the workers of a cluster share; the primary counts. */
export const createClusterRateLimiter: CreateRateLimiter = (options) =>
  new RateLimiterCluster({ ...settingsOf(options), timeoutMs: 1000 });

/** Creates each rate once: rates with the same options are one, and what it has counted stays. */
export function createOnce(create: CreateRate): CreateRate {
  const rates = new Map<string, Rate>();
  return (options) => {
    const key = JSON.stringify(options);
    const rate = rates.get(key) ?? create(options);
    rates.set(key, rate);
    return rate;
  };
}

/** Makes this process, the primary, count for its workers. */
export function serveClusterRateLimiters(): void {
  new RateLimiterClusterMaster();
}

/** Milliseconds until a key has a point again, from the rejection of `consume`; undefined where that is an error. */
export function msUntilNextPoint(error: unknown): number | undefined {
  return typeof error === 'object' && error !== null && 'msBeforeNext' in error
    ? Number(error.msBeforeNext)
    : undefined;
}

function settingsOf({ name, points, seconds }: RateLimiterOptions) {
  return { keyPrefix: name, points, duration: seconds };
}
