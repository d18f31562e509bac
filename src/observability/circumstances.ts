import { cleaned } from '../shared/clean.js';

/** Who made a call, and how. */
export interface ObservedCaller {
  readonly address: string;
  /** Those of its request; empty where none could be read. */
  readonly method: string;
  readonly target: string;
  readonly userAgent: string;
}

/** How long a text of the caller's may be in the log. */
const MAX_LENGTH = 200;

/** What the log tells of a call without success beside its outcome. */
export function circumstancesOf(
  { address, method, target, userAgent }: ObservedCaller,
  application: { readonly baseUrl: string } | undefined,
) {
  return {
    ...(method !== '' && { method }),
    ...(target !== '' && { path: pathOf(target) }),
    address,
    ...(userAgent !== '' && { user_agent: cleaned(userAgent, MAX_LENGTH) }),
    ...(application && { upstream_host: new URL(application.baseUrl).host }),
  };
}

/**
 * The path of a target without what may be a secret: its query, what follows the paths of the old API that take a ticket or
 * an auth_token, and whatever is long.
 */
function pathOf(target: string): string {
  const [path = ''] = target.split(/[?;&=#]/, 1);
  return cleaned(path.replace(SECRETS, '…'), MAX_LENGTH);
}

const SECRETS = /(?<=\/(?:auth|download|new_copy|overwrite|upload)\/)[^/]+|(?<=\/)[^/]{20,}/gi;
