import type { UpstreamReply } from '../core/exchange.js';
import { Fault } from '../core/fault.js';
import { codeOf, messageOf } from '../shared/errors.js';
import type { CountedOutage } from './outage-count.js';
import { wordsFor } from './outage-words.js';
import { TIMED_OUT } from './transport.js';

/** Told the outcome of an attempt, and the reply where there was one. */
export type Report = (outcome: number | string, reply?: UpstreamReply) => void;

/** What a request without a readable reply is reported as, and the fault of it. */
export function outageOf(error: unknown, report: Report): { readonly outcome: string; readonly fault: Fault } {
  const code = codeOf(error);
  const outcome = code === TIMED_OUT ? 'timeout' : (code ?? 'no readable reply');
  report(outcome);
  // A new error with the code or message alone: the original may hold the request with its credential.
  const isCodeEnough = code !== undefined && !code.startsWith('UND_');
  const cause = new Error(isCodeEnough ? wordsFor(outcome) : messageOf(error));
  return { outcome, fault: new Fault('unavailable', { cause }) };
}

/** The kind of an outage without a reply that can be read. */
export function kindOf(outcome: string): CountedOutage['kind'] {
  if (outcome === 'timeout') return 'silent';
  return /^(HPE_|Z_|ERR_BUFFER_TOO_LARGE$|no readable reply$)/.test(outcome) ? 'reply' : 'unreached';
}

/** Whether an error code of Node.js or undici says that a connection was not established or broke. */
export function isConnectionError(code: string): boolean {
  return /^(E(CONN|AI_AGAIN|NOTFOUND|HOST|NET|PIPE|TIMEDOUT)|UND_ERR_(CONNECT_TIMEOUT|SOCKET)$)/.test(code);
}
