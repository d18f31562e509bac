import type { Reason } from '../core/fault.js';
import { isObject, type Json } from '../shared/json.js';
import type { UpstreamHeaders } from './retry-after.js';

/** The reason of an error reply; `invalid email` is `invalid` about the e-mail address. */
export type UpstreamReason = Reason | 'invalid email';

/** One row of a table: the refusals that it is about, and what they mean. The first row that fits decides. */
export interface Refusal {
  /** Any status unless given. */
  readonly status?: readonly number[];
  /** Those of `read`s, of `write`s, or of the requests with such an `operation`; those of any request unless given. */
  readonly of?: readonly string[];
  /** Whether the body says this; any reply does, even one that is no JSON, unless given. */
  readonly body?: (body: Json) => boolean;
  readonly reason: UpstreamReason;
  /**
   * Whose word counts: that of the modern API alone, which its body shows; or that of `anyone` on the way to it, where
   * the same request would be refused for ever.
   */
  readonly by?: 'anyone';
}

/**
 * The common table, below that of each provider; what has no row is `unavailable`. A read sends no values, so none of
 * them can be wrong.
 */
export const commonRefusals: readonly Refusal[] = [
  { status: [400, 422], of: ['write'], reason: 'invalid' },
  { status: [401], reason: 'unauthenticated' },
  { status: [403], reason: 'restricted' },
  { status: [404], reason: 'missing' },
  { status: [405, 406, 410, 415, 501], reason: 'restricted', by: 'anyone' },
  { status: [409], of: ['write'], reason: 'conflict' },
  // The credential is the only header of variable length.
  { status: [431], reason: 'unauthenticated', by: 'anyone' },
];

/** A reply that is no success. */
interface Refused {
  readonly status: number;
  readonly isRead: boolean;
  readonly operation: string | undefined;
  /** Whether it has the shape in which the modern API refuses. */
  readonly isOwnWord: boolean;
  /** Undefined where it is no JSON. */
  readonly body: Json | undefined;
}

/** The row that decides what a reply means: the provider's first that fits, else the common one; undefined without one. */
export function findRefusal(own: readonly Refusal[], refused: Refused): Refusal | undefined {
  const isAbout = (row: Refusal) => fits(row, refused);
  return own.find(isAbout) ?? commonRefusals.find(isAbout);
}

function fits({ status, of, body: says, by }: Refusal, refused: Refused): boolean {
  const { isOwnWord, body, operation = '' } = refused;
  return (
    (isOwnWord || by === 'anyone') &&
    (status?.includes(refused.status) ?? true) &&
    (of === undefined || of.includes(refused.isRead ? 'read' : 'write') || of.includes(operation)) &&
    (says === undefined || (body !== undefined && says(body)))
  );
}

/**
 * Whether a reply that is no success has the shape in which a modern API refuses; any other is a proxy's, a firewall's or
 * a starting server's. `body` is undefined where `text` is no JSON.
 */
export type IsRefusal = (body: Json | undefined, text: string, headers: UpstreamHeaders) => boolean;

/** The shape where an API documents none. */
export const isObjectRefusal: IsRefusal = (body) => isObject(body);
