import { pino } from 'pino';
import { createGate } from '../../../src/bridge/admission.js';
import type { Bridge } from '../../../src/bridge/dispatcher.js';
import { createPipeline } from '../../../src/bridge/pipeline.js';
import type { Call } from '../../../src/core/call.js';
import { healthRouter } from '../../../src/http/health.js';
import { type Listening, listen } from '../../../src/http/listener.js';
import { createFace } from '../../../src/http/routes.js';
import { createMetrics } from '../../../src/observability/metrics.js';
import { createObserver } from '../../../src/observability/observer.js';
import { createTracing } from '../../../src/observability/tracing.js';
import { createProtocols } from '../../../src/protocols/index.js';
import { loadWsdl } from '../../../src/protocols/soap/wsdl.js';

export interface FaceOptions {
  /** What becomes of a call; it goes well and gives nothing unless given. */
  readonly bridge?: Bridge;
  readonly bodyBytes?: number;
  readonly xmlDepth?: number;
  readonly requestMs?: number;
  readonly trustProxy?: boolean;
  /** Where defects are told. */
  readonly onLog?: (line: string) => void;
}

export interface RunningFace extends Listening {
  /** Every call that was understood so far. */
  readonly calls: Call[];
}

/** The HTTP face with all formats on loopback, and nothing behind it. */
export async function startFace(options: FaceOptions = {}): Promise<RunningFace> {
  const { bridge = async () => ({}), bodyBytes = 65536, xmlDepth = 32, trustProxy = false, onLog = () => {} } = options;
  const calls: Call[] = [];
  const wsdl = await loadWsdl();
  const gate = createGate({ limits: { concurrentCalls: 1024 } });
  const { handle, refuse } = createFace({
    protocols: createProtocols({ xmlDepth }, wsdl),
    pipeline: createPipeline({
      find: () => undefined,
      bridge: (call, application) => {
        calls.push(call);
        return bridge(call, application);
      },
      gate,
      observer: createObserver({
        log: pino({ level: 'warn' }, { write: onLog }),
        metrics: createMetrics(gate.inside),
        tracing: await createTracing(undefined),
      }),
    }),
    wsdl: (style, forwarded) => wsdl.textAt(forwarded ?? 'http://127.0.0.1:8080', style),
    bodyBytes,
    trustProxy,
    operations: healthRouter(),
    signIn: (_request, response) => void response.writeHead(200, { 'Content-Length': 0 }).end(),
  });
  const at = { host: '127.0.0.1', port: 0 };
  const listening = await listen(handle, at, {
    refuse,
    ...(options.requestMs !== undefined && { requestMs: options.requestMs }),
  });
  return { ...listening, calls };
}
