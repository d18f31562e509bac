import { type Fields, isList, type Value } from './answer.js';
import { createTextSearch, type TextSearch } from './text-search.js';

/** A shorter secret may occur in a text by chance. */
const MIN_SECRET_LENGTH = 6;
const MASK = '***';
/** Of a longer secret, this much tells where it is: its forms are worked out for each call. */
const MAX_SEARCHED_LENGTH = 512;

/** What stands in a text in place of a secret. */
export type Replace = (secret: string) => string;

/**
 * Gives texts in which every occurrence of a secret is replaced, by default by a mask: as it is, in base64 at any offset, in hexadecimal, and
 * escaped for a URL, JSON or HTML, in upper or lower case. To be kept for all texts about one call: the forms are worked
 * out once, for the first of them.
 */
export function createMask(secrets: readonly string[], replace: Replace = () => MASK): (text: string) => string {
  let search: TextSearch<string> | undefined;
  return (text) => {
    search ??= searchFor(secrets);
    return search.replaceIn(text, replace);
  };
}

/**
 * The elements of an answer in which every occurrence of a secret, as it is, is masked; unchanged where there is none.
 * Secrets that the caller has sent itself are no secrets to it.
 */
export function hideFrom(sent: readonly string[], secrets: readonly string[], result: Fields): Fields {
  const unsent = secrets.filter(
    (secret) => secret.length >= MIN_SECRET_LENGTH && !sent.some((value) => value.includes(secret)),
  );
  return unsent.length > 0 && holds(result, unsent) ? maskFields(result, unsent) : result;
}

function holds(value: Value, secrets: readonly string[]): boolean {
  if (typeof value === 'string') return secrets.some((secret) => value.includes(secret));
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((child: Value) => holds(child, secrets));
}

function maskFields(fields: Fields, secrets: readonly string[]): Fields {
  const masked = Object.entries(fields).map(([name, value]) => [name, maskValue(value, secrets)] as const);
  return Object.fromEntries(masked);
}

function maskValue(value: Value, secrets: readonly string[]): Value {
  if (typeof value === 'string') return secrets.reduce((text, secret) => text.replaceAll(secret, MASK), value);
  if (typeof value !== 'object' || value === null) return value;
  return isList(value) ? value.map((each) => maskFields(each, secrets)) : maskFields(value, secrets);
}

/** Looks for the secrets that are not too short, in all their forms. */
function searchFor(secrets: readonly string[]): TextSearch<string> {
  const search = createTextSearch<string>();
  // Of secrets that begin alike, the longest is found.
  const hidden = [...new Set(secrets)]
    .filter(({ length }) => length >= MIN_SECRET_LENGTH)
    .sort((one, other) => other.length - one.length);
  for (const secret of hidden) {
    const isLong = secret.length > MAX_SEARCHED_LENGTH;
    const forms = new Set(formsOf(isLong ? secret.slice(0, MAX_SEARCHED_LENGTH) : secret));
    const longestFirst = [...forms].sort((one, other) => other.length - one.length);
    for (const form of longestFirst) search.add(form, secret, isLong);
  }
  return search;
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const quoted = JSON.stringify(secret).slice(1, -1);
  // The bytes have no lone surrogate, which no URL can carry.
  const escaped = encodeURIComponent(bytes.toString());
  return [
    secret,
    quoted,
    quoted.replaceAll('/', '\\/'),
    ...htmlForms(secret),
    escaped,
    escaped.replaceAll('%20', '+'),
    new URLSearchParams({ '': bytes.toString() }).toString().slice(1),
    bytes.toString('hex'),
    ...[0, 1, 2].flatMap((offset) => base64At(offset, bytes)),
  ];
}

/** As a text of HTML or XML has it: quotes may be escaped or not, by number or by name. */
function htmlForms(secret: string): string[] {
  const text = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const quotes = [
    ['"', "'"],
    ['&quot;', "'"],
    ['&quot;', '&#39;'],
    ['&quot;', '&#x27;'],
    ['&quot;', '&#039;'],
    ['&quot;', '&apos;'],
    ['&#34;', '&#39;'],
  ] as const;
  return quotes.map(([double, single]) => text.replaceAll('"', double).replaceAll("'", single));
}

/** The characters of base64 that these bytes alone decide, where they follow others. */
function base64At(offset: number, bytes: Buffer): string[] {
  const all = Buffer.concat([Buffer.alloc(offset), bytes]);
  const end = Math.floor((all.length * 8) / 6);
  const begin = Math.ceil((offset * 8) / 6);
  return (['base64', 'base64url'] as const).map((encoding) => all.toString(encoding).slice(begin, end));
}
