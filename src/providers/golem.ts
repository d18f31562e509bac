import { Fault, toFault } from '../core/fault.js';
import { integerOf, isObject, type Json, type JsonObject, textOf } from '../shared/json.js';
import type { Settings } from '../shared/setting.js';
import { type ErrorMapping, extractMessage, type UpstreamReason } from '../upstream/response.js';
import { accountAfterWrite, authorization, nativeIdOf } from './common.js';
import type { Account, Plan, ProviderKind } from './provider.js';

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

function toPlan(reply: JsonObject): Plan {
  const planData = isObject(reply.planData) ? reply.planData : {};
  const limits = Object.fromEntries(Object.entries(planData).map(([name, value]) => [name, integerOf(value)]));
  return { planId: textOf(reply.planId), limits, attributes: reply };
}

function accountPath(id: string): string {
  return `/v1/accounts/${encodeURIComponent(id)}`;
}

function messageIn(body: Json | undefined): string {
  return (body !== undefined && extractMessage(body)) || '';
}

/** `error` or a list of `errors`; plain text where the web framework refuses. */
function isRefusal(body: Json | undefined, text: string): boolean {
  return isObject(body)
    ? textOf(body.error) !== undefined || Array.isArray(body.errors)
    : /^(authorization error$|parse request payload error|failed to parse )/i.test(text);
}

/** 401 is also the reply to a valid token whose operation is for administrators. */
function mapError(status: number, body: Json | undefined): UpstreamReason | undefined {
  return status === 401 && /only allowed for/.test(messageIn(body)) ? 'restricted' : undefined;
}

/** 401, not 404, is the reply for another's account that the caller may not see. */
function mapOtherAccountError(status: number, body: Json | undefined): UpstreamReason | undefined {
  return status === 401 && /^Access to account/.test(messageIn(body)) ? 'missing' : mapError(status, body);
}

/** Golem 1.3 replies 500 to an e-mail in use, and a 400 names what is wrong in its message alone. */
function mapWriteError(status: number, body: Json | undefined): UpstreamReason | undefined {
  const message = messageIn(body);
  if (status === 500 && /unique key violation|duplicated account/i.test(message)) return 'conflict';
  if (status === 400 && /e-?mail/i.test(message)) return 'invalid email';
  return mapOtherAccountError(status, body);
}

/** A plan that the caller may not see is unknown; any other failure is an outage. */
function mapPlanError(status: number): UpstreamReason {
  return status === 401 || status === 403 || status === 404 ? 'missing' : 'unavailable';
}

/** https://learn.golem.cloud/rest-api/account, as of Golem 1.3. */
export const golem: ProviderKind<typeof settings> = {
  name: 'golem',
  title: 'Golem',
  publicBaseUrl: 'https://release.api.golem.cloud',
  credential: {
    name: 'API token',
    hint: 'golem-cli makes one for your account; it has the form of a UUID.',
  },
  isRefusal,
  settings,
  connect: ({ baseUrl, settings: { accountId }, send }) => {
    const headersOf = (credential: string) => ({
      Authorization: authorization('Bearer', credential),
      Accept: 'application/json',
    });
    const get = (path: string, credential: string, errorMapping: ErrorMapping = mapError) =>
      send({ method: 'GET', url: baseUrl + path, headers: headersOf(credential), errorMapping });
    const write = (method: 'POST' | 'PUT', path: string, credential: string, values: object) =>
      send({
        method,
        url: baseUrl + path,
        headers: headersOf(credential),
        body: { type: 'application/json', text: JSON.stringify(values) },
        errorMapping: mapWriteError,
      });

    const listAccounts = async (credential: string, query = ''): Promise<JsonObject[]> => {
      const { values } = await get(`/v1/accounts${query}`, credential);
      if (Array.isArray(values) && values.every(isObject)) return values;
      throw new Fault('unavailable', { cause: new Error('reply without a list of accounts') });
    };

    /** The API has no "me": the account is that of the configuration, the only one of the list, or that of the token. */
    const readOwn = async (credential: string): Promise<JsonObject> => {
      if (accountId !== undefined) return get(accountPath(accountId), credential);
      const [only, ...others] = await listAccounts(credential);
      if (only && others.length === 0) return only;
      const token = await get('/v1/login/token', credential);
      return get(accountPath(nativeIdOf(token.accountId)), credential);
    };
    const find = (credential: string, nativeId: string | undefined) =>
      nativeId === undefined ? readOwn(credential) : get(accountPath(nativeId), credential, mapOtherAccountError);
    const idOf = async (credential: string, nativeId: string | undefined) =>
      nativeId ?? nativeIdOf((await readOwn(credential)).id);

    const withPlan = async (credential: string, account: JsonObject): Promise<Account> => {
      const path = `${accountPath(nativeIdOf(account.id))}/plan`;
      const plan = await get(path, credential, mapPlanError).then(toPlan, (error: unknown) => {
        const fault = toFault(error);
        if (fault.reason === 'missing') return undefined;
        throw fault;
      });
      return toAccount(account, plan);
    };

    return {
      readAccount: async (credential) => withPlan(credential, await readOwn(credential)),
      readAccountOf: async (credential, nativeId) => withPlan(credential, await find(credential, nativeId)),
      updateAccount: {
        fields: ['name', 'email'],
        /** A full replacement: unchanged fields are sent as they are. */
        send: async (credential, changes, nativeId) => {
          const account = await find(credential, nativeId);
          const { name = '', email } = toAccount(account);
          const values = { name, email, ...changes };
          const reply = await write('PUT', accountPath(nativeIdOf(account.id)), credential, values);
          return accountAfterWrite(reply, toAccount);
        },
      },
      deleteAccount: async (credential, nativeId) => {
        const url = baseUrl + accountPath(await idOf(credential, nativeId));
        const headers = headersOf(credential);
        await send({ method: 'DELETE', url, headers, errorMapping: mapOtherAccountError });
      },
      createAccount: async (credential, name, email) =>
        accountAfterWrite(await write('POST', '/v1/accounts', credential, { name, email }), toAccount),
      findAccounts: async (credential, email) => {
        const query = email === undefined ? '' : `?${new URLSearchParams({ email })}`;
        return (await listAccounts(credential, query)).map((account) => toAccount(account));
      },
      readPlan: async (credential, nativeId) => {
        const path = `${accountPath(await idOf(credential, nativeId))}/plan`;
        return toPlan(await get(path, credential, nativeId === undefined ? mapError : mapOtherAccountError));
      },
    };
  },
};
