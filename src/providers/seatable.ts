import { randomUUID } from 'node:crypto';
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

/** `detail` where the layer that checks the token refuses, `error_msg` where the operation itself does. */
function isRefusal(body: Json | undefined): boolean {
  return isOwnRefusal(body) && (textOf(body.detail) ?? textOf(body.error_msg)) !== undefined;
}

/** A 403 is the reply to no token and to a bad one too, which only its `detail` tells. */
function isAboutToken(body: Json): boolean {
  const detail = isObject(body) ? (textOf(body.detail) ?? '') : '';
  return /not provided|invalid|inactive|expired/i.test(detail);
}

/** The only write sets the e-mail. */
const refusals: readonly Refusal[] = [
  { status: [403], body: isAboutToken, reason: 'unauthenticated' },
  { status: [400], of: ['write'], reason: 'invalid email' },
];

const credential: DocumentedCredential = {
  name: 'account token',
  hint: 'SeaTable gives it in exchange for your user name and password at /api2/auth-token/; whoever runs your SeaTable can tell you yours.',
  url: 'https://api.seatable.com/reference/getaccounttokenfromusername',
  translations: {
    de: {
      name: 'Konto-Token',
      hint: 'SeaTable gibt es im Tausch gegen Benutzernamen und Passwort unter /api2/auth-token/ aus; wer Ihr SeaTable betreibt, kann Ihnen Ihres nennen.',
    },
    fr: {
      name: 'jeton de compte',
      hint: 'SeaTable le donne en échange de vos nom d’utilisateur et mot de passe à l’adresse /api2/auth-token/\u00a0; la personne qui gère votre SeaTable peut vous communiquer le vôtre.',
    },
    es: {
      name: 'token de cuenta',
      hint: 'SeaTable lo da a cambio de su nombre de usuario y contraseña en /api2/auth-token/; quien administra su SeaTable puede decirle el suyo.',
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
    readAccount: 'GET {base_url}/api2/account/info/',
    updateAccount: 'PUT {base_url}/api/v2.1/user/contact-email/',
  },
  connect: ({ baseUrl, send }) => {
    const headersOf = (credential: string) => ({
      Authorization: authorization('Token', credential),
      Accept: 'application/json; indent=4',
    });
    return {
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
