import type { LedgerRow } from './ledger.js';
import type { KnownAccount, StoredSession, StoreHead, StoreSnapshot, TicketRecord } from './store.js';

/** The content of a small store. */
export interface StoreContent extends Pick<StoreHead, 'lastUserId' | 'masterKey'> {
  readonly accounts: readonly KnownAccount[];
  readonly tickets: readonly TicketRecord[];
  readonly sessions: readonly StoredSession[];
  readonly ledger: readonly LedgerRow[];
}

/** The largest number of rows in a page: few enough for memory and a short statement. */
export const ROWS_PER_PAGE = 1000;

/** Whether it is a new store. */
export function isEmpty({ lastUserId, masterKey, counts }: StoreHead): boolean {
  return lastUserId === 0 && masterKey === undefined && Object.values(counts).every((count) => count === 0);
}

/** Pages that follow each other: `read` gives the rows after one, at first after none. */
export async function* pagesOf<T>(
  read: (last: T | undefined) => readonly T[] | Promise<readonly T[]>,
): AsyncGenerator<readonly T[]> {
  for (let page = await read(undefined); page.length > 0; page = await read(page.at(-1))) yield page;
}

/** A content as the snapshot of a store that has it. */
export function snapshotOf({
  lastUserId,
  masterKey,
  accounts,
  tickets,
  sessions,
  ledger,
}: StoreContent): StoreSnapshot {
  return {
    lastUserId,
    masterKey,
    counts: {
      accounts: accounts.length,
      tickets: tickets.length,
      sessions: sessions.length,
      ledger: ledger.length,
    },
    accounts: inPages(accounts),
    tickets: inPages(tickets),
    sessions: inPages(sessions),
    ledger: inPages(ledger),
  };
}

async function* inPages<T>(list: readonly T[]): AsyncGenerator<readonly T[]> {
  for (let n = 0; n < list.length; n += ROWS_PER_PAGE) yield list.slice(n, n + ROWS_PER_PAGE);
}
