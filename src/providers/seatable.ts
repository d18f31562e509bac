import { integerOf, isObject, type Json, type JsonObject, textOf } from '../json.js';
import { authorization, nativeIdOf } from './common.js';
import type { Account, ProviderKind } from './provider.js';

function toAccount(info: JsonObject): Account {
  const nativeId = nativeIdOf(info.email);
  const contact = textOf(info.contact_email);
  return {
    nativeId,
    login: contact ?? textOf(info.login_id) ?? nativeId,
    email: contact ?? nativeId,
    spaceAmount: quota(info.total),
    spaceUsed: integerOf(info.usage),
  };
}

/** `total` is -2 or null where there is no quota, and absent where the server does not tell. */
function quota(total: Json | undefined): Account['spaceAmount'] {
  const bytes = integerOf(total);
  return total === null || (bytes !== undefined && bytes <= 0n) ? 'unlimited' : bytes;
}

/** A 403 of the layer that checks the token has `detail`, one of the operation itself has `error_msg`. */
function refusal(status: number, body: Json | undefined) {
  return status === 403 && isObject(body) && 'detail' in body ? 'unauthenticated' : undefined;
}

/** https://api.seatable.io: bytes everywhere, every path ends in a slash. */
export const seatable: ProviderKind = {
  name: 'seatable',
  title: 'SeaTable',
  publicBaseUrl: 'https://cloud.seatable.io',
  credential: {
    name: 'account token',
    hint: 'SeaTable gives it in exchange for your user name and password at /api2/auth-token/; whoever runs your SeaTable can tell you yours.',
  },
  connect: ({ baseUrl, send }) => ({
    readAccount: async (credential) => {
      const url = `${baseUrl}/api2/account/info/`;
      const headers = { Authorization: authorization('Token', credential), Accept: 'application/json; indent=4' };
      return toAccount(await send({ method: 'GET', url, headers, refusal }));
    },
  }),
};
