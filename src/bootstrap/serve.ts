import type { Config } from '../config/config.js';
import { warningsOf } from '../config/warnings.js';
import { createLog, type Log } from '../observability/log.js';
import type { ConfigOutcome } from '../observability/metrics.js';
import type { LogLevel } from '../shared/log-level.js';
import { version } from '../shared/version.js';
import { startBridgeServer } from './bridge-server.js';
import { withAdminListener } from './cluster/admin.js';
import { startCluster } from './cluster/primary.js';
import type { Address } from './demo.js';
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
  /** The URL of the demo's sandbox; set in a worker of the demo. */
  readonly sandbox: string | undefined;
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
  /** Undefined where there is no console. */
  readonly consoleUrl: string | undefined;
  /** In a worker the primary reloads. */
  readonly reload: Reload;
  readonly stop: () => Promise<void>;
}

/** The variable with the URL of the demo's sandbox, for its workers; read by the command line. */
const SANDBOX_VARIABLE = 'BOXBRIDGE_SANDBOX';

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
  if (!runtime.worker) for (const warning of warningsOf(config)) log.warn(warning);
  const instance = { config: complete, log, runtime: { ...runtime, lostLines }, environment: {} };
  return startInstance(
    { ...instance, changeLog: change, readConfig: async () => completed(await readConfig()) },
    workers,
  );
}

async function startDemo(options: ServeOptions): Promise<RunningBridge> {
  const { address, sandbox: sandboxUrl = '', readConfig, workers, logLevel, runtime, print } = options;
  // Loaded on demand: without the demo, nothing needs the sandbox.
  const { demoConfig, demoRoute, showDemo, startSandbox } = await import('./demo.js');
  const { log, lostLines } = createLog({ level: logLevel });
  const instance = (sandbox: string): Instance => ({
    config: demoConfig(address, process.cwd()),
    log,
    runtime: { ...runtime, lostLines, route: demoRoute(sandbox), isDemo: true },
    environment: { [SANDBOX_VARIABLE]: sandbox },
    changeLog: () => {},
    readConfig,
  });
  // The primary has the sandbox.
  if (runtime.worker) return startInstance(instance(sandboxUrl), workers);
  const sandbox = await startSandbox({ host: '127.0.0.1', port: 0 });
  let bridge: RunningBridge | undefined;
  const stop = async () => {
    await bridge?.stop();
    await sandbox.close();
  };
  try {
    bridge = await startInstance(instance(sandbox.url), workers);
    await showDemo(bridge.url, print);
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
  const launching = launch({ ...instance, runtime }, workers);
  const bridge = await launching;
  if (runtime.worker) {
    runtime.worker.takeConfigs(take);
    runtime.worker.reportListening(bridge.url);
    return { ...bridge, reload, consoleUrl: undefined };
  }
  // Not before: a start that fails is one line for the operator.
  log.info({ version, node: process.version, workers }, 'started');
  log.info({ url: bridge.url, admin_url: bridge.adminUrl }, 'listening');
  return {
    ...bridge,
    reload,
    consoleUrl: config.admin?.console && bridge.adminUrl && `${bridge.adminUrl}/console`,
    stop: async () => {
      log.info('stopping');
      await bridge.stop();
      log.info('stopped');
    },
  };
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
