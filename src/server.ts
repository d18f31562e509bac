import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler } from 'express';
import { Fault } from './fault.js';
import type { Pipeline } from './pipeline.js';
import type { LegacyRequest, Protocol } from './protocols/protocol.js';
import { decodeBody } from './text.js';
import { unreadable } from './unreadable.js';

export interface ServerParts {
  /** The first one answers where a path tells no format. */
  readonly protocols: readonly [Protocol, ...Protocol[]];
  readonly pipeline: Pipeline;
  /** The WSDL, with the address that callers shall use. */
  readonly wsdl: () => string;
  readonly bodyBytes: number;
  /** Whose word on the caller's address counts: nobody's, everybody's, or that of these proxies. */
  readonly trustProxy: boolean | readonly string[];
  /** The pages below `/api/1.0/auth`. */
  readonly signIn: RequestHandler;
}

/** The HTTP face: the probes, the WSDL and a route for each protocol. All other replies are the pipeline's too. */
export function createApp(parts: ServerParts): Express {
  const { protocols, pipeline, wsdl, bodyBytes, trustProxy, signIn } = parts;
  const app = express();
  app.set('trust proxy', trustProxy);
  app.disable('x-powered-by');
  app.disable('etag');

  const protocolOf = ({ path }: Request) =>
    protocols.find((protocol) => path.toLowerCase().startsWith(protocol.path)) ?? protocols[0];

  const reply = async (request: Request, response: express.Response, received: LegacyRequest | Fault) => {
    const { status, headers, body } = await pipeline(protocolOf(request), received);
    response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body);
  };

  const onlyItsMethods: RequestHandler = async (request, response, next) => {
    const { methods } = protocolOf(request);
    if (methods.includes(request.method)) return next();
    response.setHeader('Allow', methods.join(', '));
    await reply(
      request,
      response,
      new Fault('malformed', { http: 405, explanation: `${request.method} is not for this path` }),
    );
  };

  const perform: RequestHandler = (request, response) =>
    reply(request, response, {
      // Node gives a URL byte by byte.
      query: decodeBody(Buffer.from(queryOf(request), 'latin1'), ''),
      body: Buffer.isBuffer(request.body) ? decodeBody(request.body, request.get('content-type') ?? '') : '',
      userAgent: request.get('user-agent') ?? '',
    });

  const notFound: RequestHandler = (request, response) =>
    reply(request, response, new Fault('malformed', { http: 404, explanation: 'nothing answers at this path' }));

  const failed: ErrorRequestHandler = (error, request, response, _next) => reply(request, response, unreadable(error));

  app.get(['/healthz', '/readyz'], (_request, response) => {
    response.type('text/plain').send('ok\n');
  });
  app.get('/api/1.0/soap', (request, response, next) => {
    if (!/^wsdl(=|$)/i.test(queryOf(request))) return next();
    response.type('text/xml').send(wsdl());
  });
  app.use('/api/1.0/auth', signIn);
  app.all(
    protocols.map(({ path }) => path),
    onlyItsMethods,
    // The old clients send any Content-Type or none: the path says what a body is.
    express.raw({ type: () => true, limit: bodyBytes }),
    perform,
  );
  app.use(notFound, failed);
  return app;
}

function queryOf({ originalUrl }: Request): string {
  const start = originalUrl.indexOf('?');
  return start < 0 ? '' : originalUrl.slice(start + 1);
}
