import type { StoreInspection } from './inspection.js';
import { cannotUse, type StorePlace } from './open.js';
import { checkUrl } from './postgres-url.js';
import { inspectSqlite } from './sqlite-inspection.js';

/**
 * Looks at a store, and changes nothing of it; unless it may connect, at the URL of PostgreSQL alone. Throws the Error of
 * `openStore`, where that would not open it.
 */
export async function inspectStore(
  place: StorePlace,
  { mayConnect }: { readonly mayConnect: boolean },
): Promise<StoreInspection> {
  try {
    if (place.kind === 'sqlite') return await inspectSqlite(place.path);
    checkUrl(place.url);
    if (!mayConnect) return { isNew: false, masterKey: undefined };
    const { inspectPostgres } = await import('./postgres-inspection.js');
    return await inspectPostgres(place.url);
  } catch (error) {
    throw cannotUse(place, error);
  }
}
