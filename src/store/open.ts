import { codeOf, messageOf } from '../shared/errors.js';
import type { CreateRateLimiter } from '../shared/rate-limiter.js';
import { type Migration, NewerStore } from './migration.js';
import { postgresAdvice } from './postgres-advice.js';
import { nameOfPostgres } from './postgres-url.js';
import { openSqlite } from './sqlite.js';
import { migrateDatabase as migrateSqlite } from './sqlite-database.js';
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
export function openStore(
  place: StorePlace,
  createRateLimiter?: CreateRateLimiter,
  onBreaker?: OnStoreBreaker,
): Promise<Store> {
  return usable(place, async () =>
    place.kind === 'sqlite' ? openSqlite(place.path, createRateLimiter) : openPostgres(place.url, onBreaker),
  );
}

/**
 * Makes the tables of a store, or takes them to the present version. Several processes may do so at once. Throws an Error
 * with one line for the operator where the store cannot be used; its tables are unchanged then.
 */
export function migrateStore(place: StorePlace): Promise<Migration> {
  return usable(place, async () => {
    if (place.kind === 'sqlite') return migrateSqlite(place.path);
    const { migrateDatabase } = await import('./postgres-database.js');
    return migrateDatabase(place.url);
  });
}

async function usable<T>(place: StorePlace, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw cannotUse(place, error);
  }
}

async function openPostgres(url: string, onBreaker: OnStoreBreaker | undefined): Promise<Store> {
  // Loaded on demand: a bridge on SQLite starts sooner without it.
  const [postgres, { isAway }] = await Promise.all([import('./postgres.js'), import('./postgres-database.js')]);
  return withBreaker(await postgres.openPostgres(url), isAway, onBreaker);
}

function adviceFor({ kind }: StorePlace, error: unknown, cause: unknown): string {
  if (error instanceof NewerStore || cause instanceof NewerStore)
    return 'run that version, or restore a backup of the store';
  return (kind === 'postgres' ? postgresAdvice(codeOf(cause)) : undefined) ?? 'mend it or name another in `store`';
}

/** The error of a store that cannot be used, in one line for the operator. */
export function cannotUse(place: StorePlace, error: unknown): Error {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return new Error(
    `cannot use the store ${nameOfStore(place)} (${messageOf(error)}); ${adviceFor(place, error, cause)}`,
  );
}

/** The store's name for the operator, without secrets. */
export function nameOfStore(place: StorePlace): string {
  return place.kind === 'sqlite' ? place.path : nameOfPostgres(place.url);
}
