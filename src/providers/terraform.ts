import { isObject, type Json, type JsonObject, textOf } from '../shared/json.js';
import type { Settings } from '../shared/setting.js';
import type { Refusal } from '../upstream/refusals.js';
import { extractMessage } from '../upstream/response.js';
import { accountAfterWrite, authorization, isOwnRefusal, nativeIdOf } from './common.js';
import type { Account, DocumentedCredential, ProviderKind } from './provider.js';

const settings = {
  password_keys: {
    kind: 'choice',
    choices: ['both', 'kebab', 'snake'],
    default: 'both',
    description: 'how it spells the names of a password change, `kebab`, `snake` or `both`',
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
  return isOwnRefusal(body) && Array.isArray(body.errors);
}

/** Several things may be wrong at the same time: what is said of the e-mail, one text for each error about it. */
function emailErrors(body: Json): string[] {
  const errors = isObject(body) && Array.isArray(body.errors) ? body.errors : [];
  return errors.filter(isAboutEmail).map((error: Json) => extractMessage(error) ?? '');
}

/**
 * The attribute is in `source.pointer` (https://jsonapi.org/format/#error-objects); where that is absent, or points to
 * the whole document, the message tells.
 */
function isAboutEmail(error: Json): boolean {
  const source = isObject(error) ? error.source : undefined;
  const pointer = isObject(source) ? textOf(source.pointer) : undefined;
  const isOfDocument = pointer === undefined || /^\/?(data(\/attributes)?)?\/?$/.test(pointer);
  return isOfDocument ? /e-?mail/i.test(extractMessage(error) ?? '') : /e-?mail$/i.test(pointer);
}

function saysEmailIsWrong(body: Json): boolean {
  return emailErrors(body).length > 0;
}

function saysEmailIsTaken(body: Json): boolean {
  return emailErrors(body).some((text) => /already|taken|in use/i.test(text));
}

const refusals: readonly Refusal[] = [
  // To the owner of the account it says that a change is not permitted.
  { status: [404], of: ['write'], reason: 'restricted' },
  { status: [422], of: ['update'], body: saysEmailIsTaken, reason: 'conflict' },
  { status: [422], of: ['update'], body: saysEmailIsWrong, reason: 'invalid email' },
];

/** What stands between the words of a name. */
const SEPARATORS = { both: ['-', '_'], kebab: ['-'], snake: ['_'] } as const;

/** `data.attributes` of a password change. */
function passwordAttributes(keys: keyof typeof SEPARATORS, current: string, next: string): Record<string, string> {
  const separators = SEPARATORS[keys];
  return Object.fromEntries([
    ...separators.map((separator) => [`current${separator}password`, current]),
    ['password', next],
    ...separators.map((separator) => [`password${separator}confirmation`, next]),
  ]);
}

const credential: DocumentedCredential = {
  name: 'API token',
  hint: 'Make one in Terraform under Account settings, Tokens.',
  url: 'https://developer.hashicorp.com/terraform/cloud-docs/users-teams-organizations/api-tokens',
  translations: {
    de: { name: 'API-Token', hint: 'Sie erzeugen es in Terraform unter „Account settings“, „Tokens“.' },
    fr: {
      name: 'jeton d’API',
      hint: 'Créez-le dans Terraform sous «\u00a0Account settings\u00a0», «\u00a0Tokens\u00a0».',
    },
    es: { name: 'token de API', hint: 'Créelo en Terraform, en «Account settings», «Tokens».' },
  },
};

/** https://developer.hashicorp.com/terraform/cloud-docs/api-docs/account; the base URL ends in `/api/v2`. */
export const terraform: ProviderKind<typeof settings> = {
  name: 'terraform',
  title: 'Terraform',
  publicBaseUrl: 'https://app.terraform.io/api/v2',
  credential,
  isRefusal,
  refusals,
  requests: {
    readAccount: 'GET {base_url}/account/details',
    updateAccount: 'PATCH {base_url}/account/update',
    changePassword: 'PATCH {base_url}/account/password',
  },
  settings,
  connect: ({ baseUrl, settings: { passwordKeys = 'both' }, send }) => {
    const headersOf = (credential: string) => ({
      Authorization: authorization('Bearer', credential),
      Accept: JSON_API,
    });
    const patch = async (operation: 'update' | 'password', credential: string, attributes: object) => {
      const body = { type: JSON_API, text: JSON.stringify({ data: { type: 'users', attributes } }) };
      const headers = headersOf(credential);
      const url = `${baseUrl}/account/${operation}`;
      const reply = await send({ method: 'PATCH', url, headers, body, operation });
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
          return patch('update', credential, attributes);
        },
      },
      changePassword: (credential, current, next) =>
        patch('password', credential, passwordAttributes(passwordKeys, current, next)),
    };
  },
};
