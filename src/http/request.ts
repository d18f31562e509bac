import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { IncomingCall } from '../bridge/pipeline.js';
import type { Fault } from '../core/fault.js';
import type { LegacyRequest } from '../protocols/protocol.js';

export const REQUEST_ID = 'X-Request-Id';

/** Sets the request id on the response: that of the request where it is well-formed, else a new one. */
export const identify: RequestHandler = (request, response, next) => {
  const given = request.get(REQUEST_ID) ?? '';
  response.setHeader(REQUEST_ID, /^[\w.:@+/=-]{1,128}$/.test(given) ? given : randomUUID());
  next();
};

/**
 * The path and query of a request target in the form of the routes: old clients double slashes, and clients of a proxy
 * send the absolute form (https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2).
 */
export function normalizeTarget(target: string): string {
  const [path = '', ...query] = target.replace(/^[a-z]+:\/\/[^/?]*/i, '').split('?');
  return [path.replace(/^\/*|\/{2,}/g, '/'), ...query].join('?');
}

/** The request with its body, or with the failure that keeps it from being performed. */
export function toIncomingCall(
  request: Request,
  response: Response,
  { body = emptyRequest.body, failure }: { readonly body?: Buffer; readonly failure?: Fault },
): IncomingCall {
  return {
    request: {
      // Node rejects a request target that is not ASCII.
      query: Buffer.from(queryOf(request), 'latin1'),
      body,
      contentType: request.get('content-type') ?? '',
      userAgent: request.get('user-agent') ?? '',
    },
    id: String(response.getHeader(REQUEST_ID)),
    address: request.ip ?? '',
    failure,
  };
}

/** A request with no content. */
export const emptyRequest: LegacyRequest = {
  query: Buffer.alloc(0),
  body: Buffer.alloc(0),
  contentType: '',
  userAgent: '',
};

/** The query of the URL without its question mark; empty where there is none. */
export function queryOf({ url }: Request): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start + 1);
}
