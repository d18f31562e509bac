import { setImmediate as endOfTurn } from 'node:timers/promises';
import { type CreateRateLimiter, createMemoryRateLimiter } from '../shared/rate-limiter.js';
import { attemptsInMemory } from './attempts.js';
import { LEDGER_ORDER } from './ledger.js';
import {
  afterPrefix,
  sealedIn,
  toKey,
  toLedgerRow,
  toPrefixMatch,
  toSession,
  toStoredSession,
  toTicket,
} from './rows.js';
import { knownUserId, userIdsOf } from './sqlite-accounts.js';
import { type Database, openDatabase } from './sqlite-database.js';
import { addToLedger } from './sqlite-ledger.js';
import { addSession, addTicket } from './sqlite-sign-ins.js';
import { loadIn, snapshotIn } from './sqlite-snapshot.js';
import { BEFORE_ALL_SESSIONS, SESSIONS_PER_PAGE, type SessionRecord, type Store } from './store.js';

/** Opens the store in a SQLite file. Throws an Error where the file cannot be used. */
export function openSqlite(path: string, createRateLimiter: CreateRateLimiter = createMemoryRateLimiter): Store {
  const database = openDatabase(path);
  const { one, all, change, readTogether, checkWritable, transaction, transactionUnsynced, close } = database;

  /** Changes a ticket and stores a session with it: both, or neither where there was no such ticket. */
  const replaceTicket = (session: SessionRecord | undefined, changeTicket: () => boolean): boolean =>
    transaction(() => {
      const isChanged = changeTicket();
      if (isChanged && session) addSession(database, session);
      return isChanged;
    });

  return {
    userId: async (account) =>
      knownUserId(database, account) ?? Number(transaction(() => userIdsOf(database, [account]))[0]),
    userIds: async (accounts) => transaction(() => userIdsOf(database, accounts)),

    accountOf: async (userId) => {
      const row = one('SELECT provider, base_url, native_id FROM accounts WHERE user_id = ?', userId);
      return row && toKey(row);
    },

    masterKey: async () => sealedIn(one('SELECT sealed FROM master_key')),
    keepMasterKey: async (sealed) => {
      change('INSERT INTO master_key (one, sealed) VALUES (1, ?) ON CONFLICT DO NOTHING', sealed);
      return sealedIn(one('SELECT sealed FROM master_key')) ?? sealed;
    },
    changeMasterKey: async (from, to) => change('UPDATE master_key SET sealed = ? WHERE sealed = ?', to, from),

    now: async () => Date.now(),

    addTicket: async (ticket, now) => {
      change(SWEEP_TICKETS, now, TICKETS_PER_SWEEP);
      addTicket(database, ticket);
    },
    ticket: async (digest) => {
      const row = one('SELECT * FROM tickets WHERE digest = ?', digest);
      return row && toTicket(row);
    },
    changeTicket: async ({ digest, sealed }, to, session) =>
      replaceTicket(session, () =>
        change('UPDATE tickets SET sealed = ? WHERE digest = ? AND sealed = ?', to.sealed, digest, sealed),
      ),
    spendTicket: async ({ digest, sealed }, session) =>
      replaceTicket(session, () => change('DELETE FROM tickets WHERE digest = ? AND sealed = ?', digest, sealed)),

    addSession: async (session) => {
      addSession(database, session);
    },
    session: async (digest) => {
      const row = await readTogether(() => one(`SELECT ${SESSION_COLUMNS} FROM sessions WHERE digest = ?`, digest));
      return row && toStoredSession(row);
    },
    leaseSession: async ({ digest, sealed }, leaseMs) => {
      const now = Date.now();
      const until = now + leaseMs;
      const isLeased = change(
        `UPDATE sessions SET leased_until = ? WHERE digest = ? AND sealed = ?
         AND coalesce(leased_until, 0) NOT BETWEEN ? AND ?`,
        ...[until, digest, sealed, now, until],
      );
      return isLeased ? until : undefined;
    },
    releaseSession: async (digest, lease) => {
      change('UPDATE sessions SET leased_until = NULL WHERE digest = ? AND leased_until = ?', digest, lease);
    },
    changeSession: async ({ digest, sealed }, to) =>
      change(
        'UPDATE sessions SET sealed = ?, leased_until = NULL WHERE digest = ? AND sealed = ?',
        ...[to.sealed, digest, sealed],
      ),
    sessions: async ({ createdAt, digest } = BEFORE_ALL_SESSIONS) => {
      // A page takes milliseconds: between those of a long list, calls MUST have their turn.
      await endOfTurn();
      return all(
        `${SESSIONS} WHERE (created_at, digest) > (?, ?) ORDER BY created_at, digest LIMIT ?`,
        ...[createdAt, digest, SESSIONS_PER_PAGE],
      ).map(toSession);
    },
    sessionsByPrefix: async (prefix) =>
      toPrefixMatch(
        one(
          'SELECT count(*) AS count, min(digest) AS digest FROM sessions WHERE digest >= ? AND digest < ?',
          ...[prefix, afterPrefix(prefix)],
        ),
      ),
    touchSessions: async (uses) =>
      transactionUnsynced(BATCH_WAIT_MS, () => {
        for (const [digest, lastUsed] of uses)
          change('UPDATE sessions SET last_used = ? WHERE digest = ?', lastUsed, digest);
      }),
    removeSession: async (digest) => removeSession(database, digest),
    removeSessions: async (digests) =>
      transaction(() => digests.filter((digest) => removeSession(database, digest)).length),

    attempts: attemptsInMemory(createRateLimiter),

    addToLedger: async (rows) => transactionUnsynced(BATCH_WAIT_MS, () => addToLedger(database, rows)),
    ledger: async (since) =>
      all(`SELECT * FROM ledger WHERE last >= ? ORDER BY ${LEDGER_ORDER}`, since).map(toLedgerRow),

    ping: async () => {
      one('SELECT 1');
    },
    checkWritable: async () => checkWritable(),
    snapshot: (work) => database.transactionHeld('read', () => work(snapshotIn(database))),
    load: (snapshot) => database.transactionHeld('write', () => loadIn(database, snapshot)),
    close: async () => close(),
  };
}

function removeSession({ change }: Database, digest: string): boolean {
  return change('DELETE FROM sessions WHERE digest = ?', digest);
}

/** How many expired tickets go when one is added: few milliseconds, in which no other call has its turn. */
const TICKETS_PER_SWEEP = 100;

const SWEEP_TICKETS = `DELETE FROM tickets WHERE digest IN
  (SELECT digest FROM tickets WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`;

/** What is written in batches is written again: a call in work MUST NOT wait for another process. */
const BATCH_WAIT_MS = 20;

/** Those of `StoredSession`: each costs a call its share. */
const SESSION_COLUMNS = 'digest, application, user_id, created_at, last_used, sealed';

const SESSIONS = 'SELECT sessions.*, native_id FROM sessions JOIN accounts USING (user_id)';
