import { isObject, type Json, type JsonObject, textOf } from '../shared/json.js';
import type { Settings } from '../shared/setting.js';
import { extractMessage, type UpstreamReason } from '../upstream/response.js';
import { accountAfterWrite, authorization, nativeIdOf } from './common.js';
import type { Account, ProviderKind } from './provider.js';

const settings = {
  password_keys: {
    kind: 'choice',
    choices: ['kebab', 'snake'],
    default: 'kebab',
    description: 'how it spells the names of a password change, `kebab` or `snake`',
  },
} as const satisfies Settings;

const JSON_API = 'application/vnd.api+json';

/** A JSON:API document of type `users`. */
function toAccount(document: JsonObject): Account {
  const user = isObject(document.data) ? document.data : {};
  const attributes = isObject(user.attributes) ? user.attributes : {};
  const email = textOf(attributes.email) ?? '';
  return {
    nativeId: nativeIdOf(user.id),
    login: textOf(attributes.username) ?? email,
    email,
    pendingEmail: textOf(attributes['unconfirmed-email']),
    avatarUrl: textOf(attributes['avatar-url']),
    attributes: document,
  };
}

function isRefusal(body: Json | undefined): boolean {
  return isObject(body) && Array.isArray(body.errors);
}

/** A 404 to the owner of the account says that it is not permitted. */
function mapWriteError(status: number): UpstreamReason | undefined {
  return status === 404 ? 'restricted' : undefined;
}

/** A 422 names what is wrong in its message alone, several things at once. */
function mapUpdateError(status: number, body: Json | undefined): UpstreamReason | undefined {
  const message = status === 422 && body !== undefined ? (extractMessage(body) ?? '') : '';
  if (!/e-?mail/i.test(message)) return mapWriteError(status);
  return /e-?mail[^;]*(already|taken|in use)/i.test(message) ? 'conflict' : 'invalid email';
}

/** https://developer.hashicorp.com/terraform/cloud-docs/api-docs/account; the base URL ends in `/api/v2`. */
export const terraform: ProviderKind<typeof settings> = {
  name: 'terraform',
  title: 'Terraform',
  publicBaseUrl: 'https://app.terraform.io/api/v2',
  credential: {
    name: 'API token',
    hint: 'Make one in Terraform under Account settings, Tokens.',
  },
  isRefusal,
  settings,
  connect: ({ baseUrl, settings: { passwordKeys }, send }) => {
    const headersOf = (credential: string) => ({
      Authorization: authorization('Bearer', credential),
      Accept: JSON_API,
    });
    const patch = async (
      path: string,
      credential: string,
      attributes: object,
      errorMapping: typeof mapUpdateError = mapWriteError,
    ) => {
      const body = { type: JSON_API, text: JSON.stringify({ data: { type: 'users', attributes } }) };
      const headers = headersOf(credential);
      const reply = await send({ method: 'PATCH', url: baseUrl + path, headers, body, errorMapping });
      return accountAfterWrite(reply, toAccount);
    };
    return {
      readAccount: async (credential) => {
        const headers = { ...headersOf(credential), 'Content-Type': JSON_API };
        return toAccount(await send({ method: 'GET', url: `${baseUrl}/account/details`, headers }));
      },
      updateAccount: {
        fields: ['login', 'email'],
        send: (credential, { login, email }) => {
          const attributes = { ...(login !== undefined && { username: login }), ...(email !== undefined && { email }) };
          return patch('/account/update', credential, attributes, mapUpdateError);
        },
      },
      changePassword: (credential, current, next) => {
        const [currentKey, confirmationKey] =
          passwordKeys === 'snake'
            ? ['current_password', 'password_confirmation']
            : ['current-password', 'password-confirmation'];
        const attributes = { [currentKey]: current, password: next, [confirmationKey]: next };
        return patch('/account/password', credential, attributes);
      },
    };
  },
};
