import type { Config } from '../../config/config.js';
import type { Calls } from '../../console/calls.js';
import type { Listener } from '../../http/listener.js';
import type { Log } from '../../observability/log.js';
import type { ConfigOutcome } from '../../observability/metrics.js';
import { openStore } from '../../store/open.js';
import type { Store } from '../../store/store.js';
import { listenAdmin } from '../admin-listener.js';
import { createReadiness } from '../readiness.js';
import type { RuntimeOptions } from '../runtime-options.js';
import { connectAlone, openServices, type Services } from '../services.js';
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
  /** As that of the cluster; what the primary finds wrong no worker is asked to take. */
  readonly take: (config: Config) => Promise<void>;
  readonly note: (outcome: ConfigOutcome) => void;
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
      take: async (config) => {
        const show = admin ? await admin.prepare(config) : await prepareNothing(config, options);
        await cluster.take(config);
        show();
      },
      note: cluster.note,
    };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

interface ClusterAdmin extends Listener {
  /** Makes what is shown of a configuration, and gives what shows it. Throws as `take` does. */
  readonly prepare: (config: Config) => Promise<() => void>;
}

async function prepareNothing(config: Config, { runtime }: AdminOptions): Promise<() => void> {
  await connectAlone(config, runtime);
  return () => {};
}

async function listenClusterAdmin(cluster: Cluster, options: AdminOptions): Promise<ClusterAdmin | undefined> {
  const { config, log, runtime, calls } = options;
  const { admin } = config;
  if (!admin) return undefined;
  let services = calls && (await openServices(config, runtime));
  const store: Store = services?.store ?? (await openStore(config.store));
  const isWritable = createReadiness(store);
  const health = {
    isReady: async () => cluster.isUp() && (await isWritable()),
    metrics: cluster.metrics,
    reload: runtime.reload,
  };
  const consoleOf = ({ admin: own, publicUrl = cluster.url }: Config, shown: Services | undefined) =>
    shown &&
    calls && {
      ...{ ...shown, ...own?.console, log, calls, publicUrl },
      ...{ bridgeUrl: cluster.url, breakers: cluster.breakers },
    };
  try {
    const place = { ...admin, orFreePort: runtime.isDemo };
    const listener = await listenAdmin(health, place, consoleOf(config, services));
    return {
      url: listener.url,
      close: async () => {
        await listener.close();
        await store.close();
      },
      prepare: async (next) => {
        if (!services) return prepareNothing(next, options);
        const made = await services.next(next);
        return () => {
          services = made;
          made.takeOver();
          listener.showConsole(consoleOf(next, made));
        };
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
