import { isObject, type JsonObject, textOf } from '../json.js';
import { authorization, nativeIdOf } from './common.js';
import type { Account, ProviderKind } from './provider.js';

const JSON_API = 'application/vnd.api+json';

/** A JSON:API document of type `users`. */
function toAccount(document: JsonObject): Account {
  const user = isObject(document.data) ? document.data : {};
  const attributes = isObject(user.attributes) ? user.attributes : {};
  const email = textOf(attributes.email) ?? '';
  return { nativeId: nativeIdOf(user.id), login: textOf(attributes.username) ?? email, email };
}

/** https://developer.hashicorp.com/terraform/cloud-docs/api-docs/account; the base URL ends in `/api/v2`. */
export const terraform: ProviderKind = {
  name: 'terraform',
  title: 'Terraform',
  publicBaseUrl: 'https://app.terraform.io/api/v2',
  credential: {
    name: 'API token',
    hint: 'Make one in Terraform under Account settings, Tokens.',
  },
  connect: ({ baseUrl, send }) => ({
    readAccount: async (credential) => {
      const headers = {
        Authorization: authorization('Bearer', credential),
        Accept: JSON_API,
        'Content-Type': JSON_API,
      };
      return toAccount(await send({ method: 'GET', url: `${baseUrl}/account/details`, headers }));
    },
  }),
};
