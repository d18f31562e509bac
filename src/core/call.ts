import { Fault } from './fault.js';

/** The canonical form of a legacy call, independent of its protocol. */
export interface Call {
  /** As sent; need not be a known action. */
  readonly action: string;
  /** Every value of every parameter, as sent and in order, without `action`. A nil value is an empty string. */
  readonly parameters: ReadonlyMap<string, readonly string[]>;
}

/** A character that XML 1.0 cannot represent: https://www.w3.org/TR/xml/#charsets. */
export const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/**
 * The single value of a parameter; undefined where it is absent. An empty value counts as absent, a repeated one once.
 * Throws a `malformed` Fault for two different values and for a character that XML cannot represent.
 */
export function singleValue(parameters: ReadonlyMap<string, readonly string[]>, name: string): string | undefined {
  const values = new Set(parameters.get(name)?.filter((value) => value !== ''));
  if ([...values].some((value) => FORBIDDEN.test(value))) {
    throw new Fault('malformed', { explanation: `${name} has characters that XML cannot carry` });
  }
  if (values.size > 1) throw new Fault('malformed', { explanation: `two different values for ${name}` });
  return [...values][0];
}
