import type { Statements } from './sqlite-database.js';
import type { KnownSession, SessionRecord, TicketRecord } from './store.js';

export function addTicket({ change }: Statements, { digest, application, expiresAt, sealed }: TicketRecord): boolean {
  return change(
    'INSERT INTO tickets (digest, application, expires_at, sealed) VALUES (?, ?, ?, ?)',
    ...[digest, application, expiresAt, sealed],
  );
}

/** Replaces a session of the same digest. */
export function addSession({ change }: Statements, session: SessionRecord & Partial<KnownSession>): boolean {
  const { digest, application, userId, createdAt, lastUsed = null, sealed } = session;
  return change(
    `INSERT OR REPLACE INTO sessions (digest, application, user_id, created_at, last_used, sealed)
     VALUES (?, ?, ?, ?, ?, ?)`,
    ...[digest, application, userId, createdAt, lastUsed, sealed],
  );
}
