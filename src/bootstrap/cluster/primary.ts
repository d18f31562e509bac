import cluster, { type Worker } from 'node:cluster';
import type { Config } from '../../config/config.js';
import type { CallSink } from '../../console/calls.js';
import type { Log } from '../../observability/log.js';
import { aggregate, type ConfigOutcome, createPrimaryMetrics, type Exposition } from '../../observability/metrics.js';
import { codeOf, messageOf } from '../../shared/errors.js';
import { serveClusterRateLimiters } from '../../shared/rate-limiter.js';
import { startTimer } from '../../shared/timer.js';
import type { BreakerState } from '../../upstream/resilience.js';
import { createBreakers } from './breakers.js';
import { createConfigs } from './configs.js';
import { isWorkerMessage } from './messages.js';
import { send } from './send.js';
import { createSnapshots } from './snapshots.js';

/** Workers that listen on one port. */
export interface Cluster {
  /** Where they listen. */
  readonly url: string;
  /** Whether at least one worker listens. */
  readonly isUp: () => boolean;
  /** The metrics of the whole cluster. */
  readonly metrics: () => Promise<Exposition>;
  /** The state of the breaker of each `base_url` whose state changed, in the worst of the workers. */
  readonly breakers: () => ReadonlyMap<string, BreakerState>;
  /**
   * Has one worker after the other take a configuration, and those that start later begin with it. Throws an Error with one
   * line for the operator where one cannot; all have the one before it then.
   */
  readonly take: (config: Config) => Promise<void>;
  /** Counts what came of a configuration. */
  readonly note: (outcome: ConfigOutcome) => void;
  /** Drains and ends all workers. */
  readonly stop: () => Promise<void>;
}

export interface ClusterOptions {
  /** The number of workers. */
  readonly count: number;
  readonly log: Log;
  /** Environment variables of the workers beside those of this process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where the calls of the workers are kept; undefined where there is no console. */
  readonly calls: CallSink | undefined;
  readonly config: Config;
  /** Whether the workers make the configuration by themselves. */
  readonly isDemo: boolean | undefined;
}

/** How long after its drain deadline a hanging worker is killed, in milliseconds. */
const KILL_AFTER_MS = 2000;
/** A worker that exits sooner is crash-looping: wait as long before replacing it. In milliseconds. */
const CRASH_LOOP_MS = 1000;

/**
 * Runs this program in workers, with the same command line and configuration, and replaces a worker that exits. Throws an Error with one
 * line for the operator where the first worker cannot start; as long as one serves, any other is replaced.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { count, log, environment, calls, config, isDemo } = options;
  // Each worker accepts its own connections: one that the primary hands to a dying worker would be lost.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  // A configuration has integers and files that JSON cannot tell.
  cluster.setupPrimary({ serialization: 'advanced' });
  serveClusterRateLimiters();
  /** Those that have a process, or will know in a moment that they have none. */
  const running = new Set<Worker>();
  const listening = new Set<Worker>();
  const snapshots = createSnapshots();
  const breakers = createBreakers<Worker>();
  const configs = createConfigs(config, isDemo);
  const { noteConfig, snapshot } = createPrimaryMetrics();
  const metrics = async () =>
    aggregate(await Promise.all([snapshot(), snapshots.retired(), ...[...listening].map(snapshots.request)]));
  let isStopping = false;

  /** Starts one worker; gives its URL as soon as it listens. */
  const startWorker = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const startedAt = performance.now();
      const worker = cluster.fork(environment);
      running.add(worker);
      const end = (why: string) => {
        running.delete(worker);
        reject(new Error(why));
        snapshots.retire(worker);
        breakers.forget(worker);
        configs.forget(worker);
      };
      worker.on('message', (message: unknown) => {
        if (!isWorkerMessage(message)) return;
        if ('listening' in message) {
          listening.add(worker);
          configs.listening(worker);
          resolve(message.listening);
        } else if ('failed' in message) {
          reject(new Error(message.failed));
        } else if ('wantsConfig' in message) {
          configs.begin(worker);
        } else if ('tookConfig' in message) {
          configs.took(worker, message);
        } else if ('snapshot' in message) {
          snapshots.receive(worker, message);
        } else if ('kept' in message) {
          calls?.keep(message.kept);
        } else if ('counted' in message) {
          calls?.count(message.counted);
        } else if ('breakerOf' in message) {
          breakers.note(worker, message.breakerOf, message.state);
        } else {
          const id = message.wantsMetrics;
          metrics().then(
            (exposition) => send(worker, { exposition, id }),
            // Without a reply the worker's request times out.
            () => {},
          );
        }
      });
      worker.on('error', (error) => {
        // Without a process there is no exit. Else it is a message to a worker that has just exited, and may be lost.
        if (worker.process.pid === undefined) end(`no process can be made for it (${codeOf(error)})`);
      });
      worker.once('exit', (code, signal) => {
        end(`a worker ended (${signal ?? code}) before it could answer`);
        if (!listening.delete(worker) || isStopping) return;
        log.warn(`a worker ended (${signal ?? code}); another takes its place`);
        setTimeout(startAnother, performance.now() - startedAt < CRASH_LOOP_MS ? CRASH_LOOP_MS : 0);
      });
    });

  /** Starts a worker; where it does not come to listen, another one in a moment. */
  const startAnother = async (): Promise<void> => {
    if (isStopping) return;
    try {
      await startWorker();
    } catch (error) {
      if (isStopping) return;
      log.error(`a worker could not start: ${messageOf(error)}`);
      setTimeout(startAnother, CRASH_LOOP_MS);
    }
  };

  const stop = async () => {
    isStopping = true;
    const workers = [...running];
    // Not `once` of events, which also ends with an error: that of a message to a worker that has just exited.
    const exits = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    const kill = (signal: NodeJS.Signals) => {
      for (const worker of workers) worker.process.kill(signal);
    };
    kill('SIGTERM');
    const { shutdownMs } = configs.current().limits;
    const deadline = startTimer(() => kill('SIGKILL'), shutdownMs + KILL_AFTER_MS);
    await Promise.all(exits);
    clearTimeout(deadline);
  };

  try {
    // The others start once the first one listens, so that an error is reported once; that one was none of theirs.
    const url = await startWorker();
    await Promise.all(Array.from({ length: count - 1 }, startAnother));
    noteConfig('started');
    return {
      url,
      isUp: () => !isStopping && listening.size > 0,
      metrics,
      breakers: breakers.worst,
      take: async (next) => {
        await configs.take(next);
        if (isStopping) throw new Error('the bridge is stopping');
      },
      note: noteConfig,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
