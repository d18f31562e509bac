import type { Config } from '../config/config.js';
import { adminApp } from '../http/health.js';
import { type Listener, listen } from '../http/listener.js';
import { createLog, type Log } from '../observability/log.js';
import { startSandbox } from '../sandbox/sandbox.js';
import { openStore } from '../store/open.js';
import { isReachable, startBridgeServer } from './bridge-server.js';
import { type Cluster, startCluster } from './cluster/primary.js';
import { type Address, demoConfig, demoRoute, showDemo } from './demo.js';
import type { RuntimeOptions } from './runtime-options.js';

export interface ServeOptions {
  /** Absent: the demo, in front of a sandbox. */
  readonly config: Config | undefined;
  /** Where to listen, instead of where the configuration says. */
  readonly at: Address;
  /** The number of processes that answer; absent: this one answers. */
  readonly workers: number | undefined;
  /** Where the sandbox of the demo is, for its workers. */
  readonly sandbox: string | undefined;
  readonly runtime: RuntimeOptions;
  /** Where the demo shows its calls. */
  readonly print: (text: string) => void;
}

/** What `serve` has started. */
export interface Served {
  readonly url: string;
  readonly adminUrl: string | undefined;
  readonly stop: () => Promise<void>;
}

/** The variable that tells the workers of the demo where its sandbox is; read by the command line. */
const SANDBOX_VARIABLE = 'BOXBRIDGE_SANDBOX';

/**
 * Answers calls, in this process or in workers, for a configuration or as the demo. Throws an Error with one line for the
 * operator where it cannot.
 */
export async function serve(options: ServeOptions): Promise<Served> {
  const { config, at, sandbox, workers, runtime, print } = options;
  if (config) {
    const listening = { ...config, listen: { ...config.listen, ...at } };
    return start({ config: listening, log: createLog(), runtime, environment: {} }, workers);
  }
  if (runtime.worker) return start(demoAt(sandbox ?? '', options), workers);
  const started = await startSandbox({ host: '127.0.0.1', port: 0 });
  let bridge: Served | undefined;
  const stop = async () => {
    await bridge?.stop();
    await started.close();
  };
  try {
    bridge = await start(demoAt(started.url, options), workers);
    await showDemo(bridge.url, print);
    return { ...bridge, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Instance {
  readonly config: Config;
  readonly log: Log;
  readonly runtime: RuntimeOptions;
  /** Variables for its workers. */
  readonly environment: Readonly<Record<string, string>>;
}

function demoAt(sandbox: string, { at, runtime }: ServeOptions): Instance {
  return {
    config: demoConfig(at, process.cwd()),
    // Its calls are printed, not logged.
    log: createLog('warn'),
    runtime: { ...runtime, route: demoRoute(sandbox) },
    environment: { [SANDBOX_VARIABLE]: sandbox },
  };
}

async function start(instance: Instance, workers: number | undefined): Promise<Served> {
  const { config, log, runtime, environment } = instance;
  if (workers !== undefined && !runtime.worker) {
    const { shutdownMs } = config.limits;
    return withAdminListener(config, await startCluster({ count: workers, log, environment, shutdownMs }));
  }
  const bridge = await startBridgeServer(config, log, runtime);
  runtime.worker?.reportListening(bridge.url);
  return bridge;
}

/** The admin listener of a cluster is its primary's. */
async function withAdminListener(config: Config, cluster: Cluster): Promise<Served> {
  try {
    const admin = await listenForOperators(config, cluster);
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

async function listenForOperators(config: Config, { isUp, metrics }: Cluster): Promise<Listener | undefined> {
  if (!config.admin) return undefined;
  const store = await openStore(config.store);
  const isReady = async () => isUp() && (await isReachable(store));
  try {
    const listener = await listen(adminApp({ isReady, metrics }), config.admin);
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
