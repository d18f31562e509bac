import { types } from 'node:util';
import { Fault, toFault } from '../core/fault.js';
import { codeOf } from '../shared/errors.js';

/** As a fault, what Express throws for a path that cannot be read, and zlib for a body that is too large or not packed. */
export function toRequestFault(error: unknown): Fault {
  const status = types.isNativeError(error) && 'status' in error ? error.status : undefined;
  if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') {
    return new Fault('malformed', { http: 413, explanation: 'the request is too large', cause: error });
  }
  if (status === 400 || codeOf(error)?.startsWith('Z_')) {
    return new Fault('malformed', { explanation: 'the request cannot be read', cause: error });
  }
  return toFault(error);
}
