import { type CreateRateLimiter, createMemoryRateLimiter } from '../shared/rate-limiter.js';
import { attemptsInMemory } from './attempts.js';
import { LEDGER_ORDER } from './ledger.js';
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
import { knownUserId, userIdsOf } from './sqlite-accounts.js';
import { type Database, openDatabase } from './sqlite-database.js';
import { addToLedger } from './sqlite-ledger.js';
import {
  BEFORE_ALL_SESSIONS,
  columnsOf,
  isEmpty,
  type KnownSession,
  SESSIONS_PER_PAGE,
  type SessionRecord,
  type Store,
  type StoreContent,
  type TicketRecord,
} from './store.js';

/** Opens the store in a SQLite file. Throws an Error where the file cannot be used. */
export function openSqlite(path: string, createRateLimiter: CreateRateLimiter = createMemoryRateLimiter): Store {
  const database = openDatabase(path);
  const { one, all, change, checkWritable, transaction, transactionUnsynced, close } = database;

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
      change('DELETE FROM tickets WHERE expires_at < ?', now);
      addTicket(database, ticket);
    },
    ticket: async (digest) => all('SELECT * FROM tickets WHERE digest = ?', digest).map(toTicket)[0],
    changeTicket: async ({ digest, sealed }, to, session) =>
      replaceTicket(session, () =>
        change('UPDATE tickets SET sealed = ? WHERE digest = ? AND sealed = ?', to.sealed, digest, sealed),
      ),
    spendTicket: async ({ digest, sealed }, session) =>
      replaceTicket(session, () => change('DELETE FROM tickets WHERE digest = ? AND sealed = ?', digest, sealed)),

    addSession: async (session) => {
      addSession(database, session);
    },
    session: async (digest) => all('SELECT * FROM sessions WHERE digest = ?', digest).map(toSession)[0],
    sessions: async ({ createdAt, digest } = BEFORE_ALL_SESSIONS) =>
      all(
        `${SESSIONS} WHERE (created_at, digest) > (?, ?) ORDER BY created_at, digest LIMIT ?`,
        ...[createdAt, digest, SESSIONS_PER_PAGE],
      ).map(toKnownSession),
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
    dump: async () => transaction(() => dump(database)),
    load: async (content) => transaction(() => load(database, content)),
    close: async () => close(),
  };
}

function addTicket({ change }: Database, { digest, application, expiresAt, sealed }: TicketRecord): boolean {
  return change(
    'INSERT INTO tickets (digest, application, expires_at, sealed) VALUES (?, ?, ?, ?)',
    ...[digest, application, expiresAt, sealed],
  );
}

function addSession({ change }: Database, session: SessionRecord & Partial<KnownSession>): boolean {
  const { digest, application, userId, createdAt, lastUsed = null, sealed } = session;
  return change(
    `INSERT OR REPLACE INTO sessions (digest, application, user_id, created_at, last_used, sealed)
     VALUES (?, ?, ?, ?, ?, ?)`,
    ...[digest, application, userId, createdAt, lastUsed, sealed],
  );
}

function removeSession({ change }: Database, digest: string): boolean {
  return change('DELETE FROM sessions WHERE digest = ?', digest);
}

function dump({ one, all }: Database): StoreContent {
  return {
    lastUserId: Number(one(LAST_USER_ID)?.seq ?? 0),
    accounts: all('SELECT * FROM accounts ORDER BY user_id').map(toAccount),
    masterKey: sealedIn(one('SELECT sealed FROM master_key')),
    tickets: all('SELECT * FROM tickets ORDER BY digest').map(toTicket),
    sessions: all(`${SESSIONS} ORDER BY digest`).map(toKnownSession),
    ledger: all(`SELECT * FROM ledger ORDER BY ${LEDGER_ORDER}`).map(toLedgerRow),
  };
}

function load(
  database: Database,
  { lastUserId, accounts, masterKey, tickets, sessions, ledger }: StoreContent,
): boolean {
  const { one, change } = database;
  if (!isEmpty(dump(database))) return false;
  for (const account of accounts)
    change(
      'INSERT INTO accounts (user_id, provider, base_url, native_id) VALUES (?, ?, ?, ?)',
      ...[account.userId, ...columnsOf(account)],
    );
  if (!one(LAST_USER_ID)) change("INSERT INTO sqlite_sequence (name, seq) VALUES ('accounts', 0)");
  change("UPDATE sqlite_sequence SET seq = ? WHERE name = 'accounts'", lastUserId);
  if (masterKey) change('INSERT INTO master_key (one, sealed) VALUES (1, ?)', masterKey);
  for (const ticket of tickets) addTicket(database, ticket);
  for (const session of sessions) addSession(database, session);
  addToLedger(database, ledger);
  return true;
}

const LAST_USER_ID = "SELECT seq FROM sqlite_sequence WHERE name = 'accounts'";

/** What is written in batches is written again: a call in work MUST NOT wait for another process. */
const BATCH_WAIT_MS = 20;

const SESSIONS = 'SELECT sessions.*, native_id FROM sessions JOIN accounts USING (user_id)';
