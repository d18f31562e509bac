import type { StoreContent } from '../../src/store/snapshot.js';
import type { Pages, Store } from '../../src/store/store.js';

/** All that a small store has. */
export function dump(store: Pick<Store, 'snapshot'>): Promise<StoreContent> {
  return store.snapshot(async ({ lastUserId, masterKey, accounts, tickets, sessions, ledger }) => ({
    lastUserId,
    accounts: await all(accounts),
    masterKey,
    tickets: await all(tickets),
    sessions: await all(sessions),
    ledger: await all(ledger),
  }));
}

async function all<T>(pages: Pages<T>): Promise<T[]> {
  const rows: T[] = [];
  for await (const page of pages) rows.push(...page);
  return rows;
}
