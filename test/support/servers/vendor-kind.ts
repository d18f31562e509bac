import type { Account, Provider, ProviderKind } from '../../../src/providers/provider.js';
import type { JsonObject } from '../../../src/shared/json.js';

/** The modern API of the vendor in `vendor.ts`, as a provider of one's own. */
const kind: ProviderKind = {
  name: 'vendor',
  title: 'Vendor',
  publicBaseUrl: 'https://vendor.example.com',
  credential: { name: 'access token', hint: 'It ends soon.' },
  oauth: {
    authorization: '{base_url}/auth',
    token: '{base_url}/token',
    deviceAuthorization: '{base_url}/device/auth',
    revocation: '{base_url}/token/revocation',
    issuer: '{base_url}',
    scopes: ['openid', 'offline_access'],
    authorizationParameters: { prompt: 'consent' },
    clientCredentials: {},
  },
  connect: ({ baseUrl, send }): Provider => {
    const url = `${baseUrl}/api/me`;
    const headers = (credential: string) => ({ Authorization: `Bearer ${credential}` });
    return {
      readAccount: async (credential) => toAccount(await send({ method: 'GET', url, headers: headers(credential) })),
      updateAccount: {
        fields: ['name'],
        send: async (credential, { name = '' }) => {
          const body = { type: 'application/json', text: JSON.stringify({ name }) };
          return toAccount(await send({ method: 'PUT', url, headers: headers(credential), body }));
        },
      },
    };
  },
};

const toAccount = (attributes: JsonObject): Account => ({
  nativeId: String(attributes.id),
  login: String(attributes.login),
  name: String(attributes.name),
  email: `${attributes.login}@example.com`,
  attributes,
});

export default kind;
