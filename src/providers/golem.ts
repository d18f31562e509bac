import { Fault, type Reason, toFault } from '../fault.js';
import type { UpstreamRequest } from '../http.js';
import { integerOf, isObject, type Json, type JsonObject, textOf } from '../json.js';
import { authorization, nativeIdOf } from './common.js';
import type { Account, ProviderKind } from './provider.js';

function toAccount(account: JsonObject, plan: JsonObject | undefined): Account {
  const email = textOf(account.email) ?? '';
  const planData = isObject(plan?.planData) ? plan.planData : {};
  return { nativeId: nativeIdOf(account.id), login: email, email, spaceAmount: integerOf(planData.storageLimit) };
}

/** Golem says 401 also where the token is good but what it asks for is an administrator's. */
function refusal(status: number, body: Json | undefined): Reason | undefined {
  const error = isObject(body) ? textOf(body.error) : undefined;
  return status === 401 && error?.includes('only allowed for') ? 'restricted' : undefined;
}

/** A plan that the caller may not see is unknown; one that cannot be had for another cause is an outage. */
function planRefusal(status: number): Reason {
  return status === 401 || status === 403 || status === 404 ? 'missing' : 'unavailable';
}

/** https://learn.golem.cloud/rest-api/account, as of Golem 1.3. */
export const golem: ProviderKind = {
  name: 'golem',
  title: 'Golem',
  publicBaseUrl: 'https://release.api.golem.cloud',
  credential: {
    name: 'API token',
    hint: 'golem-cli makes one for your account; it has the form of a UUID.',
  },
  connect: ({ baseUrl, accountId, send }) => {
    const get = (path: string, credential: string, refused: UpstreamRequest['refusal'] = refusal) => {
      const headers = { Authorization: authorization('Bearer', credential), Accept: 'application/json' };
      return send({ method: 'GET', url: baseUrl + path, headers, refusal: refused });
    };

    /** The API has no "me": whose account it is says the configuration, a list of one, or the token. */
    const readOwn = async (credential: string): Promise<JsonObject> => {
      if (accountId !== undefined) return get(accountPath(accountId), credential);
      const { values } = await get('/v1/accounts', credential);
      if (!Array.isArray(values))
        throw new Fault('unavailable', { cause: new Error('reply without a list of accounts') });
      if (values.length === 1 && isObject(values[0])) return values[0];
      const token = await get('/v1/login/token', credential);
      return get(accountPath(nativeIdOf(token.accountId)), credential);
    };

    const readPlan = (id: string, credential: string): Promise<JsonObject | undefined> =>
      get(`${accountPath(id)}/plan`, credential, planRefusal).catch((error: unknown) => {
        const fault = toFault(error);
        if (fault.reason === 'missing') return undefined;
        throw fault;
      });

    return {
      readAccount: async (credential) => {
        const account = await readOwn(credential);
        return toAccount(account, await readPlan(nativeIdOf(account.id), credential));
      },
    };
  },
};

function accountPath(id: string): string {
  return `/v1/accounts/${encodeURIComponent(id)}`;
}
