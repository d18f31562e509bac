import { randomInt } from 'node:crypto';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const LENGTH = 32;

/** A ticket or an auth_token in the form of the old service: 32 random characters of `[a-z0-9]`. */
export function randomToken(): string {
  return Array.from({ length: LENGTH }, () => LETTERS.charAt(randomInt(LETTERS.length))).join('');
}
