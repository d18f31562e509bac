import { LEDGER_ORDER } from './ledger.js';
import { addAccounts } from './postgres-accounts.js';
import type { Statements } from './postgres-database.js';
import { addToLedger } from './postgres-ledger.js';
import { addSessions, addTickets } from './postgres-sign-ins.js';
import { type Row, sealedIn, toAccount, toLedgerRow, toStoredSession, toTicket } from './rows.js';
import { isEmpty, pagesOf, ROWS_PER_PAGE } from './snapshot.js';
import type { StoreHead, StoreSnapshot } from './store.js';

/** The snapshot of a transaction, to be read in it. */
export async function snapshotIn(statements: Statements): Promise<StoreSnapshot> {
  const { all } = statements;
  await letIdle(statements);
  return {
    ...(await headIn(statements)),
    accounts: pagesOf(async (last) =>
      (
        await all(
          'SELECT * FROM accounts WHERE user_id > $1 ORDER BY user_id LIMIT $2',
          ...[last?.userId ?? 0, ROWS_PER_PAGE],
        )
      ).map(toAccount),
    ),
    tickets: pagesOf(async (last) => (await all(PAGE_OF_TICKETS, last?.digest ?? '', ROWS_PER_PAGE)).map(toTicket)),
    sessions: pagesOf(async (last) =>
      (await all(PAGE_OF_SESSIONS, last?.digest ?? '', ROWS_PER_PAGE)).map(toStoredSession),
    ),
    ledger: pagesOf(async (last) =>
      last ? [] : (await all(`SELECT * FROM ledger ORDER BY ${LEDGER_ORDER}`)).map(toLedgerRow),
    ),
  };
}

/** Loads a snapshot of another store in a transaction; false, without a change, where this one is not empty. */
export async function loadIn(statements: Statements, snapshot: StoreSnapshot): Promise<boolean> {
  const { change } = statements;
  await letIdle(statements);
  await change('LOCK TABLE user_ids, accounts, master_key, tickets, sessions, ledger IN EXCLUSIVE MODE');
  if (!isEmpty(await headIn(statements))) return false;
  await change('UPDATE user_ids SET last = $1', snapshot.lastUserId);
  for await (const page of snapshot.accounts) await addAccounts(statements, page);
  if (snapshot.masterKey) await change('INSERT INTO master_key (one, sealed) VALUES (1, $1)', snapshot.masterKey);
  for await (const page of snapshot.tickets) await addTickets(statements, page);
  for await (const page of snapshot.sessions) await addSessions(statements, page);
  for await (const page of snapshot.ledger) await addToLedger(statements, page);
  return true;
}

const PAGE_OF_TICKETS = 'SELECT * FROM tickets WHERE digest > $1 ORDER BY digest LIMIT $2';
const PAGE_OF_SESSIONS = 'SELECT * FROM sessions WHERE digest > $1 ORDER BY digest LIMIT $2';

async function headIn({ one }: Statements): Promise<StoreHead> {
  const countOf = async (rows: Promise<Row | undefined>) => Number((await rows)?.count);
  return {
    lastUserId: Number((await one('SELECT last FROM user_ids'))?.last),
    masterKey: sealedIn(await one('SELECT sealed FROM master_key')),
    counts: {
      accounts: await countOf(one('SELECT count(*) AS count FROM accounts')),
      tickets: await countOf(one('SELECT count(*) AS count FROM tickets')),
      sessions: await countOf(one('SELECT count(*) AS count FROM sessions')),
      ledger: await countOf(one('SELECT count(*) AS count FROM ledger')),
    },
  };
}

/** The transaction is idle for as long as the other store takes, such as to write a million rows to a slow disk. */
async function letIdle({ change }: Statements): Promise<void> {
  await change("SET LOCAL idle_in_transaction_session_timeout = '10min'");
}
