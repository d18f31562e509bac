import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import type { LegacyRequest } from '../protocols/protocol.js';

export const REQUEST_ID = 'X-Request-Id';

/** The request id: that of the request where it is well-formed, else a new one. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:@+/=-]{1,128}$/.test(given) ? given : randomUUID();
}

/** Sets the request id on the response. */
export const identify: RequestHandler = (request, response, next) => {
  response.setHeader(REQUEST_ID, requestIdOf(request));
  next();
};

/**
 * The path and query of a request target in the form of the routes: old clients double slashes, leave out the version,
 * escape what needs no escape (https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2.2) and send the fragment of the URL,
 * and clients of a proxy send the absolute form (https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2).
 */
export function normalizeTarget(target: string): string {
  if (PLAIN_TARGET.test(target)) return target;
  const [path = '', ...query] = target
    .replace(/#.*/s, '')
    .replace(/^[a-z]+:\/\/[^/?]*/i, '')
    .split('?');
  const absolutePath = path
    .replace(/%(?:2[DE]|3\d|[46][1-9A-F]|5[0-9AF]|7[0-9AE])/gi, decodeURIComponent)
    .replace(/^\/*|\/{2,}/g, '/')
    .replace(UNVERSIONED, '/api/1.0/$1');
  return [absolutePath, ...query].join('?');
}

/** A path of the old API without doubled slashes and escapes, with any query and no fragment. */
const PLAIN_TARGET = /^\/api\/1\.0(?:\/[^/?#%]+)+\/?(?:\?[^#]*)?$/;
/** The beginning of a path of the old API without its version. */
const UNVERSIONED = /^\/api\/(rest|xml|soap|auth)(?=\/|$)/i;

/** The request with its body; without one, that of a request that is not performed. */
export function toLegacyRequest(request: IncomingMessage, body: Buffer = NO_BYTES): LegacyRequest {
  const query = queryOf(request);
  return {
    // Node rejects a request target that is not ASCII.
    query: query === '' ? NO_BYTES : Buffer.from(query, 'latin1'),
    body,
    contentType: request.headers['content-type'] ?? '',
    userAgent: request.headers['user-agent'] ?? '',
  };
}

const NO_BYTES = Buffer.alloc(0);

/** A request with no content. */
export const emptyRequest: LegacyRequest = {
  query: NO_BYTES,
  body: NO_BYTES,
  contentType: '',
  userAgent: '',
};

/** The query of the URL without its question mark; empty where there is none. */
export function queryOf({ url = '' }: IncomingMessage): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start + 1);
}
