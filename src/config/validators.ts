import { isIP } from 'node:net';
import { z } from 'zod';
import { camelCased } from '../shared/camel-case.js';
import { timeIn } from '../shared/iso-time.js';
import { didYouMean } from '../shared/nearest.js';
import type { Setting, Settings } from '../shared/setting.js';

/**
 * The message for a wrong or missing value. It follows the path of the key; `what` is a value to write. One of `names` may be
 * what was meant.
 */
export const expected = (what: string, names: readonly string[] = []) => ({
  error: ({ input }: { input?: unknown }) =>
    input === undefined ? `is missing; write ${what}` : `must be ${what}${didYouMean(input, names)}`,
});

/** A text. `begins`, for editors, is a regular expression that each such text has a part of. */
export const pattern = (
  what: string,
  test: (text: string) => boolean,
  { names, begins }: { readonly names?: readonly string[]; readonly begins?: string } = {},
) => {
  const schema = z.string(expected(what)).refine(test, expected(what, names));
  return begins === undefined ? schema : schema.meta({ pattern: begins });
};
/** The beginning of a URL. */
export const HTTP = { begins: '^[Hh][Tt][Tt][Pp][Ss]?://[^/]' };

const NON_EMPTY = 'a text that is not empty, in quotes if it looks like a number';
export const text = z.string(expected(NON_EMPTY)).min(1, expected(NON_EMPTY));

/** YAML gives integers as bigint, a plain value may have them as number. */
export const integerBetween = (least: bigint, most: bigint) =>
  z
    .custom<number | bigint>(
      (value) =>
        (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) &&
        value >= least &&
        value <= most,
      expected(`an integer from ${least} to ${most}`),
    )
    .meta({
      type: 'integer',
      minimum: Number(least),
      ...(most <= Number.MAX_SAFE_INTEGER && { maximum: Number(most) }),
    });
export const integer = (least: bigint, most: bigint, fallback: number) =>
  integerBetween(least, most).default(fallback).transform(Number);
export const port = (fallback: number) => integer(0n, 65535n, fallback);
export const limit = (fallback: number) => integer(1n, 2n ** 31n - 1n, fallback);
/** 0 to 2^63-1. */
export const bytes = integerBetween(0n, 2n ** 63n - 1n)
  .transform(BigInt)
  .optional();

/** A number from 0 to 1; YAML gives an integer as bigint. */
export const share = (fallback: number) =>
  z
    .custom<number | bigint>(
      (value) => (typeof value === 'number' || typeof value === 'bigint') && value >= 0 && value <= 1,
      expected('a number from 0 to 1'),
    )
    .meta({ type: 'number', minimum: 0, maximum: 1 })
    .default(fallback)
    .transform(Number);

export const boolean = z.boolean(expected('true or false'));

export const oneOf = <const T extends readonly string[]>(...choices: T) =>
  z.enum(choices, expected(choices.join(' or '), choices));

/**
 * A block of exactly these keys. `allowed` is the list in its messages, where a schema beside it has more keys. The message
 * for keys that are not known is that list alone, with a comma and a space in between.
 */
export const strictObject = <T extends z.core.$ZodLooseShape>(shape: T, allowed = Object.keys(shape)) => {
  const keys = allowed.join(', ');
  return z.strictObject(shape, {
    error: ({ code, input }) =>
      code === 'unrecognized_keys'
        ? keys
        : `${input === null ? 'is empty; write' : 'must be'} a block with keys out of ${keys}`,
  });
};

/** A block of exactly these keys; its output has them in camelCase. */
export const camelCasedObject = <T extends z.core.$ZodLooseShape>(shape: T) =>
  strictObject(shape).transform((value) => camelCased(value));

const TIME = 'a date such as 2026-12-31, or a date and time with its offset such as 2026-12-31T12:00Z';
/** A time; its output is in milliseconds since 1970. */
export const time = pattern(TIME, (value) => timeIn(value) !== undefined).transform((value) => timeIn(value) ?? 0);

const endsOf = (interval: string) => interval.split('/').map(timeIn);
/** An interval of ISO 8601; its output has the text too. */
export const interval = pattern(
  'two times with a slash in between, the earlier one first, such as 2026-12-31T12:00Z/2026-12-31T13:00Z',
  (value) => {
    const [from, to, ...rest] = endsOf(value);
    return from !== undefined && to !== undefined && rest.length === 0 && from < to;
  },
).transform((value) => {
  const [from = 0, to = 0] = endsOf(value);
  return { text: value, from, to };
});

/** A rate limit; absent: none. */
export const rate = (description: string) =>
  camelCasedObject({
    per_minute: integerBetween(1n, 2n ** 31n - 1n)
      .transform(Number)
      .meta({ description, unlessGiven: 'any' }),
  }).optional();

/** A key that a provider declares. */
const setting = (declared: Setting) => {
  const value = declared.kind === 'choice' ? oneOf(...declared.choices) : text;
  const described = value.describe(declared.description);
  return declared.default === undefined ? described.optional() : described.default(declared.default);
};

/** The keys that a provider declares, in a block with others. */
export const settingsObject = (settings: Settings, allowed: string[]) =>
  strictObject(
    Object.fromEntries(Object.entries(settings).map(([key, declared]) => [key, setting(declared)])),
    allowed,
  );

export const trimTrailingSlashes = (url: string) => url.replace(/\/+$/, '');
export const isUrl = (url: string) => /^https?:\/\/[^\s/]\S*$/i.test(url) && URL.canParse(url);
export const isBaseUrl = (url: string) => isUrl(url) && /^[^?#]*$/.test(url) && !/^https?:\/\/[^/]*@/i.test(url);
export const BASE_URL = 'an http or https URL without query, fragment, user or password';

/** Whether a text is an IP address or, in the notation of CIDR, a network. */
export function isAddressOrNetwork(text: string): boolean {
  const [host = '', prefix, ...rest] = text.split('/');
  const bits = isIP(host) === 4 ? 32 : 128;
  return (
    isIP(host) > 0 &&
    rest.length === 0 &&
    (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))
  );
}

const isEmail = (text: string) => /^[^\s@<>"(),:;\\]+@[^\s@<>"(),:;\\/?#]+$/.test(text);

/** Whether a text is where users can ask: an e-mail address, or a URL that carries no password. */
export const isContact = (text: string) => isEmail(text) || (isUrl(text) && !/^https?:\/\/[^/]*@/i.test(text));

/** The URL behind such a text. */
export const linkOf = (contact: string) =>
  isEmail(contact) ? `mailto:${encodeURIComponent(contact).replace('%40', '@')}` : new URL(contact).href;
