import { codeOf, messageOf } from '../shared/errors.js';

/** Why a request that was given up after `timeoutMs` milliseconds, or failed before, had no reply: for the operator. */
export function whyNoAnswer(error: unknown, timeoutMs: number): string {
  if (codeOf(error) === 'ABORT_ERR') return `nothing in ${timeoutMs / 1000} seconds`;
  return codeOf(error) ?? messageOf(error);
}
