import { Fault } from '../core/fault.js';
import { isObject, type Json, type JsonObject, leftOutOf, textOf } from '../shared/json.js';
import type { ErrorMapping, UpstreamReason } from '../upstream/response.js';
import { accountAfterWrite, authorization, isOwnRefusal, nativeIdOf } from './common.js';
import type { Account, AccountChanges, ProviderKind } from './provider.js';

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

function mapError(status: number): UpstreamReason | undefined {
  return status === 402 ? 'invalid' : undefined;
}

/** A refusal of an update. It may be about the e-mail only where that was to be set. */
function updateErrorMapping({ email, ...others }: AccountChanges): ErrorMapping {
  return (status, body) => {
    if (email === undefined || !isObject(body) || ![400, 402, 422].includes(status)) return mapError(status);
    const isAlone = status === 400 && Object.keys(others).length === 0;
    if (!(paramsIn(body) ?? (isAlone ? ['email'] : [])).some(isEmail)) return mapError(status);
    return /already|exists|in use|taken/i.test(textOf(body.message) ?? '') ? 'conflict' : 'invalid email';
  };
}

/** The parameters at fault: `param` of an error object, else the one that its message quotes or speaks of. */
function paramsIn({ param, message }: JsonObject): string[] | undefined {
  const params = (Array.isArray(param) ? param : [param]).flatMap((each: Json | undefined) => textOf(each) ?? []);
  if (params.length > 0) return params;
  const text = textOf(message) ?? '';
  const [, quoted = /e-?mail/i.test(text) ? 'email' : undefined] = /'(name|email|languageCode|meta)'/.exec(text) ?? [];
  return quoted === undefined ? undefined : [quoted];
}

function isEmail(param: string): boolean {
  return param.toLowerCase() === 'email';
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
  isRefusal,
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
          const errorMapping = updateErrorMapping(changes);
          const headers = headersOf(credential);
          const reply = await send({ method: 'POST', url: current, headers, body, errorMapping });
          return accountAfterWrite(reply, toAccount);
        },
      },
      /** This path has no "current": it takes the id that the API itself reports. */
      deleteAccount: async (credential) => {
        const { nativeId } = await readAccount(credential);
        const url = `${baseUrl}/accounts/${encodeURIComponent(nativeId)}`;
        await send({ method: 'DELETE', url, headers: headersOf(credential), errorMapping: mapError });
      },
    };
  },
};
