import { createDirectory } from '../applications/application.js';
import { createGate } from '../bridge/admission.js';
import { createBridge } from '../bridge/dispatcher.js';
import { createPipeline } from '../bridge/pipeline.js';
import type { Config } from '../config/load.js';
import { healthRouter, operationsApp, operationsRouter } from '../http/health.js';
import { type Listening, listen } from '../http/listener.js';
import { createFace } from '../http/routes.js';
import type { Log } from '../observability/log.js';
import { createMetrics, type Exposition } from '../observability/metrics.js';
import { createObserver } from '../observability/observer.js';
import { createTracing } from '../observability/tracing.js';
import { createProtocols } from '../protocols/index.js';
import { loadWsdl } from '../protocols/soap/wsdl.js';
import { signInRouter } from '../sign-in/routes.js';
import type { Store } from '../store/store.js';
import { type Openers, openTools } from './services.js';

export interface Running extends Listening {
  /** Where the `admin` listener is, if this has one. */
  readonly adminUrl: string | undefined;
  /**
   * Answers what is being answered, refuses the rest, and closes. Calls that are still at work when `shutdown_ms` are
   * over are told that the bridge is unavailable.
   */
  readonly stop: () => Promise<void>;
}

export interface Surroundings extends Openers {
  /** The collector of traces; none unless given. */
  readonly collector?: string | undefined;
  /** For one of several workers: the metrics of all of them. Whoever has them has the `admin` listener too. */
  readonly sharedMetrics?: (() => Promise<Exposition>) | undefined;
}

/** What the replies to such calls have to leave in, in milliseconds. */
const LAST_REPLIES_MS = 250;

/** Whether a store can be asked. */
export function isThere(store: Store): Promise<boolean> {
  return store.ping().then(
    () => true,
    () => false,
  );
}

/**
 * Puts the parts of the bridge together and listens; closing it closes the store too. Throws an Error with one line for
 * the operator where it cannot.
 */
export async function start(config: Config, log: Log, surroundings: Surroundings = {}): Promise<Running> {
  const { limits, trustProxy, admin } = config;
  const { collector, sharedMetrics } = surroundings;
  const gate = createGate(config);
  const metrics = createMetrics(gate.inside);
  const tracing = await createTracing(collector);
  const observer = createObserver({ log, metrics, tracing });
  const tools = await openTools(config, { ...surroundings, observe: observer.upstream, onState: observer.breaker });
  for (const { baseUrl } of tools.applications) metrics.breaker.set({ base_url: baseUrl }, 0);
  const opened: Listening[] = [];
  const close = async (graceMs?: number) => {
    for (const listening of opened) await listening.close(graceMs);
    await tools.store.close();
    await tracing.close();
  };
  try {
    const wsdl = await loadWsdl();
    const operations = {
      isReady: async () => !gate.isClosed() && (await isThere(tools.store)),
      metrics: sharedMetrics ?? metrics.exposition,
    };
    const { handle, refuse } = createFace({
      protocols: createProtocols(limits, wsdl),
      pipeline: createPipeline({
        find: createDirectory(tools.applications),
        gate,
        bridge: tools.upstreams.withinCall(createBridge(tools)),
        observer,
      }),
      wsdl: (style, forwarded) => wsdl.textAt(config.publicUrl ?? forwarded ?? listening.url, style),
      bodyBytes: limits.bodyBytes,
      trustProxy,
      signIn: signInRouter({ ...tools, gate, observer }),
      operations: admin ? healthRouter() : operationsRouter(operations),
    });
    const listening = await listen(handle, config.listen, { refuse, requestMs: limits.requestTimeoutMs });
    opened.push(listening);
    if (admin && !sharedMetrics) opened.push(await listen(operationsApp(operations), admin));
    return {
      url: listening.url,
      adminUrl: opened[1]?.url,
      close,
      stop: async () => {
        gate.close();
        const over = setTimeout(gate.clear, limits.shutdownMs);
        await close(limits.shutdownMs + LAST_REPLIES_MS);
        clearTimeout(over);
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
