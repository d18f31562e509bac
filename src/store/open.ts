import { codeOf, messageOf } from '../shared/errors.js';
import type { CreateRateLimiter } from '../shared/rate-limiter.js';
import { postgresAdvice } from './postgres-advice.js';
import { nameOfPostgres } from './postgres-url.js';
import { openSqlite } from './sqlite.js';
import type { Store } from './store.js';
import { withBreaker } from './store-breaker.js';

/** Where a store is. */
export type StorePlace =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly url: string };

/**
 * Opens a store. SQLite counts attempts with `createRateLimiter`, by default in this process; PostgreSQL counts them in
 * the database, and is left alone for as long as it is away. Throws an Error with one line for the operator where the store cannot be used.
 */
export async function openStore(place: StorePlace, createRateLimiter?: CreateRateLimiter): Promise<Store> {
  try {
    return place.kind === 'sqlite' ? openSqlite(place.path, createRateLimiter) : await openPostgres(place.url);
  } catch (error) {
    throw cannotUse(place, error);
  }
}

async function openPostgres(url: string): Promise<Store> {
  // Loaded on demand: a bridge on SQLite starts sooner without it.
  const [postgres, { isAway }] = await Promise.all([import('./postgres.js'), import('./postgres-database.js')]);
  return withBreaker(await postgres.openPostgres(url), isAway);
}

/** The error of a store that cannot be used, in one line for the operator. */
export function cannotUse(place: StorePlace, error: unknown): Error {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const advice = place.kind === 'postgres' ? postgresAdvice(codeOf(cause)) : undefined;
  const todo = advice ?? 'mend it or name another in `store`';
  return new Error(`cannot use the store ${nameOfStore(place)} (${messageOf(error)}); ${todo}`);
}

/** The store's name for the operator, without secrets. */
export function nameOfStore(place: StorePlace): string {
  return place.kind === 'sqlite' ? place.path : nameOfPostgres(place.url);
}
