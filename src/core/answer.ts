import type { Reason } from './fault.js';

/** A number that neither the modern API nor the configuration knows. Each protocol has its own way to show it. */
export const unknownNumber = Symbol('unknown number');

/** Text (null: unknown), a whole number, a record in the order of its elements, or a list. */
export type Value = string | null | bigint | typeof unknownNumber | Fields | readonly Fields[];
export interface Fields {
  readonly [name: string]: Value;
}

export function isList(value: Fields | readonly Fields[]): value is readonly Fields[] {
  return Array.isArray(value);
}

/** The canonical reply to a call, before a protocol encodes it. Made by `error-mapping.ts` alone. */
export interface Answer {
  /** The action answered; undefined where no known action could be read. */
  readonly action: string | undefined;
  readonly status: string;
  /** Undefined on success. */
  readonly reason?: Reason;
  /** HTTP status of a failure of HTTP itself, such as 404 or 413, instead of the one of the reason. */
  readonly http?: number;
  /** For the reader of a SOAP fault. */
  readonly explanation?: string;
  /** Seconds. */
  readonly retryAfter?: number;
  /** The elements after the status, in order; on failure, at most the modern API's explanation. */
  readonly result: Fields;
}
