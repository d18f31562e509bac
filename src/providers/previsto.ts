import { type JsonObject, textOf } from '../json.js';
import { authorization, nativeIdOf } from './common.js';
import type { Account, ProviderKind } from './provider.js';

function toAccount(account: JsonObject): Account {
  return {
    nativeId: nativeIdOf(account.id),
    login: textOf(account.login) ?? '',
    email: textOf(account.email) ?? '',
  };
}

/** The key is the user name of HTTP Basic, the password stays empty. */
function basic(key: string): string {
  return authorization('Basic', Buffer.from(`${key}:`).toString('base64'));
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
  connect: ({ baseUrl, send }) => ({
    readAccount: async (credential) => {
      const headers = { Authorization: basic(credential), Accept: 'application/json' };
      return toAccount(await send({ method: 'GET', url: `${baseUrl}/accounts/current`, headers }));
    },
  }),
};
