import { types } from 'node:util';
import { httpErrors } from '../core/error-mapping.js';
import { Fault, toFault } from '../core/fault.js';
import { codeOf } from '../shared/errors.js';

/**
 * The Fault for an error of the request: Express throws one for a path that cannot be decoded, zlib for a body that is
 * too large or not compressed as declared. Any other error is a defect.
 */
export function toRequestFault(error: unknown): Fault {
  const status = types.isNativeError(error) && 'status' in error ? error.status : undefined;
  if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') {
    return new Fault('malformed', {
      http: httpErrors.contentTooLarge,
      explanation: 'the request is too large',
      cause: error,
    });
  }
  if (status === httpErrors.badRequest || codeOf(error)?.startsWith('Z_')) {
    return new Fault('malformed', { explanation: 'the request cannot be read', cause: error });
  }
  return toFault(error);
}
