import type { IncomingMessage } from 'node:http';
import { httpErrors } from '../core/error-mapping.js';
import { Fault } from '../core/fault.js';

/**
 * Why the bytes of a request, or whom it is for, may be read otherwise by a proxy in front of the bridge; undefined where they
 * may not. Node.js has rejected what has both a length and chunks, or two lengths. No Host, or an empty one, is what old
 * clients send.
 */
export function framingFault({ headers, rawHeaders, httpVersion }: IncomingMessage): Fault | undefined {
  const coding = headers['transfer-encoding'];
  if (coding !== undefined) {
    // https://www.rfc-editor.org/rfc/rfc9112#section-6.1
    if (httpVersion === '1.0') return refused(httpErrors.badRequest, 'HTTP/1.0 has no Transfer-Encoding');
    if (coding.toLowerCase() !== 'chunked') return refused(httpErrors.notImplemented, 'only chunked is served');
  }
  // https://www.rfc-editor.org/rfc/rfc9112#section-3.2
  return hasTwoHosts(rawHeaders) ? refused(httpErrors.badRequest, 'more than one Host') : undefined;
}

/** Node.js gives the first of two, without a trace of the other. */
function hasTwoHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}

function refused(http: number, explanation: string): Fault {
  return new Fault('malformed', { http, explanation });
}
