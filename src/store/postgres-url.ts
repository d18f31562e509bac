import { codeOf, messageOf } from '../shared/errors.js';

/** Throws an Error where a URL would be parsed differently from what the operator meant. */
export function checkUrl(url: string): void {
  if (isUnencoded(url)) throw new Error('the special characters of its password have to be percent-encoded');
}

/** Host and database of a store's URL, for the operator: the parts that are no secret. */
export function nameOfPostgres(url: string): string {
  if (isUnencoded(url)) return 'in PostgreSQL';
  const { host, pathname, searchParams } = new URL(url);
  return `${decodeLeniently(searchParams.get('host') ?? host)}${decodeLeniently(pathname)}`;
}

/** The message of an error of PostgreSQL or the network, without the name of the user. */
export function messageWithoutUser(error: unknown): string {
  // An AggregateError of several addresses that do not answer has a code, but no message.
  const text = messageOf(error) || (codeOf(error) ?? 'no answer');
  return text.replace(/\b(user|role) "[^"]*"/g, 'its $1');
}

/**
 * Whether special characters of the password are not encoded: postgres://user:12/34@host/database, where the rest of the
 * password would become part of the path, or postgres://user:100%@host/database.
 */
function isUnencoded(url: string): boolean {
  const { pathname, search, hash } = new URL(url);
  return `${pathname}${search}${hash}`.includes('@') || /%(?![0-9a-f]{2})/i.test(url);
}

function decodeLeniently(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
