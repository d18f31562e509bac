import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Statements } from './postgres-database.js';
import { toStoredSession } from './rows.js';
import type { StoredSession } from './store.js';

/**
 * Finds the session of a digest, at the end of the turn of the event loop: those of all calls that arrived together come
 * with one statement, whose way to the server and back is most of what it costs. Rejects as the statement does.
 */
export function createSessionFinder({
  all,
}: Pick<Statements, 'all'>): (digest: string) => Promise<StoredSession | undefined> {
  let asked = new Set<string>();
  let finding: Promise<Map<string, StoredSession>> | undefined;
  const find = async () => {
    await endOfTurn();
    const digests = [...asked];
    asked = new Set();
    finding = undefined;
    const rows = await all('SELECT * FROM sessions WHERE digest = ANY ($1)', digests);
    return new Map(rows.map(toStoredSession).map((session) => [session.digest, session]));
  };
  return async (digest) => {
    asked.add(digest);
    finding ??= find();
    return (await finding).get(digest);
  };
}
