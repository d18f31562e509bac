import { Fault } from './fault.js';

/** A legacy call, whatever protocol it came in. */
export interface Call {
  /** As the caller wrote it; it need not exist. */
  readonly action: string;
  /** Every value of every parameter as sent; a nil one has an empty value. `action` itself is not among them. */
  readonly parameters: ReadonlyMap<string, readonly string[]>;
}

/** The characters that XML 1.0 cannot represent: https://www.w3.org/TR/xml/#charsets. */
export const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/**
 * The one value of a parameter; undefined where it is absent. Empty counts as absent, and a value repeated counts once.
 * Throws a `malformed` Fault for two different values and for characters that XML cannot represent.
 */
export function singleValue(parameters: ReadonlyMap<string, readonly string[]>, name: string): string | undefined {
  const values = new Set(parameters.get(name)?.filter((value) => value !== ''));
  if ([...values].some((value) => FORBIDDEN.test(value))) {
    throw new Fault('malformed', { explanation: `${name} has characters that XML cannot carry` });
  }
  if (values.size > 1) throw new Fault('malformed', { explanation: `two different values for ${name}` });
  return [...values][0];
}
