import { Fault } from '../core/fault.js';
import { integerOf, isObject, type Json, type JsonObject, textOf } from '../shared/json.js';
import type { Settings } from '../shared/setting.js';
import type { IsRefusal, Refusal } from '../upstream/refusals.js';
import type { UpstreamRequest } from '../upstream/request.js';
import { accountAfterWrite, authorization, ignoredFields, nativeIdOf } from './common.js';
import type { Account, DocumentedCredential, OAuthDescription, ProviderKind } from './provider.js';

const settings = {
  enterprise_id: { kind: 'text', description: 'whose service account gets a token with `--client-credentials`' },
} as const satisfies Settings;

function toAccount(user: JsonObject): Account {
  const nativeId = nativeIdOf(user.id);
  const login = textOf(user.login) ?? '';
  return {
    nativeId,
    proposedUserId: oldIdIn(nativeId),
    login,
    name: textOf(user.name),
    email: login,
    avatarUrl: textOf(user.avatar_url),
    languageCode: textOf(user.language),
    spaceAmount: quota(user.space_amount),
    spaceUsed: integerOf(user.space_used),
    maxUploadSize: integerOf(user.max_upload_size),
    attributes: user,
  };
}

const LARGEST_OLD_ID = 2 ** 31 - 1;

/** The user_id that the old API gave to a user: the same number, in 32 bits. */
function oldIdIn(id: string): number | undefined {
  return /^[1-9]\d{0,9}$/.test(id) && Number(id) <= LARGEST_OLD_ID ? Number(id) : undefined;
}

/** -1 where there is no quota. */
function quota(amount: Json | undefined): Account['spaceAmount'] {
  const bytes = integerOf(amount);
  return bytes === -1n ? 'unlimited' : bytes;
}

/** A page of a list of users, and the marker of the next one. */
function pageIn({ entries, next_marker: marker }: JsonObject): { users: readonly JsonObject[]; next?: string } {
  if (!Array.isArray(entries) || !entries.every(isObject)) {
    throw new Fault('unavailable', { cause: new Error('reply without a list of users') });
  }
  const next = textOf(marker);
  return { users: entries, ...(next !== undefined && { next }) };
}

/** An access token that has ended, or may not do this, is refused without a body: https://www.rfc-editor.org/rfc/rfc6750#section-3. */
const TOKEN_REFUSAL = /^Bearer\b(?=.*\brealm="Service")(?=.*\berror="(invalid_token|insufficient_scope)")/i;

const isRefusal: IsRefusal = (body, text, { 'www-authenticate': challenge }) =>
  isObject(body)
    ? body.type === 'error' && integerOf(body.status) !== undefined && textOf(body.code) !== undefined
    : text === '' && typeof challenge === 'string' && TOKEN_REFUSAL.test(challenge);

/** Whether the parameters at fault include the login, which is the e-mail. */
function isAboutLogin(body: Json): boolean {
  const particulars = isObject(body) && isObject(body.context_info) ? body.context_info.errors : undefined;
  return Array.isArray(particulars) && particulars.some((each: Json) => isObject(each) && each.name === 'login');
}

function hasCode(...codes: readonly string[]): (body: Json) => boolean {
  return (body) => isObject(body) && codes.includes(textOf(body.code) ?? '');
}

const refusals: readonly Refusal[] = [
  // What only the user can do, on Box's own pages.
  { status: [400], body: hasCode('password_reset_required', 'terms_of_service_required'), reason: 'restricted' },
  { status: [400], of: ['write'], body: isAboutLogin, reason: 'invalid email' },
  { status: [409], of: ['write'], body: hasCode('user_login_already_used'), reason: 'conflict' },
  { status: [409], of: ['write'], reason: 'invalid' },
];

/** How many users a reply may list: with every field, half of what a reply may hold. */
const PAGE_SIZE = 500;
const MAX_PAGES = 20;

/**
 * https://developer.box.com/guides/authentication/oauth2/: a refresh token is spent once. Client credentials are those of the
 * enterprise: its service account.
 */
const oauth: OAuthDescription = {
  authorization: 'https://account.box.com/api/oauth2/authorize',
  token: 'https://api.box.com/oauth2/token',
  revocation: 'https://api.box.com/oauth2/revoke',
  clientCredentials: { box_subject_type: 'enterprise', box_subject_id: '{enterprise_id}' },
};

const credential: DocumentedCredential = {
  name: 'access token',
  hint: 'Your Box administrator, or the Developer Console of Box, gives you one; it ends after an hour.',
  url: 'https://developer.box.com/guides/authentication/tokens/developer-tokens',
  translations: {
    de: {
      name: 'Zugriffstoken',
      hint: 'Sie bekommen es von Ihrem Box-Administrator oder in der Developer Console von Box; es endet nach einer Stunde.',
    },
    fr: {
      name: 'jeton d’accès',
      hint: 'Votre administrateur Box ou la Developer Console de Box vous en donne un ; il expire au bout d’une heure.',
    },
    es: {
      name: 'token de acceso',
      hint: 'Se lo da su administrador de Box o la Developer Console de Box; caduca al cabo de una hora.',
    },
  },
};

/** https://developer.box.com/reference/resources/user: a login is an e-mail address. */
export const box: ProviderKind<typeof settings> = {
  name: 'box',
  title: 'Box',
  publicBaseUrl: 'https://api.box.com',
  credential,
  oauth,
  isRefusal,
  refusals,
  requests: {
    readAccount: 'GET {base_url}/2.0/users/me',
    updateAccount: 'PUT {base_url}/2.0/users/{id}',
    deleteAccount: 'DELETE {base_url}/2.0/users/{id}',
    createAccount: 'POST {base_url}/2.0/users',
    findAccounts: 'GET {base_url}/2.0/users',
  },
  settings,
  connect: ({ baseUrl, send }) => {
    const users = `${baseUrl}/2.0/users`;
    const userUrl = (id: string) => `${users}/${encodeURIComponent(id)}`;
    const headersOf = (credential: string) => ({
      Authorization: authorization('Bearer', credential),
      Accept: 'application/json',
    });
    const read = (credential: string, url: string) => send({ method: 'GET', url, headers: headersOf(credential) });
    const write = (method: UpstreamRequest['method'], credential: string, url: string, values: object) => {
      const body = { type: 'application/json', text: JSON.stringify(values) };
      return send({ method, url, headers: headersOf(credential), body });
    };

    const readUser = (credential: string, nativeId = 'me') => read(credential, userUrl(nativeId));

    /** All users whose name or login begins with a text, or all. */
    const readUsers = async (credential: string, beginning: string | undefined): Promise<readonly JsonObject[]> => {
      const found: JsonObject[] = [];
      let marker: string | undefined;
      for (let page = 0; page < MAX_PAGES; page++) {
        const query = new URLSearchParams({
          ...(beginning !== undefined && { filter_term: beginning }),
          limit: String(PAGE_SIZE),
          usemarker: 'true',
          ...(marker !== undefined && { marker }),
        });
        const { users: some, next } = pageIn(await read(credential, `${users}?${query}`));
        found.push(...some);
        if (next === undefined) return found;
        marker = next;
      }
      throw new Fault('unavailable', { cause: new Error(`more than ${MAX_PAGES} pages of users`) });
    };

    return {
      readAccount: async (credential) => toAccount(await readUser(credential)),
      readAccountOf: async (credential, nativeId) => toAccount(await readUser(credential, nativeId)),
      updateAccount: {
        fields: ['name', 'login', 'email', 'languageCode'],
        /** Read first: an update takes an id, and what it does not change it does not refuse. */
        send: async (credential, { name, login, email = login, languageCode: language }, nativeId) => {
          if (login !== undefined && login !== email) {
            throw new Fault('malformed', { explanation: 'login and email differ, and Box has one for both' });
          }
          const user = await readUser(credential, nativeId);
          const changes = { name, login: email, language };
          const updated = await write('PUT', credential, userUrl(nativeIdOf(user.id)), changes);
          const ignored = ignoredFields(changes, user, updated);
          if (ignored.length > 0) throw new Fault('invalid', { upstreamMessage: `not changed: ${ignored.join(', ')}` });
          return accountAfterWrite(updated, toAccount);
        },
      },
      /** Never with `force`: Box keeps a user who has files. */
      deleteAccount: async (credential, nativeId) => {
        const id = nativeId ?? nativeIdOf((await readUser(credential)).id);
        await send({ method: 'DELETE', url: userUrl(id), headers: headersOf(credential) });
      },
      createAccount: async (credential, name, email) =>
        accountAfterWrite(await write('POST', credential, users, { name, login: email }), toAccount),
      findAccounts: async (credential, email) => {
        const accounts = (await readUsers(credential, email)).map(toAccount);
        const isAsked = (login: string) => email === undefined || login.toLowerCase() === email.toLowerCase();
        return accounts.filter(({ login }) => isAsked(login));
      },
    };
  },
};
