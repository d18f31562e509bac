import { Fault } from '../core/fault.js';
import { isObject, type Json, type JsonObject, leftOutOf, textOf } from '../shared/json.js';
import type { Refusal } from '../upstream/refusals.js';
import { accountAfterWrite, authorization, isOwnRefusal, nativeIdOf } from './common.js';
import type { Account, AccountChanges, DocumentedCredential, ProviderKind } from './provider.js';

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
  return isOwnRefusal(body) && /^\w+$/.test(textOf(body.type) ?? '');
}

/** All of the dictionary `meta` with its changes, as form fields: the API may replace it. */
function metaFields(meta: Json | undefined, changes: Readonly<Record<string, string>>): [string, string][] {
  const present = isObject(meta) ? meta : {};
  if (leftOutOf(present) > 0) throw new Fault('restricted', { cause: new Error('more values in meta than are read') });
  return Object.entries({ ...present, ...changes }).flatMap(([key, value]): [string, string][] =>
    isText(value) ? [[`meta[${key}]`, value.toString()]] : [],
  );
}

/** Whether a form can carry a value. */
function isText(value: Json): value is Exclude<Json, JsonObject | readonly Json[] | null> {
  return value !== null && !isObject(value) && !Array.isArray(value);
}

/** What an update sets, by which the table tells whether a refusal may be about the e-mail. */
function operationOf({ email, ...others }: AccountChanges): string | undefined {
  if (email === undefined) return undefined;
  return Object.keys(others).length === 0 ? 'set the e-mail alone' : 'set the e-mail';
}

/** The parameters at fault: `param` of an error object, else the one that its message quotes or speaks of. */
function paramsIn({ param, message }: JsonObject): string[] {
  const params = (Array.isArray(param) ? param : [param]).flatMap((each: Json | undefined) => textOf(each) ?? []);
  if (params.length > 0) return params;
  const text = textOf(message) ?? '';
  const [, quoted = /e-?mail/i.test(text) ? 'email' : undefined] = /'(name|email|languageCode|meta)'/.exec(text) ?? [];
  return quoted === undefined ? [] : [quoted];
}

function isAboutEmail(body: Json): boolean {
  return isObject(body) && paramsIn(body).some((param) => param.toLowerCase() === 'email');
}

function isAboutNothing(body: Json): boolean {
  return isObject(body) && paramsIn(body).length === 0;
}

function saysItIsTaken(body: Json): boolean {
  return isAboutNothing(body) && saysTaken(body);
}

function saysTaken(body: Json): boolean {
  return isObject(body) && /already|exists|in use|taken/i.test(textOf(body.message) ?? '');
}

function saysEmailIsTaken(body: Json): boolean {
  return isAboutEmail(body) && saysTaken(body);
}

const setsEmail = ['set the e-mail', 'set the e-mail alone'];

/** Where the e-mail alone was to be set, a 400 is about it even if it says nothing of it. */
const refusals: readonly Refusal[] = [
  { status: [400], of: ['set the e-mail alone'], body: saysItIsTaken, reason: 'conflict' },
  { status: [400], of: ['set the e-mail alone'], body: isAboutNothing, reason: 'invalid email' },
  { status: [400, 402, 422], of: setsEmail, body: saysEmailIsTaken, reason: 'conflict' },
  { status: [400, 402, 422], of: setsEmail, body: isAboutEmail, reason: 'invalid email' },
  { status: [402], of: ['write'], reason: 'invalid' },
];

const credential: DocumentedCredential = {
  name: 'secret key',
  hint: 'It begins with sk_ and is among the API keys of your Previsto account.',
  url: 'https://developer.previsto.com/authentication',
  translations: {
    de: {
      name: 'geheimer Schlüssel',
      hint: 'Er beginnt mit sk_ und steht bei den API-Schlüsseln Ihres Previsto-Kontos.',
    },
    fr: {
      name: 'clé secrète',
      hint: 'Elle commence par sk_ et se trouve parmi les clés API de votre compte Previsto.',
    },
    es: { name: 'clave secreta', hint: 'Empieza por sk_ y está entre las claves de API de su cuenta de Previsto.' },
  },
};

/** https://developer.previsto.com. */
export const previsto: ProviderKind = {
  name: 'previsto',
  title: 'Previsto',
  publicBaseUrl: 'https://api.previsto.io',
  credential,
  isRefusal,
  refusals,
  requests: {
    readAccount: 'GET {base_url}/accounts/current',
    updateAccount: 'POST {base_url}/accounts/current',
    deleteAccount: 'DELETE {base_url}/accounts/{id}',
  },
  connect: ({ baseUrl, send }) => {
    const current = `${baseUrl}/accounts/current`;
    const headersOf = (credential: string) => ({ Authorization: basic(credential), Accept: 'application/json' });
    const readAccount = async (credential: string) =>
      toAccount(await send({ method: 'GET', url: current, headers: headersOf(credential) }));
    return {
      readAccount,
      updateAccount: {
        fields: ['name', 'email', 'languageCode', 'meta'],
        /** The API requires a name in every update: the present one is sent unless it changes. */
        send: async (credential, changes) => {
          const { meta, ...texts } = changes;
          if (meta && Object.keys(meta).some((key) => /[[\]]/.test(key))) {
            throw new Fault('malformed', { explanation: 'a bracket in the name of a value of meta' });
          }
          const present = texts.name === undefined || meta ? await readAccount(credential) : undefined;
          const text = new URLSearchParams([
            ...Object.entries({ name: present?.name ?? '', ...texts }),
            ...(meta ? metaFields(present?.attributes.meta, meta) : []),
          ]).toString();
          const body = { type: 'application/x-www-form-urlencoded', text };
          const operation = operationOf(changes);
          const headers = headersOf(credential);
          const reply = await send({ method: 'POST', url: current, headers, body, operation });
          return accountAfterWrite(reply, toAccount);
        },
      },
      /** This path has no "current": it takes the id that the API itself reports. */
      deleteAccount: async (credential) => {
        const { nativeId } = await readAccount(credential);
        const url = `${baseUrl}/accounts/${encodeURIComponent(nativeId)}`;
        await send({ method: 'DELETE', url, headers: headersOf(credential) });
      },
    };
  },
};
