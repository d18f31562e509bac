import { codeOf, messageOf } from '../shared/errors.js';

/** Refuses a URL that PostgreSQL would be asked with for something else than its writer meant. */
export function checkUrl(url: string): void {
  if (isMisread(url)) throw new Error('the special characters of its password have to be percent-encoded');
}

/** Host and database, for the operator: of the URL of a store, what is no secret. */
export function nameOfPostgres(url: string): string {
  if (isMisread(url)) return 'in PostgreSQL';
  const { host, pathname, searchParams } = new URL(url);
  return `${decoded(searchParams.get('host') ?? host)}${decoded(pathname)}`;
}

/** What an error of PostgreSQL or of the network says, without the name of the user. */
export function messageWithoutUser(error: unknown): string {
  // Where a name has several addresses, and none answers, there is a code alone.
  const text = messageOf(error) || (codeOf(error) ?? 'no answer');
  return text.replace(/\b(user|role) "[^"]*"/g, 'its $1');
}

/**
 * Such as postgres://user:12/34@host/database, where the rest of the password would pass for the database's name, or
 * postgres://user:100%@host/database.
 */
function isMisread(url: string): boolean {
  const { pathname, search, hash } = new URL(url);
  return `${pathname}${search}${hash}`.includes('@') || /%(?![0-9a-f]{2})/i.test(url);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
