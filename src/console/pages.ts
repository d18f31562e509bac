import type { Response } from 'express';
import { httpErrors } from '../core/error-mapping.js';
import { version } from '../shared/version.js';
import { MAX_CALLS } from './calls.js';
import { render } from './views.js';

/** Where the pages are, on the admin listener. */
export const CONSOLE_PATH = '/console';

/**
 * The headers of every reply of the console. The pages load what this listener serves, and nothing else; they are not
 * framed, not cached, and name themselves to nobody. `same-origin` lets a browser say from which site a form came.
 */
export const pageHeaders = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** Sends the page of a template, which gets `data` and the version. */
export function sendPage(
  response: Response,
  template: string,
  data: { readonly title: string; readonly [name: string]: unknown },
): void {
  response.type('html').send(renderPart(template, { version, ...data }));
}

/** The HTML of a template, which gets `data` and the base of the links. */
export function renderPart(template: string, data: object): string {
  return render(template, { base: CONSOLE_PATH, ...data });
}

export function sendNotFound(response: Response): void {
  response.status(httpErrors.notFound);
  sendPage(response, 'message', {
    title: 'Not here',
    text: `There is nothing at this address. A call is kept until ${MAX_CALLS} others have come, or the bridge starts again.`,
  });
}
