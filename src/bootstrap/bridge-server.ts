import { createRoom } from '../bridge/admission.js';
import { watchOverload } from '../bridge/overload.js';
import type { Config } from '../config/config.js';
import { toFault } from '../core/fault.js';
import { type LastingListener, type Listener, listen } from '../http/listener.js';
import { handleMalformedRequests } from '../http/malformed.js';
import { createLedger } from '../observability/ledger.js';
import type { Log } from '../observability/log.js';
import { type ConfigOutcome, createMetrics, type Metrics } from '../observability/metrics.js';
import { breakerLevels, createObserver } from '../observability/observer.js';
import type { Recorder } from '../observability/recorder.js';
import { createShadowObserver } from '../observability/shadow-observer.js';
import { noTracing } from '../observability/tracing.js';
import { openWsdl } from '../protocols/soap/wsdl.js';
import { messageOf } from '../shared/errors.js';
import { startTimer } from '../shared/timer.js';
import { openRates } from '../store/limits-store.js';
import { type AdminListener, listenAdmin } from './admin-listener.js';
import { createGeneration, type Generation, listenerLimits, overloadLimits } from './generation.js';
import { inspect } from './inspection.js';
import { createReadiness } from './readiness.js';
import type { RuntimeOptions } from './runtime-options.js';
import { openServices, rateLimitersOf, type ServiceHooks } from './services.js';

/** A bridge in this process. */
export interface BridgeServer extends Listener {
  /** The URL of the `admin` listener; undefined where this process has none. */
  readonly adminUrl: string | undefined;
  /**
   * Drains and closes: calls in flight are answered, new calls are rejected. At `shutdown_ms`, the drain deadline, the
   * calls still in flight end as unavailable.
   */
  readonly stop: () => Promise<void>;
  /**
   * Answers the calls that arrive from now on under another configuration; those in flight end under theirs. What a reload
   * does not take MUST be the same. Throws an Error with one line for the operator where it cannot, and has changed
   * nothing then.
   */
  readonly take: (config: Config) => Promise<void>;
  /** Counts what came of a configuration. */
  readonly note: (outcome: ConfigOutcome) => void;
}

/** Milliseconds after the drain deadline in which the last replies MUST be written. */
const LAST_REPLIES_MS = 250;

/**
 * Composes a bridge and listens; closing it closes the store too. Throws an Error with one line for the operator where it
 * cannot.
 */
export async function startBridgeServer(config: Config, log: Log, runtime: RuntimeOptions = {}): Promise<BridgeServer> {
  const { admin } = config;
  const { collector, worker, isDemo, watch, lostLines = () => 0 } = runtime;
  const overload = watchOverload(overloadLimits(config));
  const room = createRoom();
  const metrics = createMetrics({ inFlight: () => room.inFlight.size, lostLines });
  worker?.serveSnapshots(metrics.snapshot);
  const tracing = collector === undefined ? noTracing : await traceTo(collector);
  const ledger = createLedger({
    write: (rows) => services.store.addToLedger(rows),
    onFailure: (cause) =>
      log.warn({ cause: messageOf(toFault(cause).cause) }, 'the ledger could not be written; it is tried again'),
  });
  const { watch: watchForConsole, calls } = await inspect(config, runtime);
  let isAsked = (_baseUrl: string) => true;
  // What it records is of no generation.
  const observer = createObserver({ log, metrics, tracing, ledger });
  const rates = await openRates(config.limitsStore, rateLimitersOf(runtime), observer.limitsStore);
  const hooks: ServiceHooks = {
    createRate: rates.createRate,
    observe: observer.upstream,
    onState: (baseUrl, state) => {
      if (!isAsked(baseUrl)) return;
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
  let listener: LastingListener | undefined;
  let adminListener: AdminListener | undefined;
  let isClosing = false;
  /** That of the generation, and those of earlier ones as long as calls of theirs may be in flight. */
  const recorders = new Set<Recorder>();
  const close = async (graceMs?: number) => {
    isClosing = true;
    await listener?.close(graceMs);
    await adminListener?.close(graceMs);
    overload.close();
    await ledger.close();
    await services.sessions.finish();
    for (const recorder of recorders) await recorder.close();
    await services.store.close();
    await rates.close();
    await tracing.close();
  };
  try {
    const wsdl = await openWsdl();
    const isWritable = createReadiness(services.store);
    const health = {
      isReady: async () => !room.isDraining && (await isWritable()),
      metrics: worker?.clusterMetrics ?? metrics.exposition,
    };
    const parts = {
      ...{ log, metrics, tracing, ledger, health, isDemo, overload, room, wsdl },
      watches: [watch, watchForConsole].filter((each) => each !== undefined),
      url: () => listener?.url ?? '',
    };
    let generation = await createGeneration(config, services, parts);
    if (generation.recorder) recorders.add(generation.recorder);
    tellBreakers(generation, metrics);
    // Of an API that nobody asks any more, calls in flight may still tell.
    isAsked = (baseUrl) => generation.services.upstreams.states().has(baseUrl);
    // All that the swap costs a call: the generation is read when it arrives.
    listener = await listen((request, response) => generation.handle(request, response), config.listen, {
      ...listenerLimits(config),
      attach: (server, connections) =>
        handleMalformedRequests(server, connections, (...malformed) => generation.answerMalformed(...malformed)),
      onClosed: observer.closedConnections,
    });
    const { url, change, settled } = listener;
    const consoleOf = ({ config: { admin: own, publicUrl = url }, services: shown }: Generation) =>
      calls && { ...shown, ...own?.console, log, breakers: shown.upstreams.states, calls, publicUrl, bridgeUrl: url };
    // In a cluster the admin listener belongs to the primary.
    if (admin && !worker) {
      const place = { ...admin, orFreePort: isDemo };
      adminListener = await listenAdmin({ ...health, reload: runtime.reload }, place, consoleOf(generation));
    }
    if (!worker) metrics.noteConfig('started');

    const retire = async ({ recorder }: Generation) => {
      if (!recorder || recorder === generation.recorder) return;
      await settled();
      await recorder.close();
      recorders.delete(recorder);
    };
    return {
      url,
      adminUrl: adminListener?.url,
      close,
      stop: async () => {
        const {
          admission,
          config: { limits },
        } = generation;
        admission.startDraining();
        const deadline = startTimer(admission.abortAll, limits.shutdownMs);
        await close(limits.shutdownMs + LAST_REPLIES_MS);
        clearTimeout(deadline);
      },
      take: async (next) => {
        const before = generation;
        const made = await createGeneration(next, await before.services.next(next), parts, before);
        // From here on nothing waits and nothing throws: the swap is one step.
        if (isClosing) {
          if (made.recorder !== before.recorder) await made.recorder?.close();
          throw new Error('the bridge is stopping');
        }
        generation = made;
        if (made.recorder) recorders.add(made.recorder);
        made.services.takeOver();
        overload.change(overloadLimits(next));
        change(listenerLimits(next));
        adminListener?.showConsole(consoleOf(made));
        tellBreakers(made, metrics);
        void retire(before);
      },
      note: metrics.noteConfig,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function tellBreakers({ services }: Generation, { breaker }: Metrics): void {
  breaker.reset();
  for (const [baseUrl, state] of services.upstreams.states()) breaker.set({ base_url: baseUrl }, breakerLevels[state]);
}

/** Loaded on demand: without a collector, the start does not load OpenTelemetry. */
async function traceTo(collector: string) {
  const { createOtlpTracing } = await import('../observability/tracing-otlp.js');
  return createOtlpTracing(collector);
}
