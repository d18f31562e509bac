import { isObject, type Json, type JsonObject, textOf } from '../shared/json.js';
import type { UpstreamReason } from '../upstream/response.js';
import { accountAfterWrite, authorization, nativeIdOf } from './common.js';
import type { Account, ProviderKind } from './provider.js';

function toAccount(account: JsonObject): Account {
  return {
    nativeId: nativeIdOf(account.id),
    login: textOf(account.login) ?? '',
    name: textOf(account.name),
    email: textOf(account.email) ?? '',
    languageCode: textOf(account.languageCode),
    attributes: account,
  };
}

/** The key is the user name of HTTP Basic, the password stays empty. */
function basic(key: string): string {
  return authorization('Basic', Buffer.from(`${key}:`).toString('base64'));
}

/** `type` is spelt in several ways, each of them a word; that of RFC 9457, which proxies send, is a URI. */
function isRefusal(body: Json | undefined): boolean {
  return isObject(body) && /^\w+$/.test(textOf(body.type) ?? '');
}

/** `param` of an error object names the parameter at fault. */
function mapError(status: number, body: Json | undefined): UpstreamReason | undefined {
  if (status === 402) return 'invalid';
  if (status !== 400 || !isObject(body) || body.param !== 'email') return undefined;
  return /already|exists|in use|taken/i.test(textOf(body.message) ?? '') ? 'conflict' : 'invalid email';
}

/** https://developer.previsto.com. */
export const previsto: ProviderKind = {
  name: 'previsto',
  title: 'Previsto',
  publicBaseUrl: 'https://api.previsto.io',
  credential: {
    name: 'secret key',
    hint: 'It begins with sk_ and is among the API keys of your Previsto account.',
  },
  isRefusal,
  connect: ({ baseUrl, send }) => {
    const current = `${baseUrl}/accounts/current`;
    const headersOf = (credential: string) => ({ Authorization: basic(credential), Accept: 'application/json' });
    const readAccount = async (credential: string) =>
      toAccount(await send({ method: 'GET', url: current, headers: headersOf(credential) }));
    return {
      readAccount,
      updateAccount: {
        fields: ['name', 'email', 'languageCode'],
        /** The API requires a name in every update: the present one is sent unless it changes. */
        send: async (credential, changes) => {
          const { name = '' } = changes.name === undefined ? await readAccount(credential) : changes;
          const text = new URLSearchParams({ name, ...changes }).toString();
          const body = { type: 'application/x-www-form-urlencoded', text };
          const headers = headersOf(credential);
          const reply = await send({ method: 'POST', url: current, headers, body, errorMapping: mapError });
          return accountAfterWrite(reply, toAccount);
        },
      },
      /** This path has no "current": it takes the id that the API itself reports. */
      deleteAccount: async (credential) => {
        const { nativeId } = await readAccount(credential);
        const url = `${baseUrl}/accounts/${encodeURIComponent(nativeId)}`;
        await send({ method: 'DELETE', url, headers: headersOf(credential), errorMapping: mapError });
      },
    };
  },
};
