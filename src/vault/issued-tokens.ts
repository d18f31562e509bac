import type { Application } from '../applications/application.js';
import { sessionPages } from '../store/session-pages.js';
import type { KnownSession, Store } from '../store/store.js';
import { DAY_MS, type Sessions } from './sessions.js';

/** An auth_token as operators see it: the token itself is nowhere. */
export interface IssuedToken {
  /** The beginning of its digest, which names it. */
  readonly prefix: string;
  /** Its application; undefined where that is not in the configuration. */
  readonly application: Application | undefined;
  /** The user_id of its account, and the modern API's own id. */
  readonly account: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601; undefined where it was never used. */
  readonly lastUsed: string | undefined;
}

/** The length of the digest prefix that identifies a session for the operator. */
const PREFIX_LENGTH = 12;

/** Gives what describes the sessions of these applications. */
export function describeTokens(
  applications: readonly Application[],
  { labelOf }: Pick<Sessions, 'labelOf'>,
): (session: KnownSession) => IssuedToken {
  const byLabel = new Map(applications.map((application) => [labelOf(application), application]));
  return ({ digest, application, userId, nativeId, createdAt, lastUsed }) => ({
    prefix: digest.slice(0, PREFIX_LENGTH),
    application: byLabel.get(application),
    account: `${userId} (${nativeId})`,
    createdAt: new Date(createdAt).toISOString(),
    lastUsed: lastUsed === undefined ? undefined : new Date(lastUsed).toISOString(),
  });
}

/**
 * Whether a session is older than the `token_days` of its application, at this time of the store, in milliseconds since 1970.
 * None is where an application has no `token_days`, or is not in the configuration.
 */
export function isExpiredAt(
  now: number,
  applications: readonly Application[],
  { labelOf }: Pick<Sessions, 'labelOf'>,
): (session: KnownSession) => boolean {
  const days = new Map(applications.map((application) => [labelOf(application), application.tokenDays]));
  return ({ application, createdAt }) => createdAt + (days.get(application) ?? Number.POSITIVE_INFINITY) * DAY_MS < now;
}

/** Revokes the auth_token whose digest begins so; gives 1. Throws an Error for the operator where it is not one. */
export async function revokeByPrefix(store: Store, prefix: string): Promise<number> {
  const { count, digest } = await store.sessionsByPrefix(prefix);
  if (count !== 1 || digest === undefined)
    throw new Error(`${count} tokens begin with ${prefix}; \`tokens list\` shows them all`);
  return store.removeSessions([digest]);
}

/** Revokes the auth_tokens of selected sessions; gives their number. */
export async function revokeWhere(store: Store, isSelected: (session: KnownSession) => boolean): Promise<number> {
  let revoked = 0;
  for await (const page of sessionPages(store))
    revoked += await store.removeSessions(page.filter(isSelected).map(({ digest }) => digest));
  return revoked;
}
