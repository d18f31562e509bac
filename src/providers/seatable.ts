import { randomUUID } from 'node:crypto';
import { Fault, toFault } from '../core/fault.js';
import { integerOf, isObject, type Json, type JsonObject, textOf } from '../shared/json.js';
import type { Refusal } from '../upstream/refusals.js';
import { authorization, isOwnRefusal, nativeIdOf } from './common.js';
import type { Account, DocumentedCredential, ProviderKind } from './provider.js';

function toAccount(info: JsonObject): Account {
  const nativeId = nativeIdOf(info.email);
  const contact = textOf(info.contact_email);
  return {
    nativeId,
    login: contact ?? textOf(info.login_id) ?? nativeId,
    name: textOf(info.name),
    email: contact ?? nativeId,
    avatarUrl: textOf(info.avatar_url),
    spaceAmount: quota(info.total),
    spaceUsed: integerOf(info.usage),
    attributes: info,
  };
}

/** `total` is -2 or null where there is no quota, and absent where the server does not report one. */
function quota(total: Json | undefined): Account['spaceAmount'] {
  const bytes = integerOf(total);
  return total === null || (bytes !== undefined && bytes <= 0n) ? 'unlimited' : bytes;
}

/** A multipart body of one text part, byte for byte: the FormData of the platform would rewrite its line ends. */
function multipart(name: string, value: string): { type: string; text: string } {
  const boundary = randomUUID();
  const text = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n--${boundary}--\r\n`;
  return { type: `multipart/form-data; boundary=${boundary}`, text };
}

/**
 * `detail` where the layer that checks the token refuses, `error_msg` where the operation itself does, and a list of
 * texts for a name and password.
 */
function isRefusal(body: Json | undefined): boolean {
  return isOwnRefusal(body) && ((textOf(body.detail) ?? textOf(body.error_msg)) !== undefined || isAboutLogin(body));
}

function isAboutLogin(body: Json): boolean {
  if (!isObject(body)) return false;
  return [body.non_field_errors, body.username, body.password].some((texts) => Array.isArray(texts));
}

/** A 403 is the reply to no token and to a bad one too, which only its `detail` tells. */
function isAboutToken(body: Json): boolean {
  const detail = isObject(body) ? (textOf(body.detail) ?? '') : '';
  return /not provided|invalid|inactive|expired/i.test(detail);
}

/** The only other write sets the e-mail. */
const refusals: readonly Refusal[] = [
  { status: [400], of: ['log in'], body: isAboutLogin, reason: 'unauthenticated' },
  { status: [400, 404], of: ['log in'], reason: 'unavailable' },
  { status: [403], body: isAboutToken, reason: 'unauthenticated' },
  { status: [400], of: ['write'], reason: 'invalid email' },
];

const credential: DocumentedCredential = {
  name: 'account token',
  hint: 'The account token is what SeaTable gives for a name and a password at /api2/auth-token/.',
  url: 'https://api.seatable.com/reference/getaccounttokenfromusername',
  translations: {
    de: {
      name: 'Konto-Token',
      hint: 'Das Konto-Token gibt SeaTable für Name und Passwort unter /api2/auth-token/ aus.',
    },
    fr: {
      name: 'jeton de compte',
      hint: 'Le jeton de compte est ce que SeaTable donne pour un nom et un mot de passe à l’adresse /api2/auth-token/.',
    },
    es: {
      name: 'token de cuenta',
      hint: 'El token de cuenta es lo que SeaTable da por un nombre y una contraseña en /api2/auth-token/.',
    },
  },
};

/** https://api.seatable.io: bytes everywhere, every path ends in a slash. */
export const seatable: ProviderKind = {
  name: 'seatable',
  title: 'SeaTable',
  publicBaseUrl: 'https://cloud.seatable.io',
  credential,
  isRefusal,
  refusals,
  requests: {
    login: 'POST {base_url}/api2/auth-token/',
    readAccount: 'GET {base_url}/api2/account/info/',
    updateAccount: 'PUT {base_url}/api/v2.1/user/contact-email/',
  },
  connect: ({ baseUrl, send }) => {
    const headersOf = (credential: string) => ({
      Authorization: authorization('Token', credential),
      Accept: 'application/json; indent=4',
    });
    return {
      /** The account's token, always the same. The one-time code of a second factor would be a header of this request. */
      login: async (username, password) => {
        let needsCode = false;
        const reply = await send({
          method: 'POST',
          url: `${baseUrl}/api2/auth-token/`,
          headers: { Accept: 'application/json' },
          body: {
            type: 'application/x-www-form-urlencoded',
            text: new URLSearchParams({ username, password }).toString(),
          },
          operation: 'log in',
          errorMapping: (status, body, headers) => {
            needsCode = status === 400 && body !== undefined && headers['x-seafile-otp'] !== undefined;
            return undefined;
          },
        }).catch((error: unknown) => {
          if (!needsCode) throw error;
          const { cause } = toFault(error);
          throw new Fault('unauthenticated', { about: 'second factor', cause });
        });
        const token = textOf(reply.token);
        if (token === undefined) throw new Fault('unavailable', { cause: new Error('reply without a token') });
        return token;
      },
      readAccount: async (credential) => {
        const url = `${baseUrl}/api2/account/info/`;
        return toAccount(await send({ method: 'GET', url, headers: headersOf(credential) }));
      },
      updateAccount: {
        fields: ['email'],
        /** Mails a link: the account keeps its address until the owner follows it. */
        send: async (credential, { email = '' }) => {
          await send({
            method: 'PUT',
            url: `${baseUrl}/api/v2.1/user/contact-email/`,
            headers: headersOf(credential),
            body: multipart('new_contact_email', email),
          });
          return { pendingEmail: email };
        },
      },
    };
  },
};
