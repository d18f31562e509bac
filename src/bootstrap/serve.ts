import type { Config } from '../config/config.js';
import { warningsOf } from '../config/warnings.js';
import { createLog, type Log } from '../observability/log.js';
import type { ConfigOutcome } from '../observability/metrics.js';
import { providers } from '../providers/index.js';
import { provideSdk } from '../providers/load.js';
import { refreshImports } from '../shared/import-module.js';
import type { LogLevel } from '../shared/log-level.js';
import { version } from '../shared/version.js';
import { startBridgeServer } from './bridge-server.js';
import { withAdminListener } from './cluster/admin.js';
import { startCluster } from './cluster/primary.js';
import type { Address, DemoPlace } from './demo.js';
import { openCalls } from './inspection.js';
import { createReload, type Reload } from './reload.js';
import type { RuntimeOptions } from './runtime-options.js';

export interface ServeOptions {
  /** Absent: the demo, in front of a sandbox. */
  readonly config: Config | undefined;
  /** Reads the configuration again. Rejects with a line for every problem. */
  readonly readConfig: () => Promise<Config>;
  /** Takes precedence over `listen` of the configuration. */
  readonly address: Address;
  /** The number of workers; absent: this process answers. */
  readonly workers: number | undefined;
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
  /** In a worker the primary reloads. */
  readonly reload: Reload;
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
  const { config, readConfig, address, workers, logLevel, runtime } = options;
  if (!config) return startDemo(options);
  /** With what takes precedence over the configuration. */
  const completed = (given: Config): Config => ({
    ...given,
    listen: { ...given.listen, ...address },
    log: { ...given.log, level: logLevel ?? given.log.level },
  });
  const complete = completed(config);
  const { log, change, lostLines } = createLog(complete.log);
  if (!runtime.worker) for (const { message } of warningsOf(config)) log.warn(message);
  const instance = { config: complete, log, runtime: { ...runtime, lostLines }, environment: {} };
  return startInstance(
    { ...instance, changeLog: change, readConfig: async () => completed(await readConfig()) },
    workers,
  );
}

async function startDemo(options: ServeOptions): Promise<RunningBridge> {
  const { address, demo: ofPrimary, isAll, readConfig, workers, logLevel, runtime, print } = options;
  // Loaded on demand: without the demo, nothing needs the sandbox.
  const { demoConfig, demoRoute, openDemo } = await import('./demo.js');
  const { log, lostLines } = createLog({ level: logLevel });
  const instance = (demo: DemoPlace): Instance => ({
    config: demoConfig(address, demo.folder),
    log,
    runtime: { ...runtime, lostLines, route: demoRoute(demo.sandbox), isDemo: true },
    environment: variablesOf(demo),
    changeLog: () => {},
    readConfig,
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
  readonly changeLog: (options: Config['log']) => void;
  readonly readConfig: () => Promise<Config>;
}

/** Starts a bridge, and logs its beginning and end; in a cluster the primary does. */
async function startInstance(instance: Instance, workers: number | undefined): Promise<RunningBridge> {
  const { config, readConfig, changeLog, log } = instance;
  const take = async (next: Config) => {
    const { take: takeOver } = await launching;
    await takeOver(next);
    changeLog(next.log);
  };
  const note = (outcome: ConfigOutcome) =>
    void launching.then(
      (launched) => launched.note(outcome),
      // A start that fails is told by itself.
      () => {},
    );
  const reload = createReload({ config, read: readConfig, take, note, log });
  const runtime = { ...instance.runtime, reload };
  if (runtime.worker) prepareModules(config);
  const launching = launch({ ...instance, runtime }, workers);
  const bridge = await launching;
  if (runtime.worker) {
    runtime.worker.takeConfigs(async (next) => {
      prepareModules(next);
      await take(next);
    });
    runtime.worker.reportListening(bridge.url);
    return { ...bridge, reload, console: undefined };
  }
  // Not before: a start that fails is one line for the operator.
  log.info({ version, node: process.version, workers }, 'started');
  log.info({ url: bridge.url, admin_url: bridge.adminUrl }, 'listening');
  return {
    ...bridge,
    console: consoleOf(config, bridge),
    reload,
    stop: async () => {
      log.info('stopping');
      await bridge.stop();
      log.info('stopped');
    },
  };
}

/** Makes a worker ready for the modules, as they are now, that a configuration names which its primary has read. */
function prepareModules({ applications }: Config): void {
  refreshImports();
  const named = applications.flatMap(({ provider, shadow }) => (shadow ? [provider, shadow.provider] : [provider]));
  if (named.some((name) => providers.every((known) => known.name !== name))) provideSdk();
}

function consoleOf({ admin }: Config, { adminUrl }: Launched): RunningBridge['console'] {
  if (!admin?.console || adminUrl === undefined) return undefined;
  return { url: `${adminUrl}/console`, hasPassword: admin.console.password !== undefined };
}

interface Launched extends Pick<RunningBridge, 'url' | 'adminUrl' | 'stop'> {
  readonly take: (config: Config) => Promise<void>;
  readonly note: (outcome: ConfigOutcome) => void;
}

async function launch(instance: Instance, workers: number | undefined): Promise<Launched> {
  const { config, log, runtime, environment } = instance;
  if (workers !== undefined && !runtime.worker) {
    const { isDemo } = runtime;
    const calls = config.admin?.console && (await openCalls());
    const cluster = await startCluster({ count: workers, log, environment, calls, config, isDemo });
    return withAdminListener(cluster, { config, log, runtime, calls });
  }
  return startBridgeServer(config, log, runtime);
}
