import type { Reason } from './fault.js';

/** A number that neither the modern API nor the configuration gives. Each protocol encodes it in its own way. */
export const unknownNumber = Symbol('unknown number');

/** Text (null where it is unknown), an integer, a record in the order of its elements, or a list of records. */
export type Value = string | null | bigint | typeof unknownNumber | Fields | readonly Fields[];
export interface Fields {
  readonly [name: string]: Value;
}

export function isList(value: Fields | readonly Fields[]): value is readonly Fields[] {
  return Array.isArray(value);
}

/** The canonical reply to a call, before a protocol encodes it. Only `error-mapping.ts` makes one. */
export interface Answer {
  /** Undefined where no known action was decoded. */
  readonly action: string | undefined;
  /** The status word. */
  readonly status: string;
  /** Undefined on success. */
  readonly reason?: Reason;
  /** HTTP status of a failure in HTTP itself, such as 404 or 413; overrides that of the reason. */
  readonly http?: number;
  /** Plain text for a SOAP fault; holds no secret, host name or path. */
  readonly explanation?: string;
  /** Seconds for `Retry-After`. */
  readonly retryAfter?: number;
  /** The elements after the status, in order; on failure at most the modern API's message. */
  readonly result: Fields;
}
