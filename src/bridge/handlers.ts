import type { Application } from '../applications/application.js';
import type { ActionName } from '../core/actions.js';
import type { Fields } from '../core/call.js';
import { Fault } from '../core/fault.js';
import type { Account, AccountChanges } from '../providers/provider.js';
import type { Store } from '../store/store.js';
import type { Sessions } from '../vault/sessions.js';
import type { Tickets } from '../vault/tickets.js';
import { accountFields, planFields, userFields } from './account-view.js';

/** What decides whether an action is possible at all. */
export type Means = Pick<Application, 'api' | 'credentials'>;

/** What actions are done with, for every application. */
export interface BridgeTools {
  readonly store: Store;
  readonly sessions: Sessions;
  readonly tickets: Tickets;
}

/** An action to be done. */
export interface Task extends BridgeTools {
  readonly application: Application;
  /** The action's parameters; an optional one that is not given is absent. */
  readonly values: Readonly<Record<string, string>>;
}

type Perform = (task: Task) => Promise<Fields>;

/** How each action is done, and what follows the status; undefined where the means for it are missing. */
export const deeds: Readonly<Record<ActionName, (means: Means) => Perform | undefined>> = {
  get_account_info:
    ({ api }) =>
    async (task) => ({ user: await shownUser(await api.readAccount(await credentialOf(task)), task) }),

  get_ticket: ifIssuing(async ({ application, tickets }) => ({ ticket: await tickets.issue(application) })),

  get_auth_token: ifIssuing(async (task) => {
    const { application, tickets, values } = task;
    const { authToken, prepared } = await tickets.redeem(application, values.ticket ?? '', async (credential) =>
      shownUser(await application.api.readAccount(credential), task),
    );
    return { auth_token: authToken, user: prepared };
  }),

  logout: ({ credentials }) => (credentials === 'vault' ? endSession : async () => ({})),

  get_account_details: () => async (task) => {
    const { credential, nativeId } = await addressed(task);
    return { account: await shownAccount(await read(task, credential, nativeId), task) };
  },

  update_account: ({ api: { updateAccount } }) =>
    updateAccount &&
    (async (task) => {
      const changes = changesIn(task);
      const possible: readonly string[] = updateAccount.fields;
      if (!Object.keys(changes).every((field) => possible.includes(field))) throw new Fault('restricted');
      const { credential, nativeId } = await addressed(task);
      const known = await updateAccount.send(credential, changes, nativeId);
      return { account: await afterWrite(task, credential, nativeId, known) };
    }),

  change_password: ({ api: { changePassword } }) =>
    changePassword &&
    (async (task) => {
      const { current_password = '', new_password = '', new_password_confirmation = new_password } = task.values;
      if (new_password_confirmation !== new_password) {
        throw new Fault('malformed', { explanation: 'new_password and new_password_confirmation differ' });
      }
      const credential = await credentialOf(task);
      const known = await changePassword(credential, current_password, new_password);
      return { account: await afterWrite(task, credential, undefined, known) };
    }),

  delete_account: ({ api: { deleteAccount } }) =>
    deleteAccount &&
    (async (task) => {
      const { credential, nativeId } = await addressed(task);
      await deleteAccount(credential, nativeId);
      return {};
    }),

  create_account: ({ api: { createAccount, readAccountOf } }) =>
    createAccount &&
    (async (task) => {
      const { name = '', email = '' } = task.values;
      const credential = await credentialOf(task);
      const known = await createAccount(credential, name, email);
      return {
        account: readAccountOf
          ? await afterWrite(task, credential, known.nativeId, known)
          : await shownAfterWrite(known, task),
      };
    }),

  find_accounts: ({ api: { findAccounts } }) =>
    findAccounts &&
    (async (task) => {
      const accounts = await findAccounts(await credentialOf(task), task.values.email);
      return { accounts: await Promise.all(accounts.map((account) => shownAccount(account, task))) };
    }),

  get_account_plan: ({ api: { readPlan } }) =>
    readPlan &&
    (async (task) => {
      const { credential, nativeId } = await addressed(task);
      return { plan: planFields(await readPlan(credential, nativeId)) };
    }),
};

/** The auth_token of a passthrough application is the modern one: there is nothing to issue. */
function ifIssuing(perform: Perform): (means: Means) => Perform | undefined {
  return ({ credentials }) => (credentials === 'vault' ? perform : undefined);
}

async function endSession({ application, sessions, values }: Task): Promise<Fields> {
  await sessions.end(application, values.auth_token ?? '');
  return {};
}

/** The modern credential that the auth_token stands for. */
async function credentialOf({ application, sessions, values: { auth_token = '' } }: Task): Promise<string> {
  return application.credentials === 'vault' ? sessions.credentialOf(application, auth_token) : auth_token;
}

/**
 * The credential, and the native id of the account that `user_id` names; undefined stands for the caller's own. Throws
 * `missing` where the bridge never saw such an account there, or where it is another's and the modern API knows only
 * the caller's own.
 */
async function addressed(task: Task): Promise<{ readonly credential: string; readonly nativeId?: string }> {
  const { application, store, values } = task;
  const { user_id: userId = '0' } = values;
  if (!/^-?\d+$/.test(userId)) throw new Fault('malformed', { explanation: 'user_id is not a number' });
  const credential = await credentialOf(task);
  if (Number(userId) === 0) return { credential };
  const { api, provider, baseUrl } = application;
  const account = await store.accountOf(Number(userId));
  const isHere = account?.provider === provider && account.baseUrl === baseUrl;
  if (isHere && api.readAccountOf) return { credential, nativeId: account.nativeId };
  // Whose credential is no good hears that first: which accounts there are is none of its business.
  const own = await api.readAccount(credential);
  if (!isHere || own.nativeId !== account.nativeId) throw new Fault('missing');
  return { credential };
}

/** What `update_account` is to change. */
function changesIn({ values: { name, login, email, language_code } }: Task): AccountChanges {
  const changes = {
    ...(name !== undefined && { name }),
    ...(login !== undefined && { login }),
    ...(email !== undefined && { email }),
    ...(language_code !== undefined && { languageCode: language_code }),
  };
  if (Object.keys(changes).length === 0) throw new Fault('malformed', { explanation: 'nothing to change' });
  return changes;
}

function read({ application: { api } }: Task, credential: string, nativeId: string | undefined): Promise<Account> {
  return nativeId === undefined || !api.readAccountOf
    ? api.readAccount(credential)
    : api.readAccountOf(credential, nativeId);
}

/** The account as it now is; if only that cannot be told, what is known of it: the write itself went well. */
async function afterWrite(task: Task, credential: string, nativeId: string | undefined, known: Partial<Account>) {
  const account = await read(task, credential, nativeId).catch(() => undefined);
  const now = { ...known, ...account, pendingEmail: account?.pendingEmail ?? known.pendingEmail };
  return shownAfterWrite(now, task);
}

/** As `shownAccount`, but what cannot be told of it is left out: a caller must not repeat a write that went well. */
function shownAfterWrite(account: Partial<Account>, task: Task): Promise<Fields> {
  const { attributes: _attributes, ...told } = account;
  return shownAccount(account, task).catch(() => accountFields(told, undefined, task.application.defaults));
}

async function shownAccount(account: Partial<Account>, task: Task): Promise<Fields> {
  const userId = account.nativeId === undefined ? undefined : await userIdOf(account.nativeId, task);
  return accountFields(account, userId, task.application.defaults);
}

async function shownUser(account: Account, task: Task): Promise<Fields> {
  return userFields(account, await userIdOf(account.nativeId, task), task.application.defaults);
}

function userIdOf(nativeId: string, { application: { provider, baseUrl }, store }: Task): Promise<number> {
  return store.userId({ provider, baseUrl, nativeId });
}
