import type { RequestListener } from 'node:http';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { httpErrors } from '../core/error-mapping.js';
import { Fault } from '../core/fault.js';
import type { Protocol } from '../protocols/protocol.js';
import { compileTrust, createForwardedUrl, type TrustProxy } from './forwarded.js';
import { identify, queryOf } from './request.js';
import type { RequestActions } from './request-handler.js';
import { welcome } from './welcome.js';

export interface RoutesParts {
  /** The first one answers at a path that belongs to none. */
  readonly protocols: readonly [Protocol, ...Protocol[]];
  /** Gives the WSDL of a style; `forwarded` is the URL of the bridge as a trusted proxy forwarded it. */
  readonly wsdl: (style: string, forwarded: string | undefined) => string;
  readonly trustProxy: TrustProxy;
  /** The pages below `/api/1.0/auth`. */
  readonly signIn: RequestHandler;
  /** The health routes of this listener. */
  readonly health: RequestHandler;
}

/** The routes of callers: health, the WSDL, the sign-in page, the page at `/`, and calls in whatever spelling of their path. */
export function createRoutes(parts: RoutesParts, { perform, reject, answerError, protocolAt }: RequestActions) {
  const { protocols, wsdl, trustProxy, signIn, health } = parts;
  const forwardedUrl = createForwardedUrl(trustProxy);
  const app = express();
  app.set('trust proxy', compileTrust(trustProxy));
  app.disable('x-powered-by');
  app.disable('etag');

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
      await reject(protocol, request, response, failure);
    };

  const notFound: RequestHandler = (request, response) => {
    const failure = new Fault('malformed', {
      http: httpErrors.notFound,
      explanation: 'nothing answers at this path',
    });
    return reject(protocolAt(request.path), request, response, failure);
  };

  const handleError: ErrorRequestHandler = (error, request, response, _next) =>
    answerError(error, request, response, request.path);

  app.use(identify);
  app.use(health);
  app.get('/api/1.0/soap', (request, response, next) => {
    const style = /(?:^|[&;?])(?:single)?wsdl(?:=([^&;?]*))?(?:[&;?]|$)/i.exec(queryOf(request));
    if (!style) return next();
    response
      .set('Cache-Control', 'no-store')
      .type('text/xml')
      .send(wsdl(style[1]?.toLowerCase() ?? '', forwardedUrl(request)));
  });
  app.get('/', welcome);
  app.use('/api/1.0/auth', signIn);
  for (const protocol of protocols) {
    app.all(protocol.path, allowOnly(protocol), (request, response) => perform(protocol, request, response));
  }
  // OPTIONS * asks for the methods of the server as a whole.
  app.options(/^\/\*$/, allowOnly(protocols[0]));
  app.use(notFound, handleError);
  const listener: RequestListener = app;
  return listener;
}
