import { createDirectory } from '../applications/application.js';
import { createAdmission } from '../bridge/admission.js';
import { createDispatcher } from '../bridge/dispatcher.js';
import { defaultMemoryBytes, watchOverload } from '../bridge/overload.js';
import { createPipeline } from '../bridge/pipeline.js';
import type { Config } from '../config/config.js';
import { toFault } from '../core/fault.js';
import { createForwardedUrl } from '../http/forwarded.js';
import { type Listener, listen } from '../http/listener.js';
import { handleMalformedRequests } from '../http/malformed.js';
import { createRequestHandler } from '../http/request-handler.js';
import { createLedger } from '../observability/ledger.js';
import type { Log } from '../observability/log.js';
import { createMetrics } from '../observability/metrics.js';
import { createObserver } from '../observability/observer.js';
import { createShadowObserver } from '../observability/shadow-observer.js';
import { noTracing } from '../observability/tracing.js';
import { watchAll } from '../observability/watches.js';
import { createProtocols } from '../protocols/index.js';
import { openWsdl } from '../protocols/soap/wsdl.js';
import { messageOf } from '../shared/errors.js';
import { openRates } from '../store/limits-store.js';
import { listenAdmin } from './admin-listener.js';
import { inspect } from './inspection.js';
import { createReadiness } from './readiness.js';
import type { RuntimeOptions } from './runtime-options.js';
import { openServices, rateLimitersOf, recordedDigest, type ServiceHooks } from './services.js';

/** A bridge in this process. */
export interface BridgeServer extends Listener {
  /** The URL of the `admin` listener; undefined where this process has none. */
  readonly adminUrl: string | undefined;
  /**
   * Drains and closes: calls in flight are answered, new calls are rejected. At `shutdown_ms`, the drain deadline, the
   * calls still in flight end as unavailable.
   */
  readonly stop: () => Promise<void>;
}

/** Milliseconds after the drain deadline in which the last replies MUST be written. */
const LAST_REPLIES_MS = 250;

/**
 * Composes a bridge and listens; closing it closes the store too. Throws an Error with one line for the operator where it
 * cannot.
 */
export async function startBridgeServer(config: Config, log: Log, runtime: RuntimeOptions = {}): Promise<BridgeServer> {
  const { limits, rate, trustProxy, admin, record } = config;
  const { collector, worker, isDemo, watch, lostLines = () => 0 } = runtime;
  const overload = watchOverload({
    memoryBytes: limits.memoryMb === undefined ? defaultMemoryBytes() : limits.memoryMb * 2 ** 20,
    delayMs: limits.eventLoopDelayMs,
  });
  const metrics = createMetrics({ inFlight: () => admission.inFlight(), lostLines });
  worker?.serveSnapshots(metrics.snapshot);
  const tracing = collector === undefined ? noTracing : await traceTo(collector);
  const ledger = createLedger({
    write: (rows) => services.store.addToLedger(rows),
    onFailure: (cause) =>
      log.warn({ cause: messageOf(toFault(cause).cause) }, 'the ledger could not be written; it is tried again'),
  });
  const recorder =
    record &&
    (await loadRecorder())({
      ...record,
      // Calls come when the services are open.
      digest: (secret) => recordedDigest(services.sealer, secret),
      log,
      count: (outcome, calls) => metrics.recordedCalls.inc({ outcome }, calls),
    });
  const { watch: watchForConsole, calls } = await inspect(config, runtime);
  const watches = [watch, watchForConsole, recorder?.watch].filter((each) => each !== undefined);
  const observer = createObserver({ log, metrics, tracing, ledger, watch: watchAll(watches) });
  const rates = await openRates(config.limitsStore, rateLimitersOf(runtime), observer.limitsStore);
  const admission = createAdmission({
    concurrentCalls: limits.concurrentCalls,
    overload,
    // The deadline of a call: two upstream timeouts, however many requests it makes.
    callMs: 2 * limits.upstreamTimeoutMs,
    perMinute: rate?.perMinute,
    createRate: rates.createRate,
  });
  const hooks: ServiceHooks = {
    createRate: rates.createRate,
    observe: observer.upstream,
    onState: (baseUrl, state) => {
      observer.breaker(baseUrl, state);
      if (admin?.console) worker?.reportBreaker(baseUrl, state);
    },
    onStoreBreaker: observer.storeBreaker,
    onTrial: observer.signIn,
    onShadow: createShadowObserver({ log, metrics }),
  };
  const services = await openServices(config, runtime, hooks).catch(async (error: unknown) => {
    await rates.close();
    throw error;
  });
  for (const { baseUrl } of services.applications) metrics.breaker.set({ base_url: baseUrl }, 0);
  const listeners: Listener[] = [];
  const close = async (graceMs?: number) => {
    for (const listener of listeners) await listener.close(graceMs);
    overload.close();
    await ledger.close();
    await services.sessions.finish();
    await recorder?.close();
    await services.store.close();
    await rates.close();
    await tracing.close();
  };
  try {
    const wsdl = await openWsdl();
    const isWritable = createReadiness(services.store);
    const health = {
      isReady: async () => !admission.isDraining() && (await isWritable()),
      metrics: worker?.clusterMetrics ?? metrics.exposition,
    };
    const protocols = createProtocols(limits, wsdl);
    const { handle, answerMalformed } = createRequestHandler({
      protocols,
      pipeline: createPipeline({
        findApplication: createDirectory(services.applications),
        admission,
        dispatch: createDispatcher(services),
        observer,
      }),
      bodyBytes: limits.bodyBytes,
      trustProxy,
      loadRoutes: async (actions) => {
        const [{ createRoutes }, { adminRouter, healthRouter }, { signInRouter }] = await Promise.all([
          import('../http/routes.js'),
          import('../http/health.js'),
          import('../sign-in/routes.js'),
        ]);
        const routes = {
          protocols,
          wsdl: (style: string, forwarded?: string) =>
            wsdl.textAt(config.publicUrl ?? forwarded ?? listener.url, style),
          trustProxy,
          signIn: signInRouter({
            ...services,
            admission,
            observer,
            publicUrl: config.publicUrl,
            operator: config.operator,
            forwardedUrl: createForwardedUrl(trustProxy),
          }),
          health: admin && !isDemo ? healthRouter() : adminRouter(health),
        };
        return createRoutes(routes, actions);
      },
      observer,
    });
    const listener = await listen(handle, config.listen, {
      attach: (server, connections) => handleMalformedRequests(server, connections, answerMalformed),
      requestMs: limits.requestTimeoutMs,
      maxConnections: limits.connections,
      maxConnectionsPerAddress: limits.connectionsPerAddress,
      onClosed: observer.closedConnections,
    });
    listeners.push(listener);
    // In a cluster the admin listener belongs to the primary.
    if (admin && !worker) {
      const parts = { ...services, ...admin.console, log, breakers: services.upstreams.states };
      const publicUrl = config.publicUrl ?? listener.url;
      listeners.push(
        await listenAdmin(
          health,
          { ...admin, orFreePort: isDemo },
          calls && { ...parts, calls, publicUrl, bridgeUrl: listener.url },
        ),
      );
    }
    return {
      url: listener.url,
      adminUrl: listeners[1]?.url,
      close,
      stop: async () => {
        admission.startDraining();
        const deadline = setTimeout(admission.abortAll, limits.shutdownMs);
        await close(limits.shutdownMs + LAST_REPLIES_MS);
        clearTimeout(deadline);
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Loaded on demand: without a collector, the start does not load OpenTelemetry. */
async function traceTo(collector: string) {
  const { createOtlpTracing } = await import('../observability/tracing-otlp.js');
  return createOtlpTracing(collector);
}

/** Loaded on demand: without `record`, the start does not load it. */
async function loadRecorder() {
  const { createRecorder } = await import('../observability/recorder.js');
  return createRecorder;
}
