import type { Exchange } from '../core/exchange.js';
import { cleaned } from '../shared/clean.js';
import { maskedPath } from './masked-path.js';

/** How long a text of the caller's may be in the log. */
const MAX_LENGTH = 200;

type Circumstances = Pick<Exchange, 'address' | 'userAgent' | 'request' | 'application'>;

/** What the log tells of a call without success beside its outcome. */
export function circumstancesOf({ address, userAgent, request: { method, target }, application }: Circumstances) {
  return {
    ...(method !== '' && { method }),
    ...(target !== '' && { path: maskedPath(target) }),
    address,
    ...(userAgent !== '' && { user_agent: cleaned(userAgent, MAX_LENGTH) }),
    ...(application && { upstream_host: new URL(application.baseUrl).host }),
  };
}
