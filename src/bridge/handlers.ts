import { type ActionName, actions } from '../core/actions.js';
import type { Fields } from '../core/answer.js';
import { Fault } from '../core/fault.js';
import type { AccountChanges } from '../providers/provider.js';
import { snakeCase } from '../shared/camel-case.js';
import {
  credentialOf,
  presentAccount,
  presentAccounts,
  presentAfterWrite,
  presentUser,
  readAccount,
  readBackAfterWrite,
  resolveAccount,
  userIdOf,
} from './account-access.js';
import { planFields } from './account-view.js';
import type { Capabilities, Handler, HandlerContext } from './handler.js';

/** The handler of each action; undefined where an application lacks the capability. */
export const handlers: Readonly<Record<ActionName, (capabilities: Capabilities) => Handler | undefined>> = {
  get_account_info:
    ({ api }) =>
    async (context) => ({ user: await presentUser(await api.readAccount(await credentialOf(context)), context) }),

  get_ticket: ifVault(async ({ address, application, limitTickets, tickets }) => {
    await limitTickets(application, address);
    return { ticket: await tickets.issue(application, address) };
  }),

  get_auth_token: ifVault(async (context) => {
    const { api, application, scope, tickets, values } = context;
    const { authToken, prepared } = await tickets.redeem(
      application,
      values.ticket ?? '',
      async (credential) => presentUser(await api.readAccount(credential), context),
      scope,
    );
    return { auth_token: authToken, user: prepared };
  }),

  logout: ({ credentials }) => (credentials === 'vault' ? endSession : async () => ({})),

  authorization: () => authorize,

  get_account_details: () => async (context) => ({
    account: await presentAccount(await readAccount(context, await resolveAccount(context)), context),
  }),

  update_account: ({ api: { updateAccount } }) =>
    updateAccount &&
    (async (context) => {
      const changes = changesIn(context);
      const possible: readonly string[] = updateAccount.fields;
      const impossible = Object.keys(changes).filter((field) => !possible.includes(field));
      if (impossible.length > 0) {
        const { provider } = context.application;
        throw new Fault('restricted', { cause: `${provider} cannot change ${impossible.map(snakeCase).join(', ')}` });
      }
      const account = await resolveAccount(context);
      const known = await updateAccount.send(account.credential, changes, account.nativeId);
      return { account: await readBackAfterWrite(context, account, known) };
    }),

  change_password: ({ api: { changePassword } }) =>
    changePassword &&
    (async (context) => {
      const { current_password = '', new_password = '', new_password_confirmation = new_password } = context.values;
      if (new_password_confirmation !== new_password) {
        throw new Fault('malformed', { explanation: 'new_password and new_password_confirmation differ' });
      }
      const credential = await credentialOf(context);
      const known = await changePassword(credential, current_password, new_password);
      return { account: await readBackAfterWrite(context, { credential }, known) };
    }),

  delete_account: ({ api: { deleteAccount } }) =>
    deleteAccount &&
    (async (context) => {
      const { credential, nativeId } = await resolveAccount(context);
      await deleteAccount(credential, nativeId);
      return {};
    }),

  create_account: ({ api: { createAccount, readAccountOf } }) =>
    createAccount &&
    (async (context) => {
      const { name = '', email = '' } = context.values;
      const credential = await credentialOf(context);
      const known = { name, email, ...(await createAccount(credential, name, email)) };
      const { nativeId } = known;
      return {
        account:
          readAccountOf && nativeId !== undefined
            ? await readBackAfterWrite(context, { credential, nativeId }, known)
            : await presentAfterWrite(known, context),
      };
    }),

  find_accounts: ({ api: { findAccounts } }) =>
    findAccounts &&
    (async (context) => {
      const accounts = await findAccounts(await credentialOf(context), context.values.email);
      return { accounts: await presentAccounts(accounts, context) };
    }),

  get_account_plan: ({ api: { readPlan } }) =>
    readPlan &&
    (async (context) => {
      const { credential, nativeId } = await resolveAccount(context);
      return { plan: planFields(await readPlan(credential, nativeId)) };
    }),
};

/** Passthrough applications have no tickets: their auth_token is the credential itself. */
function ifVault(handler: Handler): (capabilities: Capabilities) => Handler | undefined {
  return ({ credentials }) => (credentials === 'vault' ? handler : undefined);
}

async function endSession({ application, sessions, values }: HandlerContext): Promise<Fields> {
  await sessions.end(application, values.auth_token ?? '');
  return {};
}

/**
 * The sign-in of a program that asks its user itself: the password is tried as the sign-in page tries it, within its
 * limits. In a passthrough application it is the auth_token, and thus nothing else but the credential.
 */
async function authorize(context: HandlerContext): Promise<Fields> {
  const { address, api, application, sessions, store, trials } = context;
  const { login = '', password = '' } = context.values;
  // A login counts for each address on its own: nobody can lock out the users of another.
  const subject = JSON.stringify(['login', application.apiKey, login, address]);
  const isVault = application.credentials === 'vault';
  const trial = await trials.attempt(
    { application, api, login: isVault ? login : '', secret: password, subject, address },
    async (account, credential) => {
      const user = await presentUser(account, context);
      if (!isVault) return { auth_token: credential, user };
      const userId = await userIdOf(account, context);
      const { authToken, record } = await sessions.make(application, credential, userId);
      await store.addSession(record);
      return { auth_token: authToken, user };
    },
  );
  if ('fault' in trial) throw trial.fault;
  return trial.kept;
}

/** The changes in a call of `update_account`. Throws a `malformed` Fault where there is none. */
function changesIn({ values }: HandlerContext): AccountChanges {
  const { name, login, email, language_code } = values;
  const { prefix } = actions.update_account;
  const meta = Object.entries(values)
    .filter(([parameter]) => parameter.startsWith(prefix))
    .map(([parameter, value]) => [parameter.slice(prefix.length), value] as const);
  const changes = {
    ...(name !== undefined && { name }),
    ...(login !== undefined && { login }),
    ...(email !== undefined && { email }),
    ...(language_code !== undefined && { languageCode: language_code }),
    ...(meta.length > 0 && { meta: Object.fromEntries(meta) }),
  };
  if (Object.keys(changes).length === 0) throw new Fault('malformed', { explanation: 'nothing to change' });
  return changes;
}
