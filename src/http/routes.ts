import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express';
import type { Pipeline } from '../bridge/pipeline.js';
import { Fault } from '../core/fault.js';
import type { Protocol } from '../protocols/protocol.js';
import { readBody } from './body.js';
import { forwardedUrl } from './forwarded.js';
import type { Refuse } from './malformed.js';
import { arrivalOf, emptyRequest, identify, plainTarget, queryOf, REQUEST_ID } from './request.js';
import { unreadable } from './request-errors.js';

export interface ServerParts {
  /** The first one answers where a path tells no format. */
  readonly protocols: readonly [Protocol, ...Protocol[]];
  readonly pipeline: Pipeline;
  /** The WSDL of a style; the URL is what a trusted proxy says of where the bridge is. */
  readonly wsdl: (style: string, forwarded: string | undefined) => string;
  readonly bodyBytes: number;
  /** Whose word on the caller, and on the address it called, counts: nobody's, everybody's, or that of these proxies. */
  readonly trustProxy: boolean | readonly string[];
  /** The pages below `/api/1.0/auth`. */
  readonly signIn: RequestHandler;
  /** What operators ask, as far as it is answered here. */
  readonly operations: RequestHandler;
}

/** The HTTP face. All replies but those of the probes, the WSDL and the page are the pipeline's. */
export interface Face {
  readonly handle: RequestListener;
  /** Answers what never became an HTTP request. */
  readonly refuse: Refuse;
}

export function createFace(parts: ServerParts): Face {
  const { protocols, pipeline, wsdl, bodyBytes, trustProxy, signIn, operations } = parts;
  const app = express();
  app.set('trust proxy', trustProxy);
  app.disable('x-powered-by');
  app.disable('etag');

  const protocolAt = (path: string) =>
    protocols.find((protocol) => path.toLowerCase().startsWith(protocol.path)) ?? protocols[0];

  const reply = async (request: Request, response: Response, failure?: Fault) => {
    const { status, headers, body } = await pipeline(protocolAt(request.path), arrivalOf(request, response, failure));
    response.writeHead(status, { ...headers, 'Content-Length': body.length }).end(body);
  };

  const onlyItsMethods: RequestHandler = async (request, response, next) => {
    const { methods } = protocolAt(request.path);
    // A reply to HEAD is that to GET without its body.
    const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
    if (request.method !== 'OPTIONS' && allowed.includes(request.method)) return next();
    response.setHeader('Allow', allowed.join(', '));
    if (request.method === 'OPTIONS') return void response.writeHead(200, { 'Content-Length': 0 }).end();
    const explanation = `${request.method} is not for this path`;
    await reply(request, response, new Fault('malformed', { http: 405, explanation }));
  };

  const perform: RequestHandler = async (request, response) => {
    request.body = await readBody(request, bodyBytes);
    await reply(request, response);
  };

  const notFound: RequestHandler = (request, response) =>
    reply(request, response, new Fault('malformed', { http: 404, explanation: 'nothing answers at this path' }));

  const failed: ErrorRequestHandler = (error, request, response, _next) => reply(request, response, unreadable(error));

  app.use(identify);
  app.use(operations);
  app.get('/api/1.0/soap', (request, response, next) => {
    const style = /^wsdl(?:=(\w*))?(?:&|$)/i.exec(queryOf(request));
    if (!style) return next();
    response
      .set('Cache-Control', 'no-store')
      .type('text/xml')
      .send(wsdl(style[1]?.toLowerCase() ?? '', forwardedUrl(request)));
  });
  app.use('/api/1.0/auth', signIn);
  app.all(
    protocols.map(({ path }) => path),
    onlyItsMethods,
    perform,
  );
  // What the server as a whole takes: OPTIONS *.
  app.options(/^\/\*$/, onlyItsMethods);
  app.use(notFound, failed);

  return {
    // Express takes a whole URL apart before its first handler, and its routers count on what it was.
    handle: (request, response) => app(Object.assign(request, { url: plainTarget(request.url ?? '') }), response),
    refuse: async ({ start, contentType, address }, failure) => {
      const [path = ''] = /\/api\/1\.0\/\w+/i.exec(start.replace(/\/{2,}/g, '/')) ?? [];
      const id = randomUUID();
      const request = { ...emptyRequest, contentType };
      const reply = await pipeline(protocolAt(path), { request, id, address, failure });
      return { ...reply, headers: { ...reply.headers, [REQUEST_ID]: id } };
    },
  };
}
