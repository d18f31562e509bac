import type { Statements } from './postgres-database.js';
import type { KnownSession, SessionRecord, TicketRecord } from './store.js';

export function addTickets({ change }: Statements, tickets: readonly TicketRecord[]): Promise<boolean> {
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
export function addSessions({ change }: Statements, sessions: readonly AnySession[]): Promise<boolean> {
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
