import { types } from 'node:util';
import { openDatabase, type Row } from './sqlite-database.js';
import { columnsOf, type KnownSession, keyIn, type SessionRecord, type Store, type TicketRecord } from './store.js';

/** The store in a file of SQLite. Throws where the file cannot be used. */
export function openSqlite(path: string): Store {
  const { one, all, change, together, close } = openDatabase(path);

  const addSession = ({ digest, application, userId, createdAt, sealed }: SessionRecord) =>
    change(
      'INSERT OR REPLACE INTO sessions (digest, application, user_id, created_at, sealed) VALUES (?, ?, ?, ?, ?)',
      ...[digest, application, userId, createdAt, sealed],
    );
  /** The session is kept only if the ticket was as it should be. */
  const instead = (ticketChanged: () => boolean, session: SessionRecord | undefined) =>
    together(() => ticketChanged() && (session === undefined || addSession(session)));

  return {
    userId: async (account) => {
      const key = columnsOf(account);
      const find = 'SELECT user_id FROM accounts WHERE provider = ? AND base_url = ? AND native_id = ?';
      if (!one(find, ...key)) {
        change('INSERT INTO accounts (provider, base_url, native_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', ...key);
      }
      return Number(one(find, ...key)?.user_id);
    },

    accountOf: async (userId) => {
      const row = one('SELECT provider, base_url, native_id FROM accounts WHERE user_id = ?', userId);
      return row && keyIn(String(row.provider), String(row.base_url), String(row.native_id));
    },

    masterKey: async () => blobIn(one('SELECT sealed FROM master_key')),
    keepMasterKey: async (sealed) => {
      change('INSERT INTO master_key (one, sealed) VALUES (1, ?) ON CONFLICT DO NOTHING', sealed);
      return blobIn(one('SELECT sealed FROM master_key')) ?? sealed;
    },
    changeMasterKey: async (from, to) => change('UPDATE master_key SET sealed = ? WHERE sealed = ?', to, from),

    addTicket: async ({ digest, application, expiresAt, sealed }, now) => {
      change('DELETE FROM tickets WHERE expires_at < ?', now);
      change(
        'INSERT INTO tickets (digest, application, expires_at, sealed) VALUES (?, ?, ?, ?)',
        ...[digest, application, expiresAt, sealed],
      );
    },
    ticket: async (digest) => toTicket(one('SELECT * FROM tickets WHERE digest = ?', digest)),
    changeTicket: async ({ digest, sealed }, to, session) =>
      instead(
        () => change('UPDATE tickets SET sealed = ? WHERE digest = ? AND sealed = ?', to.sealed, digest, sealed),
        session,
      ),
    spendTicket: async ({ digest, sealed }, session) =>
      instead(() => change('DELETE FROM tickets WHERE digest = ? AND sealed = ?', digest, sealed), session),

    addSession: async (session) => {
      addSession(session);
    },
    session: async (digest) => all(`${SESSIONS} WHERE digest = ?`, digest).map(toSession)[0],
    sessions: async () => all(`${SESSIONS} ORDER BY created_at, digest`).map(toSession),
    touchSession: async (digest, lastUsed) => {
      change('UPDATE sessions SET last_used = ? WHERE digest = ?', lastUsed, digest);
    },
    removeSession: async (digest) => change('DELETE FROM sessions WHERE digest = ?', digest),

    close: async () => close(),
  };
}

const SESSIONS = 'SELECT sessions.*, native_id FROM sessions JOIN accounts USING (user_id)';

function toTicket(row: Row | undefined): TicketRecord | undefined {
  return (
    row && {
      digest: String(row.digest),
      application: String(row.application),
      expiresAt: Number(row.expires_at),
      sealed: blobIn(row) ?? NOTHING,
    }
  );
}

function toSession(row: Row): KnownSession {
  return {
    digest: String(row.digest),
    application: String(row.application),
    userId: Number(row.user_id),
    nativeId: keyIn('', '', String(row.native_id)).nativeId,
    createdAt: Number(row.created_at),
    lastUsed: row.last_used === null ? undefined : Number(row.last_used),
    sealed: blobIn(row) ?? NOTHING,
  };
}

const NOTHING = new Uint8Array();

function blobIn(row: Row | undefined): Uint8Array | undefined {
  return types.isUint8Array(row?.sealed) ? row.sealed : undefined;
}
