import { LEDGER_ORDER } from './ledger.js';
import { userIdsOf } from './postgres-accounts.js';
import { attemptsInPostgres } from './postgres-attempts.js';
import { type Access, openDatabase, type Statements } from './postgres-database.js';
import { addToLedger } from './postgres-ledger.js';
import { createSessionFinder } from './postgres-reads.js';
import { addSessions, addTickets } from './postgres-sign-ins.js';
import { loadIn, snapshotIn } from './postgres-snapshot.js';
import { afterPrefix, sealedIn, toKey, toLedgerRow, toPrefixMatch, toSession, toTicket } from './rows.js';
import { type AskedAccount, BEFORE_ALL_SESSIONS, SESSIONS_PER_PAGE, type SessionRecord, type Store } from './store.js';

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
    session: createSessionFinder(database),
    leaseSession: async ({ digest, sealed }, leaseMs) => {
      const row = await one(LEASE, digest, sealed, leaseMs);
      return row && Number(row.leased_until);
    },
    releaseSession: async (digest, lease) => {
      await change('UPDATE sessions SET leased_until = NULL WHERE digest = $1 AND leased_until = $2', digest, lease);
    },
    changeSession: ({ digest, sealed }, to) =>
      change(
        'UPDATE sessions SET sealed = $1, leased_until = NULL WHERE digest = $2 AND sealed = $3',
        ...[to.sealed, digest, sealed],
      ),
    sessions: async ({ createdAt, digest } = BEFORE_ALL_SESSIONS) => {
      const rows = await all(
        `${SESSIONS} WHERE (created_at, sessions.digest) > ($1, $2) ORDER BY created_at, sessions.digest LIMIT $3`,
        ...[createdAt, digest, SESSIONS_PER_PAGE],
      );
      return rows.map(toSession);
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
    snapshot: (work) =>
      transaction(
        async (statements) => work(await snapshotIn(statements)),
        'ISOLATION LEVEL REPEATABLE READ READ ONLY',
      ),
    load: (snapshot) => transaction((statements) => loadIn(statements, snapshot)),
    close,
  };
}

const SESSIONS = 'SELECT sessions.*, native_id FROM sessions JOIN accounts USING (user_id)';

/** By the clock of the server, which all nodes share. */
const LEASE = `
  WITH clock AS (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now)
  UPDATE sessions SET leased_until = now + $3::bigint FROM clock
  WHERE digest = $1 AND sealed = $2 AND coalesce(leased_until, 0) NOT BETWEEN now AND now + $3::bigint
  RETURNING leased_until`;

/** What another node writes at the moment is left to it: it is used there, too. */
const TOUCH = `
  WITH free AS (SELECT digest FROM sessions WHERE digest = ANY ($1::text[]) FOR UPDATE SKIP LOCKED)
  UPDATE sessions SET last_used = used.at
  FROM unnest($1::text[], $2::bigint[]) AS used (digest, at) JOIN free USING (digest)
  WHERE sessions.digest = used.digest`;
