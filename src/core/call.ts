import { hasMessage, isKnown, statusWord } from './actions.js';
import { Fault, type Reason } from './fault.js';

/** A legacy call, whatever format it came in. */
export interface Call {
  /** As the caller wrote it; it need not exist. */
  readonly action: string;
  /** Every value of every parameter as sent; a nil one has an empty value. `action` itself is not among them. */
  readonly parameters: ReadonlyMap<string, readonly string[]>;
}

/** What XML 1.0 has no way to write: https://www.w3.org/TR/xml/#charsets. */
export const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/**
 * The one value of a parameter. Empty counts as not given, and the same value twice as once; two different ones are
 * `malformed`, as is what XML could not have carried.
 */
export function single(parameters: ReadonlyMap<string, readonly string[]>, name: string): string | undefined {
  const values = new Set(parameters.get(name)?.filter((value) => value !== ''));
  if ([...values].some((value) => FORBIDDEN.test(value))) {
    throw new Fault('malformed', { explanation: `${name} has characters that XML cannot carry` });
  }
  if (values.size > 1) throw new Fault('malformed', { explanation: `two different values for ${name}` });
  return [...values][0];
}

/** A number that neither the modern API nor the configuration knows. Each format has its own way to show it. */
export const unknownNumber = Symbol('unknown number');

/** Text (null: unknown), a whole number, a record in the order of its elements, or a list. */
export type Value = string | null | bigint | typeof unknownNumber | Fields | readonly Fields[];
export interface Fields {
  readonly [name: string]: Value;
}

export function isList(value: Fields | readonly Fields[]): value is readonly Fields[] {
  return Array.isArray(value);
}

/** What a call came to, before it is put into any format. */
export interface Answer {
  /** The action answered; undefined where no known action could be read. */
  readonly action: string | undefined;
  readonly status: string;
  /** Undefined on success. */
  readonly reason?: Reason;
  /** HTTP status where it is not the usual one of the reason. */
  readonly http?: number;
  /** For the person who reads a SOAP fault. */
  readonly explanation?: string;
  /** Seconds. */
  readonly retryAfter?: number;
  /** What follows the status, in order; on failure nothing but why a value was refused. */
  readonly result: Fields;
}

/** The answer to a call that went well. */
export function success(action: string, result: Fields): Answer {
  return { action, status: statusWord(action), result };
}

const RETRY_AFTER_SECONDS = 10;

/** The only place where a fault becomes a status word. `action` is what the caller asked for, as far as it could be read. */
export function refusal(fault: Fault, action = ''): Answer {
  const explained = (fault.reason === 'invalid' || fault.reason === 'conflict') && hasMessage(action);
  return {
    action: isKnown(action) ? action : undefined,
    status: statusWord(action, fault.reason, fault.about),
    reason: fault.reason,
    ...(fault.http !== undefined && { http: fault.http }),
    ...(fault.explanation !== undefined && { explanation: fault.explanation }),
    ...(fault.reason === 'unavailable' && { retryAfter: fault.retryAfter ?? RETRY_AFTER_SECONDS }),
    result: explained ? { message: fault.complaint ?? null } : {},
  };
}
