import type { Config } from '../../config/config.js';
import type { Calls } from '../../console/calls.js';
import type { Listener } from '../../http/listener.js';
import type { Log } from '../../observability/log.js';
import { openStore } from '../../store/open.js';
import type { Store } from '../../store/store.js';
import { listenAdmin } from '../admin-listener.js';
import { createReadiness } from '../readiness.js';
import type { RuntimeOptions } from '../runtime-options.js';
import { openServices } from '../services.js';
import type { Cluster } from './primary.js';

/** What the admin listener of a cluster needs beside it. */
interface AdminOptions {
  readonly config: Config;
  readonly log: Log;
  readonly runtime: RuntimeOptions;
  /** The calls of all workers; undefined where there is no console. */
  readonly calls: Calls | undefined;
}

/** A cluster with the admin listener of its configuration. */
interface ClusterWithAdmin {
  readonly url: string;
  readonly adminUrl: string | undefined;
  readonly stop: () => Promise<void>;
}

/** In a cluster the admin listener belongs to the primary. Stops the cluster where it cannot listen. */
export async function withAdminListener(cluster: Cluster, options: AdminOptions): Promise<ClusterWithAdmin> {
  try {
    const admin = await listenClusterAdmin(cluster, options);
    return {
      url: cluster.url,
      adminUrl: admin?.url,
      stop: async () => {
        await cluster.stop();
        await admin?.close();
      },
    };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

async function listenClusterAdmin(cluster: Cluster, options: AdminOptions): Promise<Listener | undefined> {
  const { config, log, runtime, calls } = options;
  const { admin, publicUrl = cluster.url } = config;
  if (!admin) return undefined;
  const services = calls && (await openServices(config, runtime));
  const store: Store = services?.store ?? (await openStore(config.store));
  const isWritable = createReadiness(store);
  const health = { isReady: async () => cluster.isUp() && (await isWritable()), metrics: cluster.metrics };
  const shown = { log, publicUrl, bridgeUrl: cluster.url, breakers: cluster.breakers };
  try {
    const listener = await listenAdmin(
      health,
      { ...admin, orFreePort: runtime.isDemo },
      services && calls && { ...services, ...admin.console, ...shown, calls },
    );
    return {
      ...listener,
      close: async () => {
        await listener.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
