import { Fault } from '../core/fault.js';
import { integerOf, isObject, type Json, type JsonObject, textOf } from '../shared/json.js';
import type { Settings } from '../shared/setting.js';
import type { Refusal } from '../upstream/refusals.js';
import type { UpstreamRequest } from '../upstream/request.js';
import { extractMessage } from '../upstream/response.js';
import {
  accountAfterWrite,
  authorization,
  ignoredFields,
  isOwnRefusal,
  nativeIdOf,
  sendFirst,
  unless,
} from './common.js';
import type { Account, DocumentedCredential, Plan, ProviderKind } from './provider.js';

const settings = {
  account_id: { kind: 'text', description: 'whose account it is, where the token does not tell' },
} as const satisfies Settings;

function toAccount(account: JsonObject, plan?: Plan): Account {
  const email = textOf(account.email) ?? '';
  return {
    nativeId: nativeIdOf(account.id),
    login: email,
    name: textOf(account.name),
    email,
    spaceAmount: plan?.limits.storageLimit,
    planId: textOf(account.planId),
    attributes: account,
  };
}

/** The limits are below `planData` up to Golem 1.3, and beside the id from 1.4 on. */
function toPlan(reply: JsonObject): Plan {
  const planData = isObject(reply.planData) ? reply.planData : reply;
  const limits = Object.fromEntries(Object.entries(planData).map(([name, value]) => [name, integerOf(value)]));
  return { planId: textOf(reply.planId), limits, attributes: reply };
}

function accountsIn({ values }: JsonObject): JsonObject[] {
  if (Array.isArray(values) && values.every(isObject)) return values;
  throw new Fault('unavailable', { cause: new Error('reply without a list of accounts') });
}

const accountPath = (id: string) => `/v1/accounts/${encodeURIComponent(id)}`;

const jsonBody = (values: object) => ({ type: 'application/json', text: JSON.stringify(values) });

/** Whether the server does not have an operation. */
const isUnserved = (status: number) => status === 404 || status === 405;

/** Whether the message in a body is like this. */
function says(pattern: RegExp): (body: Json) => boolean {
  return (body) => pattern.test(extractMessage(body) ?? '');
}

/**
 * `error`, never with a `message` as that of other servers, or a list of `errors`; plain text where the web framework
 * refuses.
 */
function isRefusal(body: Json | undefined, text: string): boolean {
  return isObject(body)
    ? isOwnRefusal(body) &&
        ((textOf(body.error) !== undefined && body.message === undefined) || Array.isArray(body.errors))
    : /^(authorization error\s*$|parse request payload error|failed to parse )/i.test(text);
}

/** The reply to a valid token too, whose operation is for administrators. */
const saysForAdministrators = says(/only allowed for/);
/** Golem 1.3 hides another's account with 401, not 404, whether or not there is one. */
const saysHidden = says(/^Access to account/);
const saysEmail = says(/e-?mail/i);
/** Golem 1.3 replies 500 to an e-mail in use. */
const saysDuplicate = says(/unique key violation|duplicated account/i);
const saysRevision = says(/concurrent|revision/i);

/** Whether a 409 is about anything but the e-mail. Its `code` tells, up to Golem 1.4 its message alone. */
function isNotAboutEmail(body: Json): boolean {
  const code = isObject(body) ? textOf(body.code) : undefined;
  return code === undefined ? saysRevision(body) : !/email/i.test(code);
}

const refusals: readonly Refusal[] = [
  // A plan that the caller may not see is unknown; any other failure is an outage.
  { status: [401, 403, 404], of: ['read the plan of an account'], reason: 'missing' },
  { of: ['read the plan of an account'], reason: 'unavailable', by: 'anyone' },
  // Whether a hidden account exists, the deletion itself tells.
  { status: [401], of: ['read before deletion'], body: saysHidden, reason: 'restricted' },
  { status: [401], of: ['read by id', 'write'], body: saysHidden, reason: 'missing' },
  { status: [401], body: saysForAdministrators, reason: 'restricted' },
  { status: [400], of: ['write'], body: saysEmail, reason: 'invalid email' },
  { status: [409], of: ['write'], body: isNotAboutEmail, reason: 'invalid' },
  { status: [500], of: ['write'], body: saysDuplicate, reason: 'conflict' },
];

const credential: DocumentedCredential = {
  name: 'API token',
  hint: 'golem-cli makes one for your account.',
  url: 'https://learn.golem.cloud/cli/permissions',
  translations: {
    de: { name: 'API-Token', hint: 'golem-cli erzeugt eines für Ihr Konto.' },
    fr: { name: 'jeton d’API', hint: 'golem-cli en crée un pour votre compte.' },
    es: { name: 'token de API', hint: 'golem-cli crea uno para su cuenta.' },
  },
};

/**
 * https://learn.golem.cloud/rest-api/account, as of Golem 1.3, and the later versions, which tell nowhere which one they
 * are: each operation is one that all have, or the newest that the server has.
 */
export const golem: ProviderKind<typeof settings> = {
  name: 'golem',
  title: 'Golem',
  publicBaseUrl: 'https://release.api.golem.cloud',
  credential,
  isRefusal,
  refusals,
  requests: {
    readAccount: 'GET {base_url}/v1/accounts/{id}',
    updateAccount: 'PATCH {base_url}/v1/accounts/{id}',
    deleteAccount: 'DELETE {base_url}/v1/accounts/{id}',
    createAccount: 'POST {base_url}/v1/accounts',
    findAccounts: 'GET {base_url}/v1/accounts',
    readPlan: 'GET {base_url}/v1/accounts/{id}/plan',
  },
  settings,
  connect: ({ baseUrl, settings: { accountId }, send }) => {
    const to = (path: string, credential: string) => ({
      url: baseUrl + path,
      headers: { Authorization: authorization('Bearer', credential), Accept: 'application/json' },
    });
    const read = (path: string, credential: string, operation?: string): UpstreamRequest => ({
      method: 'GET',
      ...to(path, credential),
      operation,
    });

    /** The account of the configuration, the only one of the list, or that of the token. */
    const readOwn = async (credential: string): Promise<JsonObject> => {
      if (accountId !== undefined) return send(read(accountPath(accountId), credential));
      const loginToken = read('/v1/login/token', credential);
      const requests = [read('/v1/accounts', credential), read('/v1/me/token', credential), loginToken];
      const reply = await sendFirst(isUnserved, send, requests);
      const [only, ...others] = reply.accountId === undefined ? accountsIn(reply) : [];
      if (only && others.length === 0) return only;
      const { accountId: id } = reply.accountId === undefined ? await send(loginToken) : reply;
      return send(read(accountPath(nativeIdOf(id)), credential));
    };
    const find = (credential: string, nativeId: string | undefined) =>
      nativeId === undefined ? readOwn(credential) : send(read(accountPath(nativeId), credential, 'read by id'));

    const withPlan = async (credential: string, account: JsonObject): Promise<Account> => {
      const path = `${accountPath(nativeIdOf(account.id))}/plan`;
      const plan = await unless('missing', send(read(path, credential, 'read the plan of an account')));
      return toAccount(account, plan && toPlan(plan));
    };

    return {
      readAccount: async (credential) => withPlan(credential, await readOwn(credential)),
      readAccountOf: async (credential, nativeId) => withPlan(credential, await find(credential, nativeId)),
      updateAccount: {
        fields: ['name', 'email'],
        /** Up to Golem 1.3, which has no revisions, a full replacement: unchanged fields are sent as they are. */
        send: async (credential, changes, nativeId) => {
          const account = await find(credential, nativeId);
          const id = nativeIdOf(account.id);
          const update = (method: 'PUT' | 'PATCH', values: object): UpstreamRequest => ({
            method,
            ...to(accountPath(id), credential),
            body: jsonBody(values),
          });
          const revision = integerOf(account.revision);
          if (revision === undefined) {
            const { name = '', email } = toAccount(account);
            const replaced = await send(update('PUT', { name, email, ...changes }));
            return toAccount({ ...account, ...changes, ...replaced, id });
          }
          const values = { currentRevision: Number(revision), ...changes };
          // A 405 has done nothing: in Golem 1.4, the method is PUT.
          const requests = [update('PATCH', values), update('PUT', values)];
          const updated = await sendFirst((status) => status === 405, send, requests);
          const ignored = ignoredFields({ name: changes.name, email: changes.email }, account, updated);
          if (ignored.length > 0) throw new Fault('invalid', { upstreamMessage: `not changed: ${ignored.join(', ')}` });
          return toAccount({ ...account, ...changes, ...updated, id });
        },
      },
      /** What Golem 1.3 hides has no revision there, and the deletion itself is refused. */
      deleteAccount: async (credential, nativeId) => {
        const account =
          nativeId === undefined
            ? await readOwn(credential)
            : await unless('restricted', send(read(accountPath(nativeId), credential, 'read before deletion')));
        const path = accountPath(nativeId ?? nativeIdOf(account?.id));
        const revision = integerOf(account?.revision);
        const query = revision === undefined ? '' : `?current_revision=${revision}`;
        await send({ method: 'DELETE', ...to(path + query, credential) });
      },
      createAccount: async (credential, name, email) => {
        const body = jsonBody({ name, email, roles: [] });
        const reply = await send({ method: 'POST', ...to('/v1/accounts', credential), body });
        return accountAfterWrite(reply, toAccount);
      },
      findAccounts: async (credential, email) => {
        const query = email === undefined ? '' : `?${new URLSearchParams({ email })}`;
        const list = await send(read(`/v1/accounts${query}`, credential));
        return accountsIn(list).map((account) => toAccount(account));
      },
      readPlan: async (credential, nativeId) => {
        const id = nativeId ?? nativeIdOf((await readOwn(credential)).id);
        const operation = nativeId === undefined ? undefined : 'read by id';
        return toPlan(await send(read(`${accountPath(id)}/plan`, credential, operation)));
      },
    };
  },
};
