import type { Fields } from '../core/answer.js';
import { Fault } from '../core/fault.js';
import type { Account } from '../providers/provider.js';
import { accountFields, checkLength, roomForAttributes, userFields } from './account-view.js';
import type { HandlerContext } from './handler.js';

/** The credential that the auth_token stands for. Rejects as `unauthenticated` where the vault has no such session. */
export async function credentialOf(context: HandlerContext): Promise<string> {
  const { application, scope, sessions, values } = context;
  const { auth_token: authToken = '' } = values;
  return application.credentials === 'vault' ? sessions.credentialOf(application, authToken, scope) : authToken;
}

/** A credential with the native id of the account that it is used on; undefined for the caller's own. */
export interface ResolvedAccount {
  readonly credential: string;
  readonly nativeId?: string;
}

/**
 * The account of `user_id`, the caller's own unless given. Rejects as `malformed` where it is not an integer, and as
 * `missing` where this modern API has no such account, or where it is another's and the API serves only the caller's
 * own.
 */
export async function resolveAccount(context: HandlerContext): Promise<ResolvedAccount> {
  const { api, application, store, values } = context;
  const { user_id: userId = '0' } = values;
  if (!/^-?\d+$/.test(userId)) throw new Fault('malformed', { explanation: 'user_id is not a number' });
  const credential = await credentialOf(context);
  if (Number(userId) === 0) return { credential };
  const { provider, baseUrl } = application;
  const account = await store.accountOf(Number(userId));
  const isOfThisApi = account?.provider === provider && account.baseUrl === baseUrl;
  if (isOfThisApi && api.readAccountOf) return { credential, nativeId: account.nativeId };
  // The credential is checked first: only an authenticated caller learns whether an account exists.
  const own = await api.readAccount(credential);
  if (!isOfThisApi) throw new Fault('missing', { cause: 'no account of this modern API has the user_id' });
  if (own.nativeId !== account.nativeId) {
    throw new Fault('missing', { cause: `the user_id is another's, whom ${provider} does not show` });
  }
  return { credential };
}

/** Reads an account. */
export function readAccount({ api }: HandlerContext, account: ResolvedAccount): Promise<Account> {
  const { credential, nativeId } = account;
  return nativeId === undefined || !api.readAccountOf
    ? api.readAccount(credential)
    : api.readAccountOf(credential, nativeId);
}

/**
 * The account after a write, read again. Falls back to the fields known from the write's reply: an error here would
 * make the caller repeat a write that succeeded.
 */
export async function readBackAfterWrite(
  context: HandlerContext,
  account: ResolvedAccount,
  known: Partial<Account>,
): Promise<Fields> {
  const readBack = await readAccount(context, account).catch(() => undefined);
  return presentAfterWrite(
    { ...known, ...readBack, pendingEmail: readBack?.pendingEmail ?? known.pendingEmail },
    context,
  );
}

/**
 * As `presentAccount`, but omits fields that fail: an error here would make the caller repeat a write that succeeded.
 */
export function presentAfterWrite(account: Partial<Account>, context: HandlerContext): Promise<Fields> {
  const { attributes: _attributes, ...rest } = account;
  return presentAccount(account, context).catch(() => accountFields(rest, undefined, context.application.defaults));
}

/** The elements of `account`. Assigns a user_id to a new account. */
export async function presentAccount(account: Partial<Account>, context: HandlerContext): Promise<Fields> {
  checkLength([account]);
  const { nativeId, proposedUserId } = account;
  const userId = nativeId === undefined ? undefined : await userIdOf({ nativeId, proposedUserId }, context);
  return accountFields(account, userId, context.application.defaults);
}

/** As `presentAccount`, for a list. */
export async function presentAccounts(accounts: readonly Account[], context: HandlerContext): Promise<Fields[]> {
  checkLength(accounts);
  const { provider, baseUrl, defaults } = context.application;
  const asked = accounts.map(({ nativeId, proposedUserId }) => ({ provider, baseUrl, nativeId, proposedUserId }));
  const userIds = await context.store.userIds(asked);
  const room = roomForAttributes();
  return accounts.map((account, n) => accountFields(account, userIds[n], defaults, room));
}

/** The elements of `user`. Assigns a user_id to a new account. */
export async function presentUser(account: Account, context: HandlerContext): Promise<Fields> {
  checkLength([account]);
  return userFields(account, await userIdOf(account, context), context.application.defaults);
}

/** The user_id of an account of the application's modern API. Assigns one to a new account. */
export function userIdOf(
  { nativeId, proposedUserId }: Pick<Account, 'nativeId' | 'proposedUserId'>,
  { application: { provider, baseUrl }, store }: HandlerContext,
): Promise<number> {
  return store.userId({ provider, baseUrl, nativeId, proposedUserId });
}
