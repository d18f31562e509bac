import { types } from 'node:util';
import { Fault, toFault } from './fault.js';

/** What Express throws for a request that is too large, packed in an unknown way, or not what it says: as a fault. */
export function unreadable(error: unknown): Fault {
  const status = types.isNativeError(error) && 'status' in error ? error.status : undefined;
  switch (status) {
    case 400:
      return new Fault('malformed', { explanation: 'the request cannot be read', cause: error });
    case 413:
      return new Fault('malformed', { http: 413, explanation: 'the request is too large', cause: error });
    case 415:
      return new Fault('malformed', { http: 415, explanation: 'the request has an unknown encoding', cause: error });
    default:
      return toFault(error);
  }
}
