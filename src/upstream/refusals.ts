import type { Reason } from '../core/fault.js';
import { isObject, type Json } from '../shared/json.js';

interface Refusal {
  /** The reason where a read is refused. It sends no values, so none of them can be wrong. */
  readonly read: Reason;
  /** The reason where a write is refused. */
  readonly write: Reason;
  /**
   * Whose word counts: that of the modern API alone, which its body shows; or that of anyone on the way to it, where the
   * same request would be refused for ever.
   */
  readonly by: 'api' | 'anyone';
}

/** The common table from a status to its reason; any other status is `unavailable`. */
export const refusals: Readonly<Record<number, Refusal>> = {
  400: { read: 'unavailable', write: 'invalid', by: 'api' },
  401: { read: 'unauthenticated', write: 'unauthenticated', by: 'api' },
  403: { read: 'restricted', write: 'restricted', by: 'api' },
  404: { read: 'missing', write: 'missing', by: 'api' },
  405: { read: 'restricted', write: 'restricted', by: 'anyone' },
  406: { read: 'restricted', write: 'restricted', by: 'anyone' },
  409: { read: 'unavailable', write: 'conflict', by: 'api' },
  410: { read: 'restricted', write: 'restricted', by: 'anyone' },
  415: { read: 'restricted', write: 'restricted', by: 'anyone' },
  422: { read: 'unavailable', write: 'invalid', by: 'api' },
  // The credential is the only header of variable length.
  431: { read: 'unauthenticated', write: 'unauthenticated', by: 'anyone' },
  501: { read: 'restricted', write: 'restricted', by: 'anyone' },
};

/**
 * Whether a reply that is no success has the shape in which a modern API refuses; any other is a proxy's, a firewall's or
 * a starting server's. `body` is undefined where `text` is no JSON.
 */
export type IsRefusal = (body: Json | undefined, text: string) => boolean;

/** The shape where an API documents none. */
export const isObjectRefusal: IsRefusal = (body) => isObject(body);
