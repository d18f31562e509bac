import type { Application } from './applications.js';
import type { ApplicationConfig, Config } from './config.js';
import type { BridgeTools } from './deeds.js';
import { messageOf } from './errors.js';
import { createSend, type Send } from './http.js';
import { createCache } from './providers/cached.js';
import { loadProvider } from './providers/load.js';
import { type KeySource, openMasterKey } from './sign-in/keyring.js';
import { createSealer } from './sign-in/seal.js';
import { createSessions } from './sign-in/sessions.js';
import { createTickets } from './sign-in/tickets.js';
import { openSqlite } from './store/sqlite.js';
import type { Store } from './store/store.js';

/** What calls, the sign-in page and the command line work with. */
export interface Tools extends BridgeTools {
  readonly applications: readonly Application[];
}

/** How what a configuration names is reached, where that is not as usual. */
export interface Openers {
  /** The way to the modern APIs; plain HTTP unless given. */
  readonly send?: Send | undefined;
  /** The server's key; the configuration's `key_file` unless given. */
  readonly key?: KeySource | undefined;
}

/** Opens what a configuration names. Throws an Error with one line for the operator where something cannot be used. */
export async function openTools(config: Config, { send, key }: Openers): Promise<Tools> {
  const cached = createCache();
  const way = send ?? createSend({ timeoutMs: config.limits.upstreamTimeoutMs });
  const applications = await Promise.all(config.applications.map((application) => connect(application, way, cached)));
  const store = openStore(config);
  try {
    const sealer = createSealer(await openMasterKey(store, key ?? { file: config.keyFile }));
    const sessions = createSessions(store, sealer, Date.now);
    const tickets = createTickets({ store, sealer, sessions, applications, now: Date.now });
    return { applications, store, sessions, tickets };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Gives an application the modern API that its configuration names. */
export async function connect(
  application: ApplicationConfig,
  send: Send,
  cached: ReturnType<typeof createCache>,
): Promise<Application> {
  const kind = await loadProvider(application.provider);
  const { accountId = '', baseUrl, cacheSeconds } = application;
  const api = cached(kind.connect({ ...application, send }), {
    api: JSON.stringify([kind.name, baseUrl, accountId]),
    seconds: cacheSeconds,
  });
  return { ...application, provider: kind.name, kind, api };
}

/** Throws an Error with one line for the operator where the store cannot be used. */
export function openStore({ store }: Pick<Config, 'store'>): Store {
  if (store.kind === 'postgres') throw new Error('store: PostgreSQL is not supported yet; use sqlite:PATH');
  try {
    return openSqlite(store.path);
  } catch (error) {
    throw new Error(`cannot use the store ${store.path} (${messageOf(error)}); mend it or name another in \`store\``);
  }
}
