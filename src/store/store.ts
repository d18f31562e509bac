import type { LedgerRow } from './ledger.js';

/** Identifies an account of a modern API. */
export interface AccountKey {
  readonly provider: string;
  readonly baseUrl: string;
  readonly nativeId: string;
}

/** An account that may be new. */
export interface AskedAccount extends AccountKey {
  /** The user_id that it gets where it has none, if this is one that nobody has or had; any other is passed over. */
  readonly proposedUserId?: number | undefined;
}

/** A ticket, from get_ticket until it is spent or expired. */
export interface TicketRecord {
  /** Its index; the ticket itself is not stored. */
  readonly digest: string;
  /** The digest of the api_key that asked for it. */
  readonly application: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly sealed: Uint8Array;
}

/** What an auth_token stands for. */
export interface SessionRecord {
  /** Its index; the auth_token itself is not stored. */
  readonly digest: string;
  /** The digest of the api_key that it is valid for. */
  readonly application: string;
  readonly userId: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly sealed: Uint8Array;
}

export interface StoredSession extends SessionRecord {
  /** Milliseconds since 1970; undefined if never. */
  readonly lastUsed: number | undefined;
}

export interface KnownSession extends StoredSession {
  /** The modern API's own id of the account. */
  readonly nativeId: string;
}

/** A digest with the time of the last use, in milliseconds since 1970. */
type SessionUse = readonly [digest: string, lastUsed: number];

/** Where a session stands in the order of creation. */
export type SessionPosition = Pick<SessionRecord, 'createdAt' | 'digest'>;

/** The largest number of sessions in a page: few enough for memory and a short statement. */
export const SESSIONS_PER_PAGE = 1000;

/** Comes before every session. */
export const BEFORE_ALL_SESSIONS: SessionPosition = { createdAt: Number.MIN_SAFE_INTEGER, digest: '' };

/** An account as a store knows it. */
export interface KnownAccount extends AccountKey {
  readonly userId: number;
}

/** How many of each a store has. */
interface StoreCounts {
  readonly accounts: number;
  readonly tickets: number;
  readonly sessions: number;
  readonly ledger: number;
}

/** What a store has but one of, and how many of the others. */
export interface StoreHead {
  /** The last user_id assigned; 0 where none was. */
  readonly lastUserId: number;
  readonly masterKey: Uint8Array | undefined;
  readonly counts: StoreCounts;
}

/** Read once, each page when it is asked for. */
export type Pages<T> = AsyncIterable<readonly T[]>;

/** All that a store has at one moment. Its pages are small, however much that is. */
export interface StoreSnapshot extends StoreHead {
  readonly accounts: Pages<KnownAccount>;
  readonly tickets: Pages<TicketRecord>;
  readonly sessions: Pages<StoredSession>;
  readonly ledger: Pages<LedgerRow>;
}

/** What a prefix of digests stands for. */
export interface PrefixMatch {
  readonly count: number;
  /** Undefined where `count` is 0. */
  readonly digest: string | undefined;
}

/** Counts attempts per subject, such as a ticket or an address. */
export interface AttemptCounter {
  /** Takes one attempt; false where none is left. */
  readonly take: (subject: string) => Promise<boolean>;
  readonly giveBack: (subject: string) => Promise<void>;
  /** Drops the count of a subject. */
  readonly forget: (subject: string) => Promise<void>;
}

/** The state of the bridge. A store that cannot be reached throws an `unavailable` Fault. */
export interface Store {
  /** The user_id of an account, a positive 32-bit integer: assigned on first use, stable for ever, never reused. */
  readonly userId: (account: AskedAccount) => Promise<number>;
  /** The user_ids of accounts, in their order: assigned as by `userId`, to all that have none or to none. */
  readonly userIds: (accounts: readonly AskedAccount[]) => Promise<readonly number[]>;
  /** The account of a user_id; undefined where it is not assigned. */
  readonly accountOf: (userId: number) => Promise<AccountKey | undefined>;

  /** The sealed master key; undefined before the first start. */
  readonly masterKey: () => Promise<Uint8Array | undefined>;
  /** Stores a sealed master key unless there is one; gives the one that is stored now. */
  readonly keepMasterKey: (sealed: Uint8Array) => Promise<Uint8Array>;
  /** Compare-and-set: replaces the sealed master key; false, without a change, where it is not `from`. */
  readonly changeMasterKey: (from: Uint8Array, to: Uint8Array) => Promise<boolean>;

  /** The time by the clock of the store, in milliseconds since 1970: nodes that share a database share its clock. */
  readonly now: () => Promise<number>;

  /** Stores a ticket, and removes those that are expired at `now`. */
  readonly addTicket: (ticket: TicketRecord, now: number) => Promise<void>;
  readonly ticket: (digest: string) => Promise<TicketRecord | undefined>;
  /** Compare-and-set: replaces a ticket and stores a session; false, without a change, where it is not `from`. */
  readonly changeTicket: (from: TicketRecord, to: TicketRecord, session?: SessionRecord) => Promise<boolean>;
  /** Compare-and-set: removes a ticket and stores a session; false, without a change, where it is not `ticket`. */
  readonly spendTicket: (ticket: TicketRecord, session?: SessionRecord) => Promise<boolean>;

  /** Stores a session; replaces one of the same digest. */
  readonly addSession: (session: SessionRecord) => Promise<void>;
  readonly session: (digest: string) => Promise<StoredSession | undefined>;
  /**
   * Leases a session for so many milliseconds to who will replace its sealed record: gives the end of the lease, by which
   * it is known; undefined where somebody else has it, or the session is gone or not `session` any more. A lease beyond
   * that time is of a clock that was set back, and is over.
   */
  readonly leaseSession: (session: SessionRecord, leaseMs: number) => Promise<number | undefined>;
  /** Ends a lease. */
  readonly releaseSession: (digest: string, lease: number) => Promise<void>;
  /** Compare-and-set: replaces the sealed record of a session and ends its lease; false, without a change, where it is not `from`. */
  readonly changeSession: (from: SessionRecord, to: SessionRecord) => Promise<boolean>;
  /**
   * A page of the sessions that come after a position, by default of all, the oldest first. It is empty where there are
   * none, and else has at most SESSIONS_PER_PAGE.
   */
  readonly sessions: (after?: SessionPosition) => Promise<readonly KnownSession[]>;
  /** How many sessions have a digest that begins with `prefix`, and one of these digests. */
  readonly sessionsByPrefix: (prefix: string) => Promise<PrefixMatch>;
  /** Records the last uses of sessions, as far as these are there. A power failure may undo it. Gives up soon where another process writes. */
  readonly touchSessions: (uses: readonly SessionUse[]) => Promise<void>;
  /** False where there is none. */
  readonly removeSession: (digest: string) => Promise<boolean>;
  /** Removes those of some sessions that there are, all or none; gives their number. */
  readonly removeSessions: (digests: readonly string[]) => Promise<number>;

  /** A counter of at most `max` attempts in `seconds`. It counts for all nodes where they share the store. */
  readonly attempts: (limit: {
    readonly name: string;
    readonly max: number;
    readonly seconds: number;
  }) => AttemptCounter;

  /**
   * Adds rows to those of the same key, all or none: counts are summed, the earliest and the latest time and the latest
   * cause are kept. Beyond MAX_LEDGER_ROWS the application with the most rows loses its oldest. Gives up soon where
   * another process writes.
   */
  readonly addToLedger: (rows: readonly LedgerRow[]) => Promise<void>;
  /** The rows whose last time is not before `since`, in milliseconds since 1970; the latest first. */
  readonly ledger: (since: number) => Promise<readonly LedgerRow[]>;

  /** Throws where the store does not answer. */
  readonly ping: () => Promise<void>;
  /** Writes what is there already. Throws where the store cannot be written, such as on a full disk. */
  readonly checkWritable: () => Promise<void>;

  /** Does work with a snapshot, which is read until then. The store MUST NOT be used otherwise meanwhile. */
  readonly snapshot: <T>(work: (snapshot: StoreSnapshot) => Promise<T>) => Promise<T>;
  /**
   * Loads the snapshot of another store, all or nothing; false, without a change, where this one is not empty. The store
   * MUST NOT be used otherwise meanwhile.
   */
  readonly load: (snapshot: StoreSnapshot) => Promise<boolean>;

  /** Idempotent. */
  readonly close: () => Promise<void>;
}

/** The user_id that an account proposes; undefined where it proposes none that old programs can read. */
export function proposalOf({ proposedUserId: id }: AskedAccount): number | undefined {
  return id !== undefined && Number.isInteger(id) && id > 0 && id < 2 ** 31 ? id : undefined;
}

/**
 * A key as texts for columns; injective. NUL and lone surrogates, which no database stores as they are, are escaped.
 */
export function columnsOf({ provider, baseUrl, nativeId }: AccountKey): [string, string, string] {
  return [escapeText(provider), escapeText(baseUrl), escapeText(nativeId)];
}

/** The inverse of `columnsOf`. */
export function keyIn(provider: string, baseUrl: string, nativeId: string): AccountKey {
  return { provider: unescapeText(provider), baseUrl: unescapeText(baseUrl), nativeId: unescapeText(nativeId) };
}

function unescapeText(text: string): string {
  return text.replace(/\\u([0-9a-f]{4})/g, (_escape, code) => String.fromCharCode(Number.parseInt(code, 16)));
}

function escapeText(text: string): string {
  return text.replace(/[\\\0\p{Surrogate}]/gu, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
