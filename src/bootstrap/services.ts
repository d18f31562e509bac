import type { Application } from '../applications/application.js';
import { connect, type Shadows } from '../applications/connect.js';
import type { ObserveShadow } from '../applications/shadow.js';
import type { HandlerServices } from '../bridge/handler.js';
import { createTicketLimit } from '../bridge/rate-limit.js';
import type { Config } from '../config/config.js';
import { toDigest } from '../observability/digests.js';
import { type Cache, createCache } from '../providers/cache.js';
import {
  type CreateRate,
  type CreateRateLimiter,
  createClusterRateLimiter,
  createMemoryRateLimiter,
  createOnce,
} from '../shared/rate-limiter.js';
import { withKnownUserIds } from '../store/known-user-ids.js';
import { openStore } from '../store/open.js';
import type { OnStoreBreaker } from '../store/store-breaker.js';
import { createUpstreams, type UpstreamOptions, type Upstreams } from '../upstream/client.js';
import { systemClock } from '../vault/lives.js';
import { openMasterKey } from '../vault/master-key.js';
import { createSealer, type Sealer } from '../vault/seal.js';
import { createSessions } from '../vault/sessions.js';
import { createStates, type States } from '../vault/states.js';
import { createTickets } from '../vault/tickets.js';
import { createTrials, type ObserveTrial } from '../vault/trials.js';
import type { RuntimeOptions } from './runtime-options.js';

/** The services that calls, the sign-in page and the command line share. */
export interface Services extends HandlerServices {
  readonly applications: readonly Application[];
  readonly upstreams: Upstreams;
  readonly sealer: Pick<Sealer, 'digest'>;
  readonly states: States;
  /** Each rate once: what it has counted outlasts a reload. */
  readonly createRate: CreateRate;
  /**
   * The services of another configuration, with the same store and key, and with all that is remembered of what both have.
   * Throws an Error with one line for the operator where they cannot be made; nothing is changed by then.
   */
  readonly next: (config: Config) => Promise<Services>;
  /** Ends what only the services before these need. To be called once, when calls get these. */
  readonly takeOver: () => void;
}

/** Hooks that observe the requests to modern APIs and the secrets that are tried, and what counts the rates. */
export interface ServiceHooks extends Pick<UpstreamOptions, 'observe' | 'onState'> {
  readonly onTrial?: ObserveTrial;
  readonly onShadow?: ObserveShadow;
  readonly onStoreBreaker?: OnStoreBreaker;
  /** Makes the rates; absent: they are counted by this process, or in a cluster by the primary. */
  readonly createRate?: CreateRate;
}

/** What stands for a secret in recordings. */
export const recordedDigest = (sealer: Services['sealer'], secret: string) =>
  toDigest(sealer.digest('recording', secret));

/** In a cluster the primary counts for all workers. */
export function rateLimitersOf({ worker }: RuntimeOptions): CreateRateLimiter {
  return worker ? createClusterRateLimiter : createMemoryRateLimiter;
}

/** Opens the services of a configuration. Throws an Error with one line for the operator where one cannot be opened. */
export async function openServices(
  config: Config,
  runtime: RuntimeOptions,
  { onTrial = () => {}, onShadow = () => {}, createRate, onStoreBreaker, ...hooks }: ServiceHooks = {},
): Promise<Services> {
  const { key, proxies, route } = runtime;
  const options = { proxies, route, ...upstreamLimits(config) };
  const upstreams = createUpstreams({ ...hooks, ...options });
  const ofShadows = createUpstreams(options);
  const cache = createCache();
  const applications = await connectAll(config, upstreams, cache, shadowsOf(config, ofShadows, onShadow));
  const createRateLimiter = rateLimitersOf(runtime);
  const store = withKnownUserIds(await openStore(config.store, createRateLimiter, onStoreBreaker));
  try {
    const sealer = createSealer(await openMasterKey(store, key ?? { file: config.keyFile }));
    const sessions = createSessions(store, sealer, systemClock);
    const tickets = createTickets({ store, sealer, sessions, applications, clock: systemClock });
    const states = createStates(sealer);
    const trials = createTrials(store, onTrial);
    const kept = { store, sealer, states, sessions, trials, createRate: createOnce(createRate ?? createRateLimiter) };
    const changing = { applications, upstreams, ofShadows, tickets };
    return servicesOf(config, kept, changing, { cache, onShadow });
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Connects the applications of a configuration for nothing. Throws as `openServices` does where one cannot be connected. */
export async function connectAlone(config: Config, { proxies, route }: RuntimeOptions): Promise<void> {
  const upstreams = createUpstreams({ proxies, route, ...upstreamLimits(config) });
  await connectAll(
    config,
    upstreams,
    createCache(),
    shadowsOf(config, upstreams, () => {}),
  );
}

type Kept = Pick<Services, 'store' | 'sealer' | 'states' | 'sessions' | 'trials' | 'createRate'>;

interface Changing extends Pick<Services, 'applications' | 'upstreams' | 'tickets'> {
  /** Those that the shadows are read with. */
  readonly ofShadows: Upstreams;
}

interface ConnectParts {
  readonly cache: Cache;
  readonly onShadow: ObserveShadow;
}

function servicesOf(
  { limits }: Config,
  kept: Kept,
  { ofShadows, ...changing }: Changing,
  parts: ConnectParts,
): Services {
  const { upstreams, tickets } = changing;
  return {
    ...kept,
    ...changing,
    limitTickets: createTicketLimit(limits.ticketsPerMinute, kept.createRate),
    next: async (config) => {
      const next = {
        upstreams: upstreams.next(upstreamLimits(config)),
        ofShadows: ofShadows.next(upstreamLimits(config)),
      };
      const shadows = shadowsOf(config, next.ofShadows, parts.onShadow);
      const applications = await connectAll(config, next.upstreams, parts.cache, shadows);
      return servicesOf(config, kept, { ...next, applications, tickets: tickets.of(applications) }, parts);
    },
    takeOver: () => {
      upstreams.takeOver();
      ofShadows.takeOver();
    },
  };
}

function connectAll(config: Config, upstreams: Upstreams, cache: Cache, shadows: Shadows): Promise<Application[]> {
  return Promise.all(config.applications.map((application) => connect(application, upstreams, cache, shadows)));
}

const upstreamLimits = ({ limits: { upstreamTimeoutMs, concurrentCalls } }: Config) => ({
  timeoutMs: upstreamTimeoutMs,
  concurrentCalls,
});

function shadowsOf({ limits }: Config, upstreams: Upstreams, observe: ObserveShadow): Shadows {
  return { upstreams, readMs: 2 * limits.upstreamTimeoutMs, observe };
}
