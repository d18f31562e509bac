import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { pino } from 'pino';
import type { FindApplication } from '../../../src/applications/application.js';
import { createAdmission } from '../../../src/bridge/admission.js';
import type { Dispatcher } from '../../../src/bridge/dispatcher.js';
import { createPipeline, type Pipeline } from '../../../src/bridge/pipeline.js';
import type { Call } from '../../../src/core/call.js';
import { healthRouter } from '../../../src/http/health.js';
import { type Listener, listen } from '../../../src/http/listener.js';
import { handleMalformedRequests } from '../../../src/http/malformed.js';
import { createRequestHandler } from '../../../src/http/request-handler.js';
import { createRoutes } from '../../../src/http/routes.js';
import { createMetrics } from '../../../src/observability/metrics.js';
import { createObserver } from '../../../src/observability/observer.js';
import { noTracing } from '../../../src/observability/tracing.js';
import { createProtocols } from '../../../src/protocols/index.js';
import type { Protocol } from '../../../src/protocols/protocol.js';
import { openWsdl } from '../../../src/protocols/soap/wsdl.js';
import { createMemoryRateLimiter } from '../../../src/shared/rate-limiter.js';

const REFUSED = 'a call was refused';

export interface RequestHandlerOptions {
  /** Performs a call; succeeds with no elements unless given. */
  readonly dispatch?: Dispatcher;
  /** No api_key is known unless given. */
  readonly findApplication?: FindApplication;
  /** Replaces each protocol; the identity unless given. */
  readonly protocol?: (protocol: Protocol) => Protocol;
  /** Replaces the pipeline. */
  readonly pipeline?: Pipeline;
  readonly wsdl?: () => string;
  readonly health?: RequestHandler;
  readonly bodyBytes?: number;
  readonly xmlDepth?: number;
  readonly requestMs?: number;
  readonly trustProxy?: boolean;
  /** Gets the lines of the log that are warnings or worse, but for those of refused calls. */
  readonly onLog?: (line: string) => void;
  /** Gets the cause of each call that is refused, as the log has it. */
  readonly onRefusal?: (cause: string) => void;
}

export interface RunningRequestHandler extends Listener {
  /** Every call that was dispatched so far. */
  readonly calls: Call[];
  readonly protocols: readonly Protocol[];
  /** The metrics as Prometheus reads them. */
  readonly metrics: () => Promise<string>;
}

/** The request handler with all protocols on loopback, and nothing behind it. */
export async function startRequestHandler(options: RequestHandlerOptions = {}): Promise<RunningRequestHandler> {
  const { dispatch = async () => ({}), findApplication = () => undefined, protocol = (real) => real } = options;
  const { bodyBytes = 65536, xmlDepth = 32, trustProxy = false, onLog = () => {}, onRefusal = () => {} } = options;
  const calls: Call[] = [];
  const wsdl = await openWsdl();
  const admission = createAdmission({
    concurrentCalls: 1024,
    callMs: 20_000,
    createRate: createMemoryRateLimiter,
  });
  const metrics = createMetrics({ inFlight: admission.inFlight, lostLines: () => 0 });
  const observer = createObserver({
    log: pino(
      { level: 'warn' },
      {
        write: (line: string) => {
          const { msg, cause } = JSON.parse(line);
          if (msg === REFUSED) onRefusal(cause);
          else onLog(line);
        },
      },
    ),
    metrics,
    tracing: noTracing,
    ledger: { count: () => {} },
  });
  const pipeline = createPipeline({
    findApplication,
    dispatch: (call, caller) => {
      calls.push(call);
      return dispatch(call, caller);
    },
    admission,
    observer,
  });
  const [first, ...others] = createProtocols({ xmlDepth }, wsdl);
  const protocols = [protocol(first), ...others.map(protocol)] as const;
  const { handle, answerMalformed } = createRequestHandler({
    protocols,
    pipeline: options.pipeline ?? pipeline,
    bodyBytes,
    trustProxy,
    loadRoutes: async (actions) => {
      const routes = {
        protocols,
        wsdl:
          options.wsdl ??
          ((style: string, forwarded?: string) => wsdl.textAt(forwarded ?? 'http://127.0.0.1:8080', style)),
        trustProxy,
        health: options.health ?? healthRouter(),
        signIn: (_request: IncomingMessage, response: ServerResponse) =>
          void response.writeHead(200, { 'Content-Length': 0 }).end(),
      };
      return createRoutes(routes, actions);
    },
    observer,
  });
  const at = { host: '127.0.0.1', port: 0 };
  const listener = await listen(handle, at, {
    attach: (server, connections) => handleMalformedRequests(server, connections, answerMalformed),
    ...(options.requestMs !== undefined && { requestMs: options.requestMs }),
  });
  return { ...listener, calls, protocols, metrics: async () => (await metrics.exposition()).text };
}
