import type { Response } from 'express';
import { pageStatusOf, retryAfterOf } from '../core/error-mapping.js';
import type { Fault } from '../core/fault.js';
import type { FailedTrial } from '../vault/trials.js';
import type { Pages } from './pages.js';

/** Has a response say when to try again, where its fault does. */
export function setRetryAfter(response: Response, fault: Fault): void {
  const retryAfter = retryAfterOf(fault);
  if (retryAfter !== undefined) response.set('Retry-After', `${retryAfter}`);
}

/**
 * The status of the page after a trial that failed, of the modern API of this title, and its text; none where the secret was
 * refused, of which each page has its own. Has the response say when to try again.
 */
export function replyToFailed(
  response: Response,
  { outcome, fault }: FailedTrial,
  { texts, title }: { readonly texts: Pages['texts']; readonly title: string },
): { readonly status: number; readonly text: string | undefined } {
  setRetryAfter(response, fault);
  if (outcome === 'refused') return { status: 200, text: undefined };
  return { status: pageStatusOf(fault), text: outcome === 'too many' ? texts.tooMany : texts.outage(title) };
}
