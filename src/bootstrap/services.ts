import type { Application } from '../applications/application.js';
import type { BridgeTools } from '../bridge/handlers.js';
import type { ApplicationConfig, Config } from '../config/load.js';
import { createCache } from '../providers/cache.js';
import { loadProvider } from '../providers/load.js';
import { openStore } from '../store/open.js';
import { createUpstreams, type UpstreamOptions, type Upstreams } from '../upstream/client.js';
import { openTlsFiles } from '../upstream/tls-files.js';
import { type KeySource, openMasterKey } from '../vault/master-key.js';
import { createSealer } from '../vault/seal.js';
import { createSessions } from '../vault/sessions.js';
import { createTickets } from '../vault/tickets.js';

/** What calls, the sign-in page and the command line work with. */
export interface Tools extends BridgeTools {
  readonly applications: readonly Application[];
  readonly upstreams: Upstreams;
}

/** How what a configuration names is reached, where that is not as usual. */
export interface Openers extends UpstreamOpeners {
  /** The server's key; the configuration's `key_file` unless given. */
  readonly key?: KeySource | undefined;
}

export interface UpstreamOpeners extends Pick<UpstreamOptions, 'proxies' | 'observe' | 'onState'> {
  /** Leads the requests for a URL to another; to that one itself unless given. */
  readonly route?: ((url: string) => string) | undefined;
}

/** Opens what a configuration names. Throws an Error with one line for the operator where something cannot be used. */
export async function openTools(config: Config, openers: Openers): Promise<Tools> {
  const { key } = openers;
  const cached = createCache();
  const upstreams = openUpstreams(config, openers);
  const applications = await Promise.all(
    config.applications.map((application) => connect(application, upstreams, cached)),
  );
  const store = await openStore(config.store);
  try {
    const sealer = createSealer(await openMasterKey(store, key ?? { file: config.keyFile }));
    const sessions = createSessions(store, sealer, Date.now);
    const tickets = createTickets({ store, sealer, sessions, applications, now: Date.now });
    return { applications, upstreams, store, sessions, tickets };
  } catch (error) {
    await store.close();
    throw error;
  }
}

export function openUpstreams({ limits }: Config, { route, ...options }: UpstreamOpeners): Upstreams {
  const { upstreamTimeoutMs: timeoutMs, concurrentCalls } = limits;
  const upstreams = createUpstreams({ ...options, timeoutMs, concurrentCalls });
  if (!route) return upstreams;
  const sendFor: Upstreams['sendFor'] = (application) => {
    const send = upstreams.sendFor(application);
    return (request) => send({ ...request, url: route(request.url) });
  };
  return { ...upstreams, sendFor };
}

/** Gives an application the modern API that its configuration names. Throws an Error with one line for the operator where it cannot. */
export async function connect(
  application: ApplicationConfig,
  { sendFor, withinCall }: Upstreams,
  cached: ReturnType<typeof createCache>,
): Promise<Application> {
  const kind = await loadProvider(application.provider);
  const { name, accountId = '', baseUrl, cacheSeconds } = application;
  const send = sendFor({ baseUrl, name, provider: kind.name, tls: await openTlsFiles(application) });
  const api = cached(kind.connect({ ...application, send }), {
    api: JSON.stringify([kind.name, baseUrl, accountId]),
    seconds: cacheSeconds,
  });
  return { ...application, provider: kind.name, kind, api: { ...api, readAccount: withinCall(api.readAccount) } };
}
