import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Pipeline } from '../bridge/pipeline.js';
import type { Fault } from '../core/fault.js';
import type { Observer } from '../observability/observer.js';
import type { Protocol } from '../protocols/protocol.js';
import { readBody } from './body.js';
import { createAddressOf, detectProxy, type TrustProxy } from './forwarded.js';
import { framingFault } from './framing.js';
import type { AnswerMalformed } from './malformed.js';
import { emptyRequest, normalizeTarget, REQUEST_ID, requestIdOf, toLegacyRequest } from './request.js';
import { toRequestFault } from './request-errors.js';

/** What becomes of a request, by whichever door it came in. */
export interface RequestActions {
  /** Reads and performs a call; rejects where it cannot be read. */
  readonly perform: (protocol: Protocol, request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Answers with a Fault, in the format of the protocol. */
  readonly reject: (
    protocol: Protocol,
    request: IncomingMessage,
    response: ServerResponse,
    failure: Fault,
  ) => Promise<void>;
  /** Answers an error of the request for this path. Never rejects. */
  readonly answerError: (
    error: unknown,
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
  ) => Promise<void>;
  /** The protocol at this path or at a parent of it, compared by whole segments; the first one where there is none. */
  readonly protocolAt: (path: string) => Protocol;
}

export interface RequestHandlerParts {
  /** The first one answers at a path that belongs to none. */
  readonly protocols: readonly [Protocol, ...Protocol[]];
  readonly pipeline: Pipeline;
  readonly bodyBytes: number;
  readonly trustProxy: TrustProxy;
  /** Loads the routes, once, for the first request that is not surely a call. */
  readonly loadRoutes: (actions: RequestActions) => Promise<RequestListener>;
  readonly observer: Pick<Observer, 'defect' | 'untrustedProxies'>;
}

export interface HttpHandlers {
  readonly handle: RequestListener;
  readonly answerMalformed: AnswerMalformed;
}

/** Answers callers. Every reply but those of health, the WSDL and the sign-in page is the pipeline's. */
export function createRequestHandler(parts: RequestHandlerParts): HttpHandlers {
  const { protocols, pipeline, bodyBytes, trustProxy, loadRoutes, observer } = parts;
  const addressOf = createAddressOf(trustProxy, detectProxy(observer.untrustedProxies));

  const protocolAt = (path: string): Protocol => {
    const isBelow = (protocol: Protocol) => `${path.toLowerCase()}/`.startsWith(`${protocol.path}/`);
    return protocols.find(isBelow) ?? protocols[0];
  };

  const answer = async (
    protocol: Protocol,
    request: IncomingMessage,
    response: ServerResponse,
    { body, failure }: { readonly body?: Buffer; readonly failure?: Fault },
  ): Promise<void> => {
    const id = idOf(request, response);
    const { method = '', url: target = '', rawHeaders: headers } = request;
    const address = addressOf(request);
    const incoming = { request: toLegacyRequest(request, body), id, address, method, target, headers, failure };
    const reply = await pipeline(protocol, incoming);
    // All requests that have arrived are performed before the replies are written: a reader that is woken by the first
    // of them finds the others too, and each write costs half as much.
    await endOfTurn();
    response.writeHead(reply.status, { [REQUEST_ID]: id, ...reply.headers }).end(reply.body);
  };

  const perform: RequestActions['perform'] = async (protocol, request, response) =>
    answer(protocol, request, response, { body: await readBody(request, bodyBytes) });

  const reject: RequestActions['reject'] = (protocol, request, response, failure) =>
    answer(protocol, request, response, { failure });

  const answerError: RequestActions['answerError'] = (error, request, response, path) =>
    reject(protocolAt(path), request, response, toRequestFault(error)).catch((defect: unknown) =>
      lastResort(defect, request, response, path),
    );

  /** For a reply that could not be written; without it Express would show the error. */
  const lastResort = (error: unknown, request: IncomingMessage, response: ServerResponse, path: string): void => {
    observer.defect('a defect of the bridge', error);
    if (response.headersSent) return void response.destroy();
    const { status, mediaType, body } = protocolAt(path).internalError;
    const headers = {
      [REQUEST_ID]: idOf(request, response),
      'Content-Type': mediaType,
      'Cache-Control': 'no-store',
      'Content-Length': Buffer.byteLength(body),
    };
    response.writeHead(status, headers).end(body);
  };

  const byPath = new Map(protocols.map((protocol) => [protocol.path, protocol]));
  let routes: Promise<RequestListener> | undefined;

  return {
    handle: (request, response) => {
      // Before Express, whose routers rely on the URL that it parsed first.
      request.url = normalizeTarget(request.url ?? '');
      const [path = ''] = request.url.split('?', 1);
      const protocol = byPath.get(path);
      const failed = (error: unknown) => answerError(error, request, response, path);
      const wrong = framingFault(request);
      if (wrong) {
        // Where the next request begins is not sure.
        response.shouldKeepAlive = false;
        // The rest is read and dropped: a client that is still sending does not read the reply.
        return void request.once('end', () => void failed(wrong)).resume();
      }
      // What is surely a call does not pay for the routes of Express, which would lead to the same function.
      if (protocol?.methods.includes(request.method ?? ''))
        return void perform(protocol, request, response).catch(failed);
      routes ??= loadRoutes({ perform, reject, answerError, protocolAt });
      routes.then((route) => route(request, response)).catch(failed);
    },
    answerMalformed: async ({ start, contentType, address }, failure) => {
      const [path = ''] = /\/api\/[^\s?#]*/i.exec(start) ?? [];
      const target = path && normalizeTarget(path);
      const [, method = ''] = /^([A-Z]{3,10}) /.exec(start) ?? [];
      const id = randomUUID();
      const request = { ...emptyRequest, contentType };
      const incoming = { request, id, address, method, target, headers: [], failure };
      const reply = await pipeline(protocolAt(target), incoming);
      return { ...reply, headers: { ...reply.headers, [REQUEST_ID]: id } };
    },
  };
}

/** The request id, which the routes of Express have set already. */
function idOf(request: IncomingMessage, response: ServerResponse): string {
  return response.getHeader(REQUEST_ID)?.toString() ?? requestIdOf(request);
}
