import cluster from 'node:cluster';
import type { Config } from '../config/load.js';
import { operationsApp } from '../http/health.js';
import { type Listening, listen } from '../http/listener.js';
import { createLog } from '../observability/log.js';
import { startSandbox } from '../sandbox/sandbox.js';
import { openStore } from '../store/open.js';
import { isThere, type Running, type Surroundings, start } from './bridge-server.js';
import { startWorkers, type Workers } from './cluster/primary.js';
import { announce, metricsOfAll } from './cluster/worker.js';
import { type At, demoConfig, showDemo, startDemo } from './demo.js';

export interface Serving {
  readonly url: string;
  readonly adminUrl: string | undefined;
  readonly stop: () => Promise<void>;
}

export interface ServeOptions extends Surroundings {
  /** Absent: a demo, in front of a sandbox. */
  readonly config: Config | undefined;
  readonly at: At;
  /** Answer in so many processes; absent: in this one. */
  readonly workers: number | undefined;
  /** Where the demo's sandbox is, if somebody else has started it. */
  readonly sandbox: string | undefined;
  /** Has the demo say what can be tried. */
  readonly print: (text: string) => void;
}

/** The variable that tells the workers of a demo where its sandbox is. */
export const SANDBOX_VARIABLE = 'BOXBRIDGE_SANDBOX';

/** Answers calls. Throws an Error with one line for the operator where it cannot. */
export async function serve(options: ServeOptions): Promise<Serving> {
  if (cluster.isWorker) {
    const worker = await serveHere({ ...options, sharedMetrics: metricsOfAll });
    announce(worker.url);
    return worker;
  }
  return options.config ? serveFor(options.config, options) : serveDemo(options);
}

/** With whatever belongs to the configuration, but not to each worker. */
function serveFor(config: Config, options: ServeOptions): Promise<Serving> {
  return options.workers === undefined ? serveHere(options) : serveWithWorkers(config, options.workers);
}

async function serveDemo(options: ServeOptions): Promise<Serving> {
  const sandbox = await startSandbox({ host: '127.0.0.1', port: 0 });
  try {
    const { workers } = options;
    const serving =
      workers === undefined
        ? await serveHere({ ...options, sandbox: sandbox.url })
        : await startWorkers({
            count: workers,
            log: createLog('warn'),
            environment: { [SANDBOX_VARIABLE]: sandbox.url },
            shutdownMs: demoConfig(options.at, process.cwd()).limits.shutdownMs,
          });
    await showDemo(serving.url, options.print).catch(async (error: unknown) => {
      await serving.stop();
      throw error;
    });
    return {
      url: serving.url,
      adminUrl: undefined,
      stop: async () => {
        await serving.stop();
        await sandbox.close();
      },
    };
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

function serveHere({ config, at, sandbox = '', ...surroundings }: ServeOptions & Surroundings): Promise<Running> {
  if (!config) return startDemo(at, process.cwd(), sandbox, surroundings);
  return start({ ...config, listen: { ...config.listen, ...at } }, createLog(), surroundings);
}

async function serveWithWorkers(config: Config, count: number): Promise<Serving> {
  const { shutdownMs } = config.limits;
  const workers = await startWorkers({ count, log: createLog(), environment: {}, shutdownMs });
  try {
    const operations = await listenForOperators(config, workers);
    return {
      url: workers.url,
      adminUrl: operations?.url,
      stop: async () => {
        await workers.stop();
        await operations?.close();
      },
    };
  } catch (error) {
    await workers.stop();
    throw error;
  }
}

async function listenForOperators(config: Config, { isUp, metrics }: Workers): Promise<Listening | undefined> {
  if (!config.admin) return undefined;
  const store = await openStore(config.store);
  const isReady = async () => isUp() && (await isThere(store));
  try {
    const listening = await listen(operationsApp({ isReady, metrics }), config.admin);
    return {
      ...listening,
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
