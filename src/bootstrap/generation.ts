import type { RequestListener } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { createDirectory } from '../applications/application.js';
import { type Admission, createAdmission, type Room } from '../bridge/admission.js';
import { createDispatcher } from '../bridge/dispatcher.js';
import { defaultMemoryBytes, type Overload, type OverloadLimits } from '../bridge/overload.js';
import { createPipeline } from '../bridge/pipeline.js';
import type { Config } from '../config/config.js';
import type { Watch } from '../core/exchange.js';
import { createForwardedUrl } from '../http/forwarded.js';
import type { HealthParts } from '../http/health.js';
import type { ListenerLimits } from '../http/listener.js';
import { createRequestHandler, type HttpHandlers } from '../http/request-handler.js';
import { createObserver, type ObserverParts } from '../observability/observer.js';
import type { Recorder } from '../observability/recorder.js';
import { watchAll } from '../observability/watches.js';
import { createProtocols } from '../protocols/index.js';
import type { Wsdl } from '../protocols/soap/wsdl.js';
import { recordedDigest, type Services } from './services.js';

/** What answers the calls that arrive under one configuration. A reload puts another in its place, for those that come. */
export interface Generation extends HttpHandlers {
  readonly config: Config;
  readonly services: Services;
  readonly admission: Admission;
  readonly recorder: Recorder | undefined;
}

/** What outlasts a generation. */
export interface GenerationParts extends Omit<ObserverParts, 'watch'> {
  readonly health: HealthParts;
  /** Whether callers get the health of the bridge where `admin` has it too. */
  readonly isDemo: boolean | undefined;
  readonly overload: Pick<Overload, 'reason'>;
  readonly room: Room;
  /** Those that look at each call beside the recorder. */
  readonly watches: readonly Watch[];
  readonly wsdl: Wsdl;
  /** The URL at which this process listens. */
  readonly url: () => string;
}

/**
 * Makes what answers calls of a configuration, with its services. The generation before it leaves its recorder to one that
 * records the same. Throws an Error with one line for the operator where it cannot be made.
 */
export async function createGeneration(
  config: Config,
  services: Services,
  parts: GenerationParts,
  before?: Generation,
): Promise<Generation> {
  const { health, isDemo, overload, room, wsdl, url, watches, ...observed } = parts;
  const { admin, limits, operator, publicUrl, rate, record, trustProxy } = config;
  const recorder = isDeepStrictEqual(record, before?.config.record)
    ? before?.recorder
    : record && (await openRecorder(record, services, observed));
  const watch = watchAll([...watches, ...(recorder ? [recorder.watch] : [])]);
  const observer = createObserver({ ...observed, watch });
  const admission = createAdmission(
    {
      concurrentCalls: limits.concurrentCalls,
      overload,
      // The deadline of a call: two upstream timeouts, however many requests it makes.
      callMs: 2 * limits.upstreamTimeoutMs,
      perMinute: rate?.perMinute,
      createRate: services.createRate,
    },
    room,
  );
  const protocols = createProtocols(limits, wsdl);
  const handlers = createRequestHandler({
    protocols,
    pipeline: createPipeline({
      findApplication: createDirectory(services.applications),
      admission,
      dispatch: createDispatcher(services),
      observer,
    }),
    bodyBytes: limits.bodyBytes,
    trustProxy,
    loadRoutes: async (actions): Promise<RequestListener> => {
      const [{ createRoutes }, { adminRouter, healthRouter }, { signInRouter }] = await Promise.all([
        import('../http/routes.js'),
        import('../http/health.js'),
        import('../sign-in/routes.js'),
      ]);
      const forwardedUrl = createForwardedUrl(trustProxy);
      const routes = {
        protocols,
        wsdl: (style: string, forwarded?: string) => wsdl.textAt(publicUrl ?? forwarded ?? url(), style),
        trustProxy,
        signIn: signInRouter({ ...services, admission, observer, publicUrl, operator, forwardedUrl }),
        health: admin && !isDemo ? healthRouter() : adminRouter(health),
      };
      return createRoutes(routes, actions);
    },
    observer,
  });
  return { ...handlers, config, services, admission, recorder };
}

/** The limits of a process. */
export function overloadLimits({ limits: { memoryMb, eventLoopDelayMs } }: Config): OverloadLimits {
  return {
    memoryBytes: memoryMb === undefined ? defaultMemoryBytes() : memoryMb * 2 ** 20,
    delayMs: eventLoopDelayMs,
  };
}

/** The limits of its listener. */
export function listenerLimits({ limits }: Config): ListenerLimits {
  return {
    requestMs: limits.requestTimeoutMs,
    maxConnections: limits.connections,
    maxConnectionsPerAddress: limits.connectionsPerAddress,
  };
}

async function openRecorder(
  record: NonNullable<Config['record']>,
  { sealer }: Services,
  { log, metrics }: Pick<ObserverParts, 'log' | 'metrics'>,
): Promise<Recorder> {
  // Loaded on demand: without `record`, the start does not load it.
  const { createRecorder } = await import('../observability/recorder.js');
  return createRecorder({
    ...record,
    digest: (secret) => recordedDigest(sealer, secret),
    log,
    count: (outcome, calls) => metrics.recordedCalls.inc({ outcome }, calls),
  });
}
