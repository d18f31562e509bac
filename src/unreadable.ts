import { types } from 'node:util';
import { codeOf } from './errors.js';
import { Fault, toFault } from './fault.js';

/** What Express or zlib throws for a request that is too large, broken off, or not packed as it says: as a fault. */
export function unreadable(error: unknown): Fault {
  const status = types.isNativeError(error) && 'status' in error ? error.status : undefined;
  if (status === 413 || codeOf(error) === 'ERR_BUFFER_TOO_LARGE') {
    return new Fault('malformed', { http: 413, explanation: 'the request is too large', cause: error });
  }
  if (status === 415) {
    return new Fault('malformed', { http: 415, explanation: 'the request has an unknown encoding', cause: error });
  }
  if (status === 400 || codeOf(error)?.startsWith('Z_')) {
    return new Fault('malformed', { explanation: 'the request cannot be read', cause: error });
  }
  return toFault(error);
}
