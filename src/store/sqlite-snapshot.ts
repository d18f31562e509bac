import { LEDGER_ORDER } from './ledger.js';
import { sealedIn, toAccount, toLedgerRow, toStoredSession, toTicket } from './rows.js';
import { isEmpty, pagesOf, ROWS_PER_PAGE } from './snapshot.js';
import type { Statements } from './sqlite-database.js';
import { addToLedger } from './sqlite-ledger.js';
import { addSession, addTicket } from './sqlite-sign-ins.js';
import { columnsOf, type StoreHead, type StoreSnapshot } from './store.js';

/** The snapshot of a transaction, to be read in it. */
export function snapshotIn(statements: Statements): StoreSnapshot {
  const { all } = statements;
  return {
    ...headIn(statements),
    accounts: pagesOf((last) =>
      all(
        'SELECT * FROM accounts WHERE user_id > ? ORDER BY user_id LIMIT ?',
        ...[last?.userId ?? 0, ROWS_PER_PAGE],
      ).map(toAccount),
    ),
    tickets: pagesOf((last) => all(PAGE_OF_TICKETS, last?.digest ?? '', ROWS_PER_PAGE).map(toTicket)),
    sessions: pagesOf((last) => all(PAGE_OF_SESSIONS, last?.digest ?? '', ROWS_PER_PAGE).map(toStoredSession)),
    ledger: pagesOf((last) => (last ? [] : all(`SELECT * FROM ledger ORDER BY ${LEDGER_ORDER}`).map(toLedgerRow))),
  };
}

/** Loads a snapshot of another store in a transaction; false, without a change, where this one is not empty. */
export async function loadIn(statements: Statements, snapshot: StoreSnapshot): Promise<boolean> {
  const { one, change } = statements;
  if (!isEmpty(headIn(statements))) return false;
  for await (const page of snapshot.accounts)
    for (const account of page)
      change(
        'INSERT INTO accounts (user_id, provider, base_url, native_id) VALUES (?, ?, ?, ?)',
        ...[account.userId, ...columnsOf(account)],
      );
  if (!one(LAST_USER_ID)) change("INSERT INTO sqlite_sequence (name, seq) VALUES ('accounts', 0)");
  change("UPDATE sqlite_sequence SET seq = ? WHERE name = 'accounts'", snapshot.lastUserId);
  if (snapshot.masterKey) change('INSERT INTO master_key (one, sealed) VALUES (1, ?)', snapshot.masterKey);
  for await (const page of snapshot.tickets) for (const ticket of page) addTicket(statements, ticket);
  for await (const page of snapshot.sessions) for (const session of page) addSession(statements, session);
  for await (const page of snapshot.ledger) addToLedger(statements, page);
  return true;
}

const PAGE_OF_TICKETS = 'SELECT * FROM tickets WHERE digest > ? ORDER BY digest LIMIT ?';
const PAGE_OF_SESSIONS = 'SELECT * FROM sessions WHERE digest > ? ORDER BY digest LIMIT ?';
const LAST_USER_ID = "SELECT seq FROM sqlite_sequence WHERE name = 'accounts'";

function headIn({ one }: Statements): StoreHead {
  return {
    lastUserId: Number(one(LAST_USER_ID)?.seq ?? 0),
    masterKey: sealedIn(one('SELECT sealed FROM master_key')),
    counts: {
      accounts: Number(one('SELECT count(*) AS count FROM accounts')?.count),
      tickets: Number(one('SELECT count(*) AS count FROM tickets')?.count),
      sessions: Number(one('SELECT count(*) AS count FROM sessions')?.count),
      ledger: Number(one('SELECT count(*) AS count FROM ledger')?.count),
    },
  };
}
