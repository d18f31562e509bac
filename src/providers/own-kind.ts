import { reasons } from '../core/fault.js';
import type { Setting, Settings } from '../shared/setting.js';
import { isRecord } from './common.js';
import { type Provider, type ProviderKind, translatedLanguages } from './provider.js';

/** A kind whose settings are not checked yet. */
export type UncheckedKind = Omit<ProviderKind, 'settings'> & { readonly settings?: unknown };

/** The keys that the default export of a module lacks, or has with a value that is of no use. */
export function missingIn(kind: unknown): string[] {
  const { name, title, publicBaseUrl, credential, isRefusal, refusals, requests, oauth, connect } = isRecord(kind)
    ? kind
    : {};
  const { url, translations } = isRecord(credential) ? credential : {};
  const credentialKeys = isRecord(credential)
    ? {
        ...wordsIn('credential', credential),
        'credential.url': isAbsent(url) || isWebAddress(url),
        ...translationsIn(translations),
      }
    : { credential: false };
  return falseKeys({
    name: isText(name),
    title: isText(title),
    publicBaseUrl: isText(publicBaseUrl),
    ...credentialKeys,
    isRefusal: isAbsent(isRefusal) || isFunction(isRefusal),
    refusals: isAbsent(refusals) || (Array.isArray(refusals) && refusals.every(isRow)),
    requests: isAbsent(requests) || areRequests(requests),
    ...oauthIn(oauth),
    connect: isFunction(connect),
  });
}

/** Whether a record has the words for a credential, under their paths. */
function wordsIn(path: string, { name, hint }: Readonly<Record<string, unknown>>): Readonly<Record<string, boolean>> {
  return { [`${path}.name`]: isText(name), [`${path}.hint`]: isText(hint) };
}

function translationsIn(translations: unknown): Readonly<Record<string, boolean>> {
  const path = 'credential.translations';
  if (isAbsent(translations)) return {};
  if (!isRecord(translations) || Array.isArray(translations)) return { [path]: false };
  return Object.fromEntries(
    Object.entries(translations).flatMap(([language, words]) => [
      [`${path}.${language}`, translatedLanguages.some((each) => each === language)],
      ...Object.entries(isRecord(words) ? wordsIn(`${path}.${language}`, words) : { [`${path}.${language}`]: false }),
    ]),
  );
}

function isWebAddress(value: unknown): boolean {
  return typeof value === 'string' && /^https?:\/\//i.test(value) && URL.canParse(value);
}

/** Whether an address is one, as far as its template tells. */
const isAddress = (value: unknown) =>
  typeof value === 'string' && (value.startsWith('{base_url}') || isWebAddress(value.replace(/\{\w+\}/g, 'x')));

function oauthIn(oauth: unknown): Readonly<Record<string, boolean>> {
  if (isAbsent(oauth)) return {};
  if (!isRecord(oauth) || Array.isArray(oauth)) return { oauth: false };
  const { token, issuer, scopes, clientAuthentication, authorizationParameters, clientCredentials, ...addresses } =
    oauth;
  const { authorization, deviceAuthorization, revocation } = addresses;
  const areParameters = (value: unknown) => isAbsent(value) || areRequests(value);
  return {
    'oauth.token': isAddress(token),
    'oauth.authorization': isAbsent(authorization) || isAddress(authorization),
    'oauth.deviceAuthorization': isAbsent(deviceAuthorization) || isAddress(deviceAuthorization),
    'oauth.revocation': isAbsent(revocation) || isAddress(revocation),
    'oauth.issuer': isAbsent(issuer) || isAddress(issuer),
    'oauth.scopes': isAbsent(scopes) || (Array.isArray(scopes) && scopes.every(isText)),
    'oauth.clientAuthentication':
      isAbsent(clientAuthentication) || ['post', 'basic'].includes(`${clientAuthentication}`),
    'oauth.authorizationParameters': areParameters(authorizationParameters),
    'oauth.clientCredentials': areParameters(clientCredentials),
  };
}

function areRequests(value: unknown): boolean {
  return isRecord(value) && !Array.isArray(value) && Object.values(value).every(isText);
}

/** Whether a value is a row of a table of refusals. */
function isRow(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { status, of, body, reason, by } = value;
  return (
    (status === undefined || (Array.isArray(status) && status.every(Number.isInteger))) &&
    (of === undefined || (Array.isArray(of) && of.every(isText))) &&
    (body === undefined || isFunction(body)) &&
    [...reasons, 'invalid email'].some((each) => each === reason) &&
    (by === undefined || by === 'anyone')
  );
}

export function isProviderKind(value: unknown): value is UncheckedKind {
  return missingIn(value).length === 0;
}

/** The keys of a Provider that it lacks, or has with a value that is of no use. */
export function missingInProvider(api: unknown): string[] {
  const { readAccount, updateAccount, ...optional } = isRecord(api) ? api : {};
  const { fields, send } = isRecord(updateAccount) ? updateAccount : {};
  return falseKeys({
    readAccount: isFunction(readAccount),
    'updateAccount.fields': isAbsent(updateAccount) || (Array.isArray(fields) && fields.every(isText)),
    'updateAccount.send': isAbsent(updateAccount) || isFunction(send),
    ...Object.fromEntries(
      optionalMethods.map((name) => [name, isAbsent(optional[name]) || isFunction(optional[name])]),
    ),
  });
}

const optionalMethods = [
  'login',
  'readAccountOf',
  'changePassword',
  'deleteAccount',
  'createAccount',
  'findAccounts',
  'readPlan',
] as const satisfies readonly (keyof Provider)[];

export function isProvider(value: unknown): value is Provider {
  return missingInProvider(value).length === 0;
}

/** Such names stay distinct in camelCase: no two of them differ in their underscores alone. */
const SNAKE_CASE = /^[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*$/;

/** The settings of a kind that cannot be used. */
export function unusableIn(settings: unknown): string[] {
  if (!isRecord(settings) || Array.isArray(settings)) return ['settings'];
  return falseKeys(
    Object.fromEntries(
      Object.entries(settings).map(([key, setting]) => [`settings.${key}`, SNAKE_CASE.test(key) && isSetting(setting)]),
    ),
  );
}

export function areSettings(value: unknown): value is Settings {
  return unusableIn(value).length === 0;
}

function isSetting(value: unknown): value is Setting {
  if (!isRecord(value) || !isText(value.description)) return false;
  const { kind, choices, default: fallback } = value;
  if (kind === 'text') return fallback === undefined || isText(fallback);
  if (kind !== 'choice' || !Array.isArray(choices) || choices.length === 0 || !choices.every(isText)) return false;
  return fallback === undefined || choices.includes(fallback);
}

function falseKeys(facts: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(facts).flatMap(([key, isTrue]) => (isTrue ? [] : [key]));
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
