import { type Application, createDirectory } from './applications.js';
import { createBridge } from './bridge.js';
import type { ApplicationConfig, Config } from './config.js';
import { messageOf } from './errors.js';
import { createSend, type Send } from './http.js';
import { type Listening, listen } from './listen.js';
import type { Log } from './log.js';
import { createPipeline } from './pipeline.js';
import { createProtocols } from './protocols/index.js';
import { loadWsdl } from './protocols/wsdl.js';
import { providers } from './providers/index.js';
import { createApp } from './server.js';
import { openSqlite } from './store/sqlite.js';
import type { Store } from './store/store.js';

export interface Surroundings {
  readonly log: Log;
  /** The way to the modern APIs; plain HTTP unless given. */
  readonly send?: Send | undefined;
}

/**
 * Puts the parts of the bridge together and listens; closing it closes the store too. Throws an Error with one line for
 * the operator where it cannot.
 */
export async function start(config: Config, { log, send }: Surroundings): Promise<Listening> {
  const { limits } = config;
  const applications = connectAll(config.applications, send ?? createSend({ timeoutMs: limits.upstreamTimeoutMs }));
  const store = openStore(config.store);
  try {
    const wsdl = await loadWsdl();
    const app = createApp({
      protocols: createProtocols(limits, wsdl),
      pipeline: createPipeline({ find: createDirectory(applications), bridge: createBridge(store), log }),
      wsdl: () => wsdl.textAt(config.publicUrl ?? listening.url),
      bodyBytes: limits.bodyBytes,
    });
    const listening = await listen(app, config.listen);
    return {
      url: listening.url,
      close: async () => {
        await listening.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Gives every application the modern API that its configuration names. */
export function connectAll(applications: readonly ApplicationConfig[], send: Send): Application[] {
  return applications.map((application) => {
    const kind = providers.find(({ name }) => name === application.provider);
    if (!kind) throw new Error(`provider ${application.provider}: a provider of one's own cannot be loaded yet`);
    return { ...application, api: kind.connect({ ...application, send }) };
  });
}

function openStore(store: Config['store']): Store {
  if (store.kind === 'postgres') throw new Error('store: PostgreSQL is not supported yet; use sqlite:PATH');
  try {
    return openSqlite(store.path);
  } catch (error) {
    throw new Error(
      `cannot use the store ${store.path} (${messageOf(error)}); make it writable or name another in \`store\``,
    );
  }
}
