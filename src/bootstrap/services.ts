import type { Application } from '../applications/application.js';
import { connect } from '../applications/connect.js';
import type { ObserveShadow } from '../applications/shadow.js';
import type { HandlerServices } from '../bridge/handler.js';
import { createTicketLimit } from '../bridge/rate-limit.js';
import type { Config } from '../config/config.js';
import { toDigest } from '../observability/digests.js';
import { createCache } from '../providers/cache.js';
import {
  type CreateRate,
  type CreateRateLimiter,
  createClusterRateLimiter,
  createMemoryRateLimiter,
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
  const { upstreamTimeoutMs: timeoutMs, concurrentCalls, ticketsPerMinute } = config.limits;
  const options = { proxies, route, timeoutMs, concurrentCalls };
  const upstreams = createUpstreams({ ...hooks, ...options });
  const shadows = { upstreams: createUpstreams(options), readMs: 2 * timeoutMs, observe: onShadow };
  const cache = createCache();
  const applications = await Promise.all(
    config.applications.map((application) => connect(application, upstreams, cache, shadows)),
  );
  const createRateLimiter = rateLimitersOf(runtime);
  const store = withKnownUserIds(await openStore(config.store, createRateLimiter, onStoreBreaker));
  try {
    const sealer = createSealer(await openMasterKey(store, key ?? { file: config.keyFile }));
    const sessions = createSessions(store, sealer, systemClock, timeoutMs);
    const tickets = createTickets({ store, sealer, sessions, applications, clock: systemClock });
    const states = createStates(sealer);
    const trials = createTrials(store, onTrial);
    const limitTickets = createTicketLimit(ticketsPerMinute, createRate ?? createRateLimiter);
    return { applications, upstreams, sealer, states, store, sessions, tickets, trials, limitTickets };
  } catch (error) {
    await store.close();
    throw error;
  }
}
