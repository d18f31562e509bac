import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { Arrival } from '../bridge/pipeline.js';
import type { Fault } from '../core/fault.js';
import type { LegacyRequest } from '../protocols/protocol.js';

export const REQUEST_ID = 'X-Request-Id';

/** Gives a request the name that it has in the log: the one that it comes with, or a new one. */
export const identify: RequestHandler = (request, response, next) => {
  const given = request.get(REQUEST_ID) ?? '';
  response.setHeader(REQUEST_ID, /^[\w.:@+/=-]{1,128}$/.test(given) ? given : randomUUID());
  next();
};

/**
 * The path and query that a request asks for, as the routes know them: old clients double slashes, and those behind a
 * proxy send whole URLs.
 */
export function plainTarget(target: string): string {
  const [path = '', ...query] = target.replace(/^[a-z]+:\/\/[^/?]*/i, '').split('?');
  return [path.replace(/^\/*|\/{2,}/g, '/'), ...query].join('?');
}

/** A request as far as it has been read. */
export function arrivalOf(request: Request, response: Response, failure: Fault | undefined): Arrival {
  return {
    request: {
      // As it came: Node takes no URL with other bytes than those of ASCII.
      query: Buffer.from(queryOf(request), 'latin1'),
      body: Buffer.isBuffer(request.body) ? request.body : emptyRequest.body,
      contentType: request.get('content-type') ?? '',
      userAgent: request.get('user-agent') ?? '',
    },
    id: String(response.getHeader(REQUEST_ID)),
    address: request.ip ?? '',
    failure,
  };
}

/** What is left of a request that was none. */
export const emptyRequest: LegacyRequest = {
  query: Buffer.alloc(0),
  body: Buffer.alloc(0),
  contentType: '',
  userAgent: '',
};

/** What stands behind the question mark of the URL. */
export function queryOf({ url }: Request): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start + 1);
}
