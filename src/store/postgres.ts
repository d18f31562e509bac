import { LEDGER_ORDER } from './ledger.js';
import { addAccounts, userIdsOf } from './postgres-accounts.js';
import { attemptsInPostgres } from './postgres-attempts.js';
import { type Access, openDatabase, type Statements } from './postgres-database.js';
import { addToLedger } from './postgres-ledger.js';
import {
  afterPrefix,
  sealedIn,
  toAccount,
  toKey,
  toKnownSession,
  toLedgerRow,
  toPrefixMatch,
  toSession,
  toTicket,
} from './rows.js';
import {
  type AskedAccount,
  BEFORE_ALL_SESSIONS,
  isEmpty,
  type KnownSession,
  SESSIONS_PER_PAGE,
  type SessionRecord,
  type Store,
  type StoreContent,
  type TicketRecord,
} from './store.js';

/** Opens the store in a PostgreSQL database, by its URL, to write to it unless told otherwise. Throws an Error where the database cannot be used. */
export async function openPostgres(url: string, access?: Access): Promise<Store> {
  const database = await openDatabase(url, access);
  const { one, all, change, transaction, close } = database;

  const userIds = (accounts: readonly AskedAccount[]) => userIdsOf(database, accounts);
  /** Changes a ticket and stores a session with it: both, or neither where there was no such ticket. */
  const replaceTicket = (
    session: SessionRecord | undefined,
    changeTicket: (statements: Statements) => Promise<boolean>,
  ): Promise<boolean> =>
    transaction(async (statements) => {
      const isChanged = await changeTicket(statements);
      if (isChanged && session) await addSessions(statements, [session]);
      return isChanged;
    });

  return {
    userId: async (account) => Number((await userIds([account]))[0]),
    userIds,

    accountOf: async (userId) => {
      const row = await one('SELECT provider, base_url, native_id FROM accounts WHERE user_id = $1', userId);
      return row && toKey(row);
    },

    masterKey: async () => sealedIn(await one('SELECT sealed FROM master_key')),
    keepMasterKey: async (sealed) => {
      await change('INSERT INTO master_key (one, sealed) VALUES (1, $1) ON CONFLICT DO NOTHING', sealed);
      return sealedIn(await one('SELECT sealed FROM master_key')) ?? sealed;
    },
    changeMasterKey: (from, to) => change('UPDATE master_key SET sealed = $1 WHERE sealed = $2', to, from),

    now: async () => Number((await one('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now'))?.now),

    addTicket: async (ticket, now) => {
      await change('DELETE FROM tickets WHERE expires_at < $1', now);
      await addTickets(database, [ticket]);
    },
    ticket: async (digest) => (await all('SELECT * FROM tickets WHERE digest = $1', digest)).map(toTicket)[0],
    changeTicket: ({ digest, sealed }, to, session) =>
      replaceTicket(session, (statements) =>
        statements.change(
          'UPDATE tickets SET sealed = $1 WHERE digest = $2 AND sealed = $3',
          ...[to.sealed, digest, sealed],
        ),
      ),
    spendTicket: ({ digest, sealed }, session) =>
      replaceTicket(session, (statements) =>
        statements.change('DELETE FROM tickets WHERE digest = $1 AND sealed = $2', digest, sealed),
      ),

    addSession: async (session) => {
      await addSessions(database, [session]);
    },
    session: async (digest) => (await all('SELECT * FROM sessions WHERE digest = $1', digest)).map(toSession)[0],
    sessions: async ({ createdAt, digest } = BEFORE_ALL_SESSIONS) => {
      const rows = await all(
        `${SESSIONS} WHERE (created_at, sessions.digest) > ($1, $2) ORDER BY created_at, sessions.digest LIMIT $3`,
        ...[createdAt, digest, SESSIONS_PER_PAGE],
      );
      return rows.map(toKnownSession);
    },
    sessionsByPrefix: async (prefix) =>
      toPrefixMatch(
        await one(
          'SELECT count(*) AS count, min(digest) AS digest FROM sessions WHERE digest >= $1 AND digest < $2',
          ...[prefix, afterPrefix(prefix)],
        ),
      ),
    touchSessions: async (uses) => {
      await change(
        TOUCH,
        uses.map(([digest]) => digest),
        uses.map(([, lastUsed]) => lastUsed),
      );
    },
    removeSession: (digest) => change('DELETE FROM sessions WHERE digest = $1', digest),
    removeSessions: async (digests) =>
      (await all('DELETE FROM sessions WHERE digest = ANY ($1) RETURNING digest', digests)).length,

    attempts: attemptsInPostgres(database.pool),

    addToLedger: (rows) => transaction((statements) => addToLedger(statements, rows)),
    ledger: async (since) =>
      (await all(`SELECT * FROM ledger WHERE last >= $1 ORDER BY ${LEDGER_ORDER}`, since)).map(toLedgerRow),

    ping: async () => {
      await one('SELECT 1');
    },
    checkWritable: async () => {
      await change('UPDATE boxbridge_version SET version = version');
    },
    // One snapshot for all statements.
    dump: () => transaction(dump, 'ISOLATION LEVEL REPEATABLE READ READ ONLY'),
    load: (content) => transaction((statements) => load(statements, content)),
    close,
  };
}

const SESSIONS = 'SELECT sessions.*, native_id FROM sessions JOIN accounts USING (user_id)';

/** What another node writes at the moment is left to it: it is used there, too. */
const TOUCH = `
  WITH free AS (SELECT digest FROM sessions WHERE digest = ANY ($1::text[]) FOR UPDATE SKIP LOCKED)
  UPDATE sessions SET last_used = used.at
  FROM unnest($1::text[], $2::bigint[]) AS used (digest, at) JOIN free USING (digest)
  WHERE sessions.digest = used.digest`;

function addTickets({ change }: Statements, tickets: readonly TicketRecord[]): Promise<boolean> {
  return change(
    `INSERT INTO tickets (digest, application, expires_at, sealed)
     SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bytea[])`,
    tickets.map(({ digest }) => digest),
    tickets.map(({ application }) => application),
    tickets.map(({ expiresAt }) => expiresAt),
    tickets.map(({ sealed }) => sealed),
  );
}

type AnySession = SessionRecord & Partial<KnownSession>;

/** Replaces sessions of the same digest. */
function addSessions({ change }: Statements, sessions: readonly AnySession[]): Promise<boolean> {
  return change(
    `INSERT INTO sessions (digest, application, user_id, created_at, last_used, sealed)
     SELECT * FROM unnest($1::text[], $2::text[], $3::integer[], $4::bigint[], $5::bigint[], $6::bytea[])
     ON CONFLICT (digest) DO UPDATE SET (application, user_id, created_at, last_used, sealed) =
       (excluded.application, excluded.user_id, excluded.created_at, excluded.last_used, excluded.sealed)`,
    sessions.map(({ digest }) => digest),
    sessions.map(({ application }) => application),
    sessions.map(({ userId }) => userId),
    sessions.map(({ createdAt }) => createdAt),
    sessions.map(({ lastUsed = null }) => lastUsed),
    sessions.map(({ sealed }) => sealed),
  );
}

async function dump({ one, all }: Statements): Promise<StoreContent> {
  return {
    lastUserId: Number((await one('SELECT last FROM user_ids'))?.last),
    accounts: (await all('SELECT * FROM accounts ORDER BY user_id')).map(toAccount),
    masterKey: sealedIn(await one('SELECT sealed FROM master_key')),
    tickets: (await all('SELECT * FROM tickets ORDER BY digest')).map(toTicket),
    sessions: (await all(`${SESSIONS} ORDER BY sessions.digest`)).map(toKnownSession),
    ledger: (await all(`SELECT * FROM ledger ORDER BY ${LEDGER_ORDER}`)).map(toLedgerRow),
  };
}

async function load(statements: Statements, content: StoreContent): Promise<boolean> {
  const { change } = statements;
  await change('LOCK TABLE user_ids, accounts, master_key, tickets, sessions, ledger IN EXCLUSIVE MODE');
  if (!isEmpty(await dump(statements))) return false;
  await change('UPDATE user_ids SET last = $1', content.lastUserId);
  for (const batch of batchesOf(content.accounts)) await addAccounts(statements, batch);
  if (content.masterKey) await change('INSERT INTO master_key (one, sealed) VALUES (1, $1)', content.masterKey);
  for (const batch of batchesOf(content.tickets)) await addTickets(statements, batch);
  for (const batch of batchesOf(content.sessions)) await addSessions(statements, batch);
  for (const batch of batchesOf(content.ledger)) await addToLedger(statements, batch);
  return true;
}

const BATCH_SIZE = 1000;

/** Keeps each statement well below statement_timeout. */
function batchesOf<T>(list: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(list.length / BATCH_SIZE) }, (_, n) =>
    list.slice(n * BATCH_SIZE, (n + 1) * BATCH_SIZE),
  );
}
