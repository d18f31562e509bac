import { isIP } from 'node:net';
import { z } from 'zod';

/** Words for a value that is wrong or not there; `what` says what to write. */
export const expected = (what: string) => ({
  error: ({ input }: { input?: unknown }) => (input === undefined ? `is missing; write ${what}` : `must be ${what}`),
});

export const pattern = (what: string, test: (text: string) => boolean) =>
  z.string(expected(what)).refine(test, expected(what));

const words = 'a text that is not empty, in quotes if it looks like a number';
export const text = z.string(expected(words)).min(1, expected(words));

export const integerBetween = (least: bigint, most: bigint) =>
  z.custom<number | bigint>(
    (value) =>
      (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) &&
      value >= least &&
      value <= most,
    expected(`an integer from ${least} to ${most}`),
  );
export const integer = (least: bigint, most: bigint, fallback: number) =>
  integerBetween(least, most).default(fallback).transform(Number);
export const port = (fallback: number) => integer(0n, 65535n, fallback);
export const limit = (fallback: number) => integer(1n, 2n ** 31n - 1n, fallback);
export const bytes = integerBetween(0n, 2n ** 63n - 1n)
  .transform(BigInt)
  .optional();

export const oneOf = <const T extends readonly string[]>(...choices: T) =>
  z.enum(choices, expected(choices.join(' or ')));

export const strictObject = <T extends z.core.$ZodLooseShape>(shape: T) => {
  const keys = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: ({ code, input }) =>
      code === 'unrecognized_keys'
        ? `the keys allowed here are ${keys}`
        : `${input === null ? 'is empty; write' : 'must be'} a block with keys out of ${keys}`,
  });
};

export const withoutSlash = (url: string) => url.replace(/\/+$/, '');
export const isUrl = (url: string) => /^https?:\/\/[^\s/]\S*$/i.test(url) && URL.canParse(url);
export const isBaseUrl = (url: string) => isUrl(url) && /^[^?#]*$/.test(url) && !/^https?:\/\/[^/]*@/i.test(url);
export const baseUrl = 'an http or https URL without query, fragment, user or password';

export function isNetwork(address: string): boolean {
  const [host = '', prefix, ...rest] = address.split('/');
  const bits = isIP(host) === 4 ? 32 : 128;
  return (
    isIP(host) > 0 &&
    rest.length === 0 &&
    (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))
  );
}
