import { messageOf } from '../shared/errors.js';
import type { CreateRateLimiter } from '../shared/rate-limiter.js';
import { nameOfPostgres } from './postgres-url.js';
import { openSqlite } from './sqlite.js';
import type { Store } from './store.js';
import { type OnStoreBreaker, withBreaker } from './store-breaker.js';

/** Where a store is. */
export type StorePlace =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly url: string };

/**
 * Opens a store. SQLite counts attempts with `createRateLimiter`, by default in this process; PostgreSQL counts them in
 * the database, and is left alone for as long as it is away, of which `onBreaker` hears. Throws an Error with one line for
 * the operator where the store cannot be used.
 */
export async function openStore(
  place: StorePlace,
  createRateLimiter?: CreateRateLimiter,
  onBreaker?: OnStoreBreaker,
): Promise<Store> {
  try {
    return place.kind === 'sqlite'
      ? openSqlite(place.path, createRateLimiter)
      : await openPostgres(place.url, onBreaker);
  } catch (error) {
    const why = messageOf(error);
    throw new Error(`cannot use the store ${nameOfStore(place)} (${why}); mend it or name another in \`store\``);
  }
}

async function openPostgres(url: string, onBreaker: OnStoreBreaker | undefined): Promise<Store> {
  // Loaded on demand: a bridge on SQLite starts sooner without it.
  const [postgres, { isAway }] = await Promise.all([import('./postgres.js'), import('./postgres-database.js')]);
  return withBreaker(await postgres.openPostgres(url), isAway, onBreaker);
}

/** The store's name for the operator, without secrets. */
export function nameOfStore(place: StorePlace): string {
  return place.kind === 'sqlite' ? place.path : nameOfPostgres(place.url);
}
