/** Which account of which modern API. */
export interface AccountKey {
  readonly provider: string;
  readonly baseUrl: string;
  readonly nativeId: string;
}

/** A ticket from get_ticket until it is spent or over. */
export interface TicketRecord {
  /** By which it is found; the ticket itself is not stored. */
  readonly digest: string;
  /** The digest of the api_key that asked for it. */
  readonly application: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly sealed: Uint8Array;
}

/** What an auth_token stands for. */
export interface SessionRecord {
  /** By which it is found; the auth_token itself is not stored. */
  readonly digest: string;
  /** The digest of the api_key that it belongs to. */
  readonly application: string;
  readonly userId: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly sealed: Uint8Array;
}

export interface KnownSession extends SessionRecord {
  /** The modern API's own id of the account. */
  readonly nativeId: string;
  /** Milliseconds since 1970; undefined if never. */
  readonly lastUsed: number | undefined;
}

/** An account as a store knows it. */
export interface KnownAccount extends AccountKey {
  readonly userId: number;
}

/** All that a store remembers, as it is at one moment. */
export interface StoreContent {
  /** The last user_id that was given to anyone, 0 where none was yet. */
  readonly lastUserId: number;
  readonly accounts: readonly KnownAccount[];
  readonly masterKey: Uint8Array | undefined;
  readonly tickets: readonly TicketRecord[];
  readonly sessions: readonly KnownSession[];
}

/** Counts tries, of each thing that is tried on its own. */
export interface AttemptCounter {
  /** Takes a try; false where there is none left. */
  readonly take: (of: string) => Promise<boolean>;
  readonly giveBack: (of: string) => Promise<void>;
  /** Keeps nothing of what nobody will try again. */
  readonly forget: (of: string) => Promise<void>;
}

/** What the bridge has to remember. A store that cannot be reached throws an `unavailable` Fault. */
export interface Store {
  /** The account's positive 32-bit integer: made at first sight, for ever the same, never given to another account. */
  readonly userId: (account: AccountKey) => Promise<number>;
  /** Whose integer that is; undefined where it is nobody's. */
  readonly accountOf: (userId: number) => Promise<AccountKey | undefined>;

  /** The sealed master key, if there is one yet. */
  readonly masterKey: () => Promise<Uint8Array | undefined>;
  /** Keeps a sealed master key unless there is one; gives the one that is there now. */
  readonly keepMasterKey: (sealed: Uint8Array) => Promise<Uint8Array>;
  /** Puts one sealed master key in place of another; false, and nothing is done, where that is not there. */
  readonly changeMasterKey: (from: Uint8Array, to: Uint8Array) => Promise<boolean>;

  /** Keeps a ticket, and forgets those that are over at `now`. */
  readonly addTicket: (ticket: TicketRecord, now: number) => Promise<void>;
  readonly ticket: (digest: string) => Promise<TicketRecord | undefined>;
  /** Puts a ticket in place of itself as it was, and keeps a session with it: both or, if it was not so, neither. */
  readonly changeTicket: (from: TicketRecord, to: TicketRecord, session?: SessionRecord) => Promise<boolean>;
  /** Forgets a ticket as it was, and keeps a session instead: both or, if it was not so, neither. */
  readonly spendTicket: (ticket: TicketRecord, session?: SessionRecord) => Promise<boolean>;

  /** Keeps a session, in place of any with the same digest. */
  readonly addSession: (session: SessionRecord) => Promise<void>;
  readonly session: (digest: string) => Promise<KnownSession | undefined>;
  /** All of them, the oldest first. */
  readonly sessions: () => Promise<readonly KnownSession[]>;
  readonly touchSession: (digest: string, lastUsed: number) => Promise<void>;
  /** False where there is none. */
  readonly removeSession: (digest: string) => Promise<boolean>;

  /** Counts under a name, so many tries in so many seconds: for all nodes together where the store is one of many. */
  readonly attempts: (limit: {
    readonly name: string;
    readonly most: number;
    readonly seconds: number;
  }) => AttemptCounter;

  /** Does nothing; throws where the store cannot be asked. */
  readonly ping: () => Promise<void>;

  readonly dump: () => Promise<StoreContent>;
  /** Takes over what another store remembers; false, and nothing is done, where there is anything in this one. */
  readonly load: (content: StoreContent) => Promise<boolean>;

  /** A second time does no harm. */
  readonly close: () => Promise<void>;
}

/** Whether there is nothing at all, as in a store that was just made. */
export function isEmpty({ lastUserId, accounts, masterKey, tickets, sessions }: StoreContent): boolean {
  return (
    lastUserId === 0 && masterKey === undefined && [accounts, tickets, sessions].every((list) => list.length === 0)
  );
}

/**
 * A key as texts for the columns of a database, different for different keys. What no database keeps as it is, a NUL
 * and half a character, is written as its escape.
 */
export function columnsOf({ provider, baseUrl, nativeId }: AccountKey): [string, string, string] {
  return [escaped(provider), escaped(baseUrl), escaped(nativeId)];
}

/** The key that was written to these columns. */
export function keyIn(provider: string, baseUrl: string, nativeId: string): AccountKey {
  return { provider: unescaped(provider), baseUrl: unescaped(baseUrl), nativeId: unescaped(nativeId) };
}

function unescaped(text: string): string {
  return text.replace(/\\u([0-9a-f]{4})/g, (_escape, code) => String.fromCharCode(Number.parseInt(code, 16)));
}

function escaped(text: string): string {
  return text.replace(/[\\\0\p{Surrogate}]/gu, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
