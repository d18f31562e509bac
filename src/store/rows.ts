import { types } from 'node:util';
import type { LedgerRow } from './ledger.js';
import {
  type AccountKey,
  type KnownAccount,
  type KnownSession,
  keyIn,
  type PrefixMatch,
  type StoredSession,
  type TicketRecord,
} from './store.js';

/** A row of a query. All databases use the same column names. */
export type Row = Readonly<Record<string, string | number | Uint8Array | null>>;

export function toKey(row: Row): AccountKey {
  return keyIn(String(row.provider), String(row.base_url), String(row.native_id));
}

export function toAccount(row: Row): KnownAccount {
  return { ...toKey(row), userId: Number(row.user_id) };
}

export function toTicket(row: Row): TicketRecord {
  return {
    digest: String(row.digest),
    application: String(row.application),
    expiresAt: Number(row.expires_at),
    sealed: sealedIn(row) ?? NOTHING,
  };
}

export function toSession(row: Row): KnownSession {
  return { ...toStoredSession(row), nativeId: keyIn('', '', String(row.native_id)).nativeId };
}

export function toStoredSession(row: Row): StoredSession {
  return {
    digest: String(row.digest),
    application: String(row.application),
    userId: Number(row.user_id),
    createdAt: Number(row.created_at),
    lastUsed: row.last_used === null ? undefined : Number(row.last_used),
    sealed: sealedIn(row) ?? NOTHING,
  };
}

export function toLedgerRow(row: Row): LedgerRow {
  return {
    application: String(row.application),
    userAgent: String(row.user_agent),
    protocol: String(row.protocol),
    kind: String(row.kind),
    name: String(row.name),
    outcome: String(row.outcome),
    count: Number(row.count),
    first: Number(row.first),
    last: Number(row.last),
    cause: String(row.cause),
  };
}

export function toPrefixMatch(row: Row | undefined): PrefixMatch {
  return { count: Number(row?.count), digest: typeof row?.digest === 'string' ? row.digest : undefined };
}

/** Comes after every digest that begins with `prefix`, in the order of code points that digests are in. */
export function afterPrefix(prefix: string): string {
  return `${prefix}\u{10ffff}`;
}

const NOTHING = new Uint8Array();

export function sealedIn(row: Row | undefined): Uint8Array | undefined {
  return types.isUint8Array(row?.sealed) ? row.sealed : undefined;
}
