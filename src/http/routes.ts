import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import type { Pipeline } from '../bridge/pipeline.js';
import { httpErrors } from '../core/error-mapping.js';
import { Fault } from '../core/fault.js';
import type { Observer } from '../observability/observer.js';
import type { Protocol } from '../protocols/protocol.js';
import { readBody } from './body.js';
import { compileTrust, createForwardedUrl, type TrustProxy } from './forwarded.js';
import type { AnswerMalformed } from './malformed.js';
import { emptyRequest, identify, normalizeTarget, queryOf, REQUEST_ID, toIncomingCall } from './request.js';
import { toRequestFault } from './request-errors.js';

export interface RequestHandlerParts {
  /** The first one answers where a path names none. */
  readonly protocols: readonly [Protocol, ...Protocol[]];
  readonly pipeline: Pipeline;
  /** The WSDL of a style; the URL is what a trusted proxy says of where the bridge is. */
  readonly wsdl: (style: string, forwarded: string | undefined) => string;
  readonly bodyBytes: number;
  readonly trustProxy: TrustProxy;
  /** The pages below `/api/1.0/auth`. */
  readonly signIn: RequestHandler;
  /** Health, readiness and metrics, as far as this listener has them. */
  readonly health: RequestHandler;
  readonly observer: Pick<Observer, 'defect'>;
}

export interface HttpHandlers {
  readonly handle: RequestListener;
  readonly answerMalformed: AnswerMalformed;
}

/** The routes of callers. All replies but those of health, the WSDL and the page are the pipeline's. */
export function createRequestHandler(parts: RequestHandlerParts): HttpHandlers {
  const { protocols, pipeline, wsdl, bodyBytes, trustProxy, signIn, health, observer } = parts;
  const forwardedUrl = createForwardedUrl(trustProxy);
  const app = express();
  app.set('trust proxy', compileTrust(trustProxy));
  app.disable('x-powered-by');
  app.disable('etag');

  const replyIn =
    (protocol: Protocol) =>
    async (...incoming: Parameters<typeof toIncomingCall>) => {
      const [, response] = incoming;
      const { status, headers, body } = await pipeline(protocol, toIncomingCall(...incoming));
      response.writeHead(status, { ...headers, 'Content-Length': body.length }).end(body);
    };

  const allowOnly =
    (protocol: Protocol): RequestHandler =>
    async (request, response, next) => {
      const { methods } = protocol;
      // A reply to HEAD is that to GET without its body.
      const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
      if (request.method !== 'OPTIONS' && allowed.includes(request.method)) return next();
      response.setHeader('Allow', allowed.join(', '));
      if (request.method === 'OPTIONS') return void response.writeHead(200, { 'Content-Length': 0 }).end();
      const explanation = `${request.method} is not for this path`;
      const failure = new Fault('malformed', { http: httpErrors.methodNotAllowed, explanation });
      await replyIn(protocol)(request, response, { failure });
    };

  const perform =
    (protocol: Protocol): RequestHandler =>
    async (request, response) =>
      replyIn(protocol)(request, response, { body: await readBody(request, bodyBytes) });

  const notFound: RequestHandler = (request, response) => {
    const failure = new Fault('malformed', {
      http: httpErrors.notFound,
      explanation: 'nothing answers at this path',
    });
    return replyIn(protocolAt(protocols, request.path))(request, response, { failure });
  };

  const failed: ErrorRequestHandler = (error, request, response, _next) =>
    replyIn(protocolAt(protocols, request.path))(request, response, { failure: toRequestFault(error) });

  /** For a reply that could not be written; without it Express would show the error. */
  const lastResort: ErrorRequestHandler = (error, request, response, _next) => {
    observer.defect('a defect of the bridge', error);
    if (response.headersSent) return void response.destroy();
    const { status, mediaType, body } = protocolAt(protocols, request.path).internalError;
    const headers = {
      'Content-Type': mediaType,
      'Cache-Control': 'no-store',
      'Content-Length': Buffer.byteLength(body),
    };
    response.writeHead(status, headers).end(body);
  };

  app.use(identify);
  app.use(health);
  app.get('/api/1.0/soap', (request, response, next) => {
    const style = /^wsdl(?:=(\w*))?(?:&|$)/i.exec(queryOf(request));
    if (!style) return next();
    response
      .set('Cache-Control', 'no-store')
      .type('text/xml')
      .send(wsdl(style[1]?.toLowerCase() ?? '', forwardedUrl(request)));
  });
  app.use('/api/1.0/auth', signIn);
  for (const protocol of protocols) app.all(protocol.path, allowOnly(protocol), perform(protocol));
  // The methods of the server as a whole: OPTIONS *.
  app.options(/^\/\*$/, allowOnly(protocols[0]));
  app.use(notFound, failed, lastResort);

  return {
    handle: (request, response) => {
      // Before Express, which parses an absolute URL once and lets its routers rely on that.
      request.url = normalizeTarget(request.url ?? '');
      app(request, response);
    },
    answerMalformed: async ({ start, contentType, address }, failure) => {
      const [path = ''] = /\/api\/1\.0\/[^\s/?#]*/i.exec(start.replace(/\/{2,}/g, '/')) ?? [];
      const id = randomUUID();
      const request = { ...emptyRequest, contentType };
      const reply = await pipeline(protocolAt(protocols, path), { request, id, address, failure });
      return { ...reply, headers: { ...reply.headers, [REQUEST_ID]: id } };
    },
  };
}

/** The protocol whose path is this one or a parent of it, by whole segments; the first one where there is none. */
function protocolAt(protocols: RequestHandlerParts['protocols'], path: string): Protocol {
  const isBelow = (protocol: Protocol) => `${path.toLowerCase()}/`.startsWith(`${protocol.path}/`);
  return protocols.find(isBelow) ?? protocols[0];
}
