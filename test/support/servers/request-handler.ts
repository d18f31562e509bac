import { pino } from 'pino';
import { createAdmission } from '../../../src/bridge/admission.js';
import type { Dispatcher } from '../../../src/bridge/dispatcher.js';
import { createPipeline } from '../../../src/bridge/pipeline.js';
import type { Call } from '../../../src/core/call.js';
import { healthRouter } from '../../../src/http/health.js';
import { type Listener, listen } from '../../../src/http/listener.js';
import { handleMalformedRequests } from '../../../src/http/malformed.js';
import { createRequestHandler } from '../../../src/http/routes.js';
import { createMetrics } from '../../../src/observability/metrics.js';
import { createObserver } from '../../../src/observability/observer.js';
import { createTracing } from '../../../src/observability/tracing.js';
import { createProtocols } from '../../../src/protocols/index.js';
import { loadWsdl } from '../../../src/protocols/soap/wsdl.js';
import { createMemoryRateLimiter } from '../../../src/shared/rate-limiter.js';

export interface RequestHandlerOptions {
  /** What becomes of a call; it goes well and gives nothing unless given. */
  readonly bridge?: Dispatcher;
  readonly bodyBytes?: number;
  readonly xmlDepth?: number;
  readonly requestMs?: number;
  readonly trustProxy?: boolean;
  /** Where defects are told. */
  readonly onLog?: (line: string) => void;
}

export interface RunningRequestHandler extends Listener {
  /** Every call that was understood so far. */
  readonly calls: Call[];
}

/** The HTTP face with all formats on loopback, and nothing behind it. */
export async function startRequestHandler(options: RequestHandlerOptions = {}): Promise<RunningRequestHandler> {
  const { bridge = async () => ({}), bodyBytes = 65536, xmlDepth = 32, trustProxy = false, onLog = () => {} } = options;
  const calls: Call[] = [];
  const wsdl = await loadWsdl();
  const admission = createAdmission({
    concurrentCalls: 1024,
    callMs: 20_000,
    createRateLimiter: createMemoryRateLimiter,
  });
  const { handle, answerMalformed } = createRequestHandler({
    protocols: createProtocols({ xmlDepth }, wsdl),
    pipeline: createPipeline({
      findApplication: () => undefined,
      dispatch: (call, application) => {
        calls.push(call);
        return bridge(call, application);
      },
      admission,
      observer: createObserver({
        log: pino({ level: 'warn' }, { write: onLog }),
        metrics: createMetrics(admission.inFlight),
        tracing: await createTracing(undefined),
      }),
    }),
    wsdl: (style, forwarded) => wsdl.textAt(forwarded ?? 'http://127.0.0.1:8080', style),
    bodyBytes,
    trustProxy,
    health: healthRouter(),
    signIn: (_request, response) => void response.writeHead(200, { 'Content-Length': 0 }).end(),
  });
  const at = { host: '127.0.0.1', port: 0 };
  const listening = await listen(handle, at, {
    attach: (server) => handleMalformedRequests(server, answerMalformed),
    ...(options.requestMs !== undefined && { requestMs: options.requestMs }),
  });
  return { ...listening, calls };
}
