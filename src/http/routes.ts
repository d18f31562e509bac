import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import type { Pipeline } from '../bridge/pipeline.js';
import { httpErrors } from '../core/error-mapping.js';
import { Fault } from '../core/fault.js';
import type { Observer } from '../observability/observer.js';
import type { Protocol } from '../protocols/protocol.js';
import { readBody } from './body.js';
import { compileTrust, createAddressOf, createForwardedUrl, type TrustProxy } from './forwarded.js';
import type { AnswerMalformed } from './malformed.js';
import {
  emptyRequest,
  identify,
  normalizeTarget,
  queryOf,
  REQUEST_ID,
  requestIdOf,
  toLegacyRequest,
} from './request.js';
import { toRequestFault } from './request-errors.js';

export interface RequestHandlerParts {
  /** The first one answers at a path that belongs to none. */
  readonly protocols: readonly [Protocol, ...Protocol[]];
  readonly pipeline: Pipeline;
  /** Gives the WSDL of a style; `forwarded` is the URL of the bridge as a trusted proxy forwarded it. */
  readonly wsdl: (style: string, forwarded: string | undefined) => string;
  readonly bodyBytes: number;
  readonly trustProxy: TrustProxy;
  /** The pages below `/api/1.0/auth`. */
  readonly signIn: RequestHandler;
  /** The health routes of this listener. */
  readonly health: RequestHandler;
  readonly observer: Pick<Observer, 'defect'>;
}

export interface HttpHandlers {
  readonly handle: RequestListener;
  readonly answerMalformed: AnswerMalformed;
}

/** The routes of callers. Every reply but those of health, the WSDL and the sign-in page is the pipeline's. */
export function createRequestHandler(parts: RequestHandlerParts): HttpHandlers {
  const { protocols, pipeline, wsdl, bodyBytes, trustProxy, signIn, health, observer } = parts;
  const forwardedUrl = createForwardedUrl(trustProxy);
  const addressOf = createAddressOf(trustProxy);
  const app = express();
  app.set('trust proxy', compileTrust(trustProxy));
  app.disable('x-powered-by');
  app.disable('etag');

  const answer = async (
    protocol: Protocol,
    request: IncomingMessage,
    response: ServerResponse,
    { body, failure }: { readonly body?: Buffer; readonly failure?: Fault },
  ): Promise<void> => {
    const id = idOf(request, response);
    const incoming = { request: toLegacyRequest(request, body), id, address: addressOf(request), failure };
    const reply = await pipeline(protocol, incoming);
    response.writeHead(reply.status, { [REQUEST_ID]: id, ...reply.headers }).end(reply.body);
  };

  const perform = async (protocol: Protocol, request: IncomingMessage, response: ServerResponse): Promise<void> =>
    answer(protocol, request, response, { body: await readBody(request, bodyBytes) });

  const allowOnly =
    (protocol: Protocol): RequestHandler =>
    async (request, response, next) => {
      const { methods } = protocol;
      // HEAD is answered as GET, without the body.
      const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
      if (request.method !== 'OPTIONS' && allowed.includes(request.method)) return next();
      response.setHeader('Allow', allowed.join(', '));
      if (request.method === 'OPTIONS') return void response.writeHead(200, { 'Content-Length': 0 }).end();
      const explanation = `${request.method} is not for this path`;
      const failure = new Fault('malformed', { http: httpErrors.methodNotAllowed, explanation });
      await answer(protocol, request, response, { failure });
    };

  const notFound: RequestHandler = (request, response) => {
    const failure = new Fault('malformed', {
      http: httpErrors.notFound,
      explanation: 'nothing answers at this path',
    });
    return answer(protocolAt(protocols, request.path), request, response, { failure });
  };

  const answerError = (error: unknown, request: IncomingMessage, response: ServerResponse, path: string) =>
    answer(protocolAt(protocols, path), request, response, { failure: toRequestFault(error) }).catch(
      (defect: unknown) => lastResort(defect, request, response, path),
    );

  /** For a reply that could not be written; without it Express would show the error. */
  const lastResort = (error: unknown, request: IncomingMessage, response: ServerResponse, path: string): void => {
    observer.defect('a defect of the bridge', error);
    if (response.headersSent) return void response.destroy();
    const { status, mediaType, body } = protocolAt(protocols, path).internalError;
    const headers = {
      [REQUEST_ID]: idOf(request, response),
      'Content-Type': mediaType,
      'Cache-Control': 'no-store',
      'Content-Length': Buffer.byteLength(body),
    };
    response.writeHead(status, headers).end(body);
  };

  const handleError: ErrorRequestHandler = (error, request, response, _next) =>
    answerError(error, request, response, request.path);

  app.use(identify);
  app.use(health);
  app.get('/api/1.0/soap', (request, response, next) => {
    const style = /(?:^|&)(?:single)?wsdl(?:=([^&]*))?(?:&|$)/i.exec(queryOf(request));
    if (!style) return next();
    response
      .set('Cache-Control', 'no-store')
      .type('text/xml')
      .send(wsdl(style[1]?.toLowerCase() ?? '', forwardedUrl(request)));
  });
  app.use('/api/1.0/auth', signIn);
  for (const protocol of protocols) {
    app.all(protocol.path, allowOnly(protocol), (request, response) => perform(protocol, request, response));
  }
  // OPTIONS * asks for the methods of the server as a whole.
  app.options(/^\/\*$/, allowOnly(protocols[0]));
  app.use(notFound, handleError);

  const byPath = new Map(protocols.map((protocol) => [protocol.path, protocol]));

  return {
    handle: (request, response) => {
      // Before Express, whose routers rely on the URL that it parsed first.
      request.url = normalizeTarget(request.url ?? '');
      const [path = ''] = request.url.split('?', 1);
      const protocol = byPath.get(path);
      // What is surely a call does not pay for the routes of Express, which would lead to the same function.
      if (!protocol?.methods.includes(request.method ?? '')) return app(request, response);
      perform(protocol, request, response).catch((error: unknown) => answerError(error, request, response, path));
    },
    answerMalformed: async ({ start, contentType, address }, failure) => {
      const [target = ''] = /\/api\/[^\s?#]*/i.exec(start) ?? [];
      const id = randomUUID();
      const request = { ...emptyRequest, contentType };
      const reply = await pipeline(protocolAt(protocols, normalizeTarget(target)), { request, id, address, failure });
      return { ...reply, headers: { ...reply.headers, [REQUEST_ID]: id } };
    },
  };
}

/** The request id, which the routes of Express have set already. */
function idOf(request: IncomingMessage, response: ServerResponse): string {
  return response.getHeader(REQUEST_ID)?.toString() ?? requestIdOf(request);
}

/**
 * The protocol at this path or at a parent of it, compared by whole segments; the first protocol where there is none.
 */
function protocolAt(protocols: RequestHandlerParts['protocols'], path: string): Protocol {
  const isBelow = (protocol: Protocol) => `${path.toLowerCase()}/`.startsWith(`${protocol.path}/`);
  return protocols.find(isBelow) ?? protocols[0];
}
