import { Fault } from '../fault.js';
import { type Json, textOf } from '../json.js';

/**
 * The value of an Authorization header. A credential that no header can carry was never issued by anyone, so it is
 * refused without asking the modern API.
 */
export function authorization(scheme: string, credential: string): string {
  if (!/^[\x21-\x7e]+$/.test(credential)) throw new Fault('unauthenticated');
  return `${scheme} ${credential}`;
}

/** The modern API's own id; without one, the reply is not an account. */
export function nativeIdOf(value: Json | undefined): string {
  const id = textOf(value);
  if (id === undefined) throw new Fault('unavailable', { cause: new Error('reply without the id of an account') });
  return id;
}
