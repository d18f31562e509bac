import { Fault } from '../core/fault.js';
import { type Json, textOf } from '../shared/json.js';

/** What servers take of all headers together, mostly: 16 KiB or less. */
const LONGEST = 16_384;

/**
 * A credential as a header can carry it. One that no header can carry was never issued by anyone, so it is refused
 * without asking the modern API.
 */
export function headerText(credential: string): string {
  if (credential.length > LONGEST || !/^[\x21-\x7e]+$/.test(credential)) throw new Fault('unauthenticated');
  return credential;
}

/** The value of an Authorization header. */
export function authorization(scheme: string, credential: string): string {
  return `${scheme} ${headerText(credential)}`;
}

/** The modern API's own id; without one, the reply is not an account. */
export function nativeIdOf(value: Json | undefined): string {
  const id = textOf(value);
  if (id === undefined) throw new Fault('unavailable', { cause: new Error('reply without the id of an account') });
  return id;
}
