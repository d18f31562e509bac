import { cleaned } from '../shared/clean.js';

/** How long a text of the caller's may be. */
const MAX_LENGTH = 200;

/**
 * The path of a target without what may be a secret: its query, what follows the paths of the old API that take a ticket or
 * an auth_token, and whatever is long.
 */
export function maskedPath(target: string): string {
  const [path = ''] = target.split(/[?;&=#]/, 1);
  return cleaned(path.replace(SECRETS, '…'), MAX_LENGTH);
}

const SECRETS = /(?<=\/(?:auth|download|new_copy|overwrite|upload)\/)[^/]+|(?<=\/)[^/]{20,}/gi;
