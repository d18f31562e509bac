import type { Config } from '../config/config.js';
import { warningsOf } from '../config/warnings.js';
import { createLog, type Log } from '../observability/log.js';
import type { LogLevel } from '../shared/log-level.js';
import { version } from '../shared/version.js';
import { startBridgeServer } from './bridge-server.js';
import { withAdminListener } from './cluster/admin.js';
import { startCluster } from './cluster/primary.js';
import type { Address, DemoPlace } from './demo.js';
import { openCalls } from './inspection.js';
import type { RuntimeOptions } from './runtime-options.js';

export interface ServeOptions {
  /** Absent: the demo, in front of a sandbox. */
  readonly config: Config | undefined;
  /** Takes precedence over `listen` of the configuration. */
  readonly address: Address;
  /** The number of workers; absent: this process answers. */
  readonly workers: number | undefined;
  /** What this process has read from standard input, for its workers to read; undefined where it has read nothing. */
  readonly input: string | undefined;
  /** Set in a worker of the demo. */
  readonly demo: DemoPlace | undefined;
  /** Whether the demo shows the long calls too. */
  readonly isAll: boolean;
  /** The least level of the log; takes precedence over `log.level` of the configuration. */
  readonly logLevel: LogLevel | undefined;
  readonly runtime: RuntimeOptions;
  /** Prints the calls of the demo. */
  readonly print: (text: string) => void;
}

/** A running bridge: in this process, or in the workers of a cluster. */
export interface RunningBridge {
  readonly url: string;
  readonly adminUrl: string | undefined;
  /** Undefined where there is none. */
  readonly console: { readonly url: string; readonly hasPassword: boolean } | undefined;
  readonly stop: () => Promise<void>;
}

/** The variables for the workers of the demo; read by the command line. */
const variablesOf = ({ sandbox, folder }: DemoPlace) => ({
  BOXBRIDGE_SANDBOX: sandbox,
  BOXBRIDGE_DEMO_FOLDER: folder,
});

/**
 * The command `serve`: starts a bridge, in this process or in workers, for a configuration or as the demo. Throws an Error
 * with one line for the operator where it cannot.
 */
export async function serve(options: ServeOptions): Promise<RunningBridge> {
  const { config, address, workers, input, logLevel, runtime } = options;
  if (!config) return startDemo(options);
  const listen = { ...config.listen, ...address };
  const { log, lostLines } = createLog({ ...config.log, level: logLevel ?? config.log.level });
  if (!runtime.worker) for (const { message } of warningsOf(config)) log.warn(message);
  const instance = { config: { ...config, listen }, log, runtime: { ...runtime, lostLines }, environment: {}, input };
  return startInstance(instance, workers);
}

async function startDemo(options: ServeOptions): Promise<RunningBridge> {
  const { address, demo: ofPrimary, isAll, workers, logLevel, runtime, print } = options;
  // Loaded on demand: without the demo, nothing needs the sandbox.
  const { demoConfig, demoRoute, openDemo } = await import('./demo.js');
  const { log, lostLines } = createLog({ level: logLevel });
  const instance = (demo: DemoPlace): Instance => ({
    config: demoConfig(address, demo.folder),
    log,
    runtime: { ...runtime, lostLines, route: demoRoute(demo.sandbox), isDemo: true },
    environment: variablesOf(demo),
    input: undefined,
  });
  if (runtime.worker && ofPrimary) return startInstance(instance(ofPrimary), workers);
  const demo = await openDemo();
  let bridge: RunningBridge | undefined;
  const stop = async () => {
    await bridge?.stop();
    await demo.close();
  };
  try {
    bridge = await startInstance(instance(demo), workers);
    const { showDemo } = await import('./demo-calls.js');
    // A call that is shown needs no line of the log between.
    const { level } = log;
    if (logLevel === undefined) log.level = 'warn';
    await showDemo(bridge.url, isAll, print);
    log.level = level;
    return { ...bridge, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A bridge to start. */
interface Instance {
  readonly config: Config;
  readonly log: Log;
  readonly runtime: RuntimeOptions;
  /** Environment variables for its workers. */
  readonly environment: Readonly<Record<string, string>>;
  /** The standard input of its workers; undefined: that of this process. */
  readonly input: string | undefined;
}

/** Starts a bridge, and logs its beginning and end; in a cluster the primary does. */
async function startInstance(instance: Instance, workers: number | undefined): Promise<RunningBridge> {
  const { config, log, runtime } = instance;
  const bridge = await launch(instance, workers);
  if (runtime.worker) return { ...bridge, console: undefined };
  // Not before: a start that fails is one line for the operator.
  log.info({ version, node: process.version, workers }, 'started');
  log.info({ url: bridge.url, admin_url: bridge.adminUrl }, 'listening');
  return {
    ...bridge,
    console: consoleOf(config, bridge),
    stop: async () => {
      log.info('stopping');
      await bridge.stop();
      log.info('stopped');
    },
  };
}

function consoleOf({ admin }: Config, { adminUrl }: Launched): RunningBridge['console'] {
  if (!admin?.console || adminUrl === undefined) return undefined;
  return { url: `${adminUrl}/console`, hasPassword: admin.console.password !== undefined };
}

type Launched = Omit<RunningBridge, 'console'>;

async function launch(instance: Instance, workers: number | undefined): Promise<Launched> {
  const { config, log, runtime, environment, input } = instance;
  if (workers !== undefined && !runtime.worker) {
    const { shutdownMs } = config.limits;
    const calls = config.admin?.console && (await openCalls());
    const cluster = await startCluster({ count: workers, log, environment, input, calls, shutdownMs });
    return withAdminListener(cluster, { config, log, runtime, calls });
  }
  const bridge = await startBridgeServer(config, log, runtime);
  runtime.worker?.reportListening(bridge.url);
  return bridge;
}
