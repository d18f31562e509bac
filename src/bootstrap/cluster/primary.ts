import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { Log } from '../../observability/log.js';
import { aggregate, type Exposition, type MetricsSnapshot, sumCounters } from '../../observability/metrics.js';
import { messageOf } from '../../shared/errors.js';
import { serveClusterRateLimiters } from '../../shared/rate-limiter.js';
import { type PrimaryMessage, SNAPSHOT_TIMEOUT_MS, type WorkerMessage } from './messages.js';

/** Processes that answer at one port. */
export interface Cluster {
  /** Where they listen. */
  readonly url: string;
  /** Whether any of them answers calls. */
  readonly isUp: () => boolean;
  /** The metrics of all of them. */
  readonly metrics: () => Promise<Exposition>;
  /** Drains each, and ends it. */
  readonly stop: () => Promise<void>;
}

export interface ClusterOptions {
  /** The number of workers. */
  readonly count: number;
  readonly log: Log;
  /** Variables that the workers have beside those of this process. */
  readonly environment: Readonly<Record<string, string>>;
  /** The drain deadline of each, in milliseconds. */
  readonly shutdownMs: number;
}

/** How long after its drain deadline a hanging worker is killed, in milliseconds. */
const KILL_AFTER_MS = 2000;
/** A worker that exits sooner is crash-looping: wait as long before replacing it. In milliseconds. */
const CRASH_LOOP_MS = 1000;

/**
 * Runs this program in workers, with the same command line, and replaces each that exits. Throws an Error with one line
 * for the operator where the first ones cannot start.
 */
export async function startCluster({ count, log, environment, shutdownMs }: ClusterOptions): Promise<Cluster> {
  // Each worker accepts its own connections: one handed on to a worker that dies would be lost.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  serveClusterRateLimiters();
  const up = new Set<Worker>();
  const snapshots = createSnapshots();
  const metrics = async () => aggregate(await Promise.all([snapshots.retired(), ...[...up].map(snapshots.request)]));
  let isStopping = false;

  const add = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const begin = performance.now();
      const worker = cluster.fork(environment);
      worker.on('message', (message: WorkerMessage) => {
        if ('listening' in message) {
          up.add(worker);
          resolve(message.listening);
        } else if ('failed' in message) {
          reject(new Error(message.failed));
        } else if ('snapshot' in message) {
          snapshots.take(worker, message);
        } else if ('wantsMetrics' in message) {
          const id = message.wantsMetrics;
          metrics().then(
            (exposition) => send(worker, { exposition, id }),
            () => send(worker, { exposition: undefined, id }),
          );
        }
      });
      // A message to a worker that has just exited is lost, and nothing else is.
      worker.on('error', () => {});
      worker.once('exit', (code, signal) => {
        reject(new Error(`a worker ended (${signal ?? code}) before it could answer`));
        snapshots.retire(worker);
        if (!up.delete(worker) || isStopping) return;
        log.warn(`a worker ended (${signal ?? code}); another takes its place`);
        setTimeout(replace, performance.now() - begin < CRASH_LOOP_MS ? CRASH_LOOP_MS : 0);
      });
    });

  const replace = (): void => {
    if (isStopping) return;
    add().catch((error: unknown) => {
      if (isStopping) return;
      log.error(`a worker could not start: ${messageOf(error)}`);
      setTimeout(replace, CRASH_LOOP_MS);
    });
  };

  const stop = async () => {
    isStopping = true;
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    const exits = workers.map((worker) => once(worker, 'exit'));
    const kill = (signal: NodeJS.Signals) => {
      for (const worker of workers) worker.process.kill(signal);
    };
    kill('SIGTERM');
    const deadline = setTimeout(kill, shutdownMs + KILL_AFTER_MS, 'SIGKILL');
    await Promise.all(exits);
    clearTimeout(deadline);
  };

  try {
    // The others start when the first one listens: what is wrong is reported once.
    const url = await add();
    await Promise.all(Array.from({ length: count - 1 }, add));
    return { url, isUp: () => !isStopping && up.size > 0, metrics, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function send(worker: Worker, message: PrimaryMessage): void {
  if (worker.isConnected()) worker.send(message);
}

/** The metrics of the workers: of a running one at request, of an exited one as last reported. */
function createSnapshots() {
  const waiting = new Map<number, () => void>();
  const latest = new Map<Worker, MetricsSnapshot>();
  let retired: Promise<MetricsSnapshot> = Promise.resolve([]);
  let requests = 0;
  return {
    retired: () => retired,
    /** Those of a worker now; where it does not answer in time, the latest that it reported. */
    request: async (worker: Worker): Promise<MetricsSnapshot> => {
      requests += 1;
      const id = requests;
      await new Promise<void>((resolve) => {
        waiting.set(id, resolve);
        setTimeout(resolve, SNAPSHOT_TIMEOUT_MS).unref();
        send(worker, { wantsSnapshot: id });
      });
      waiting.delete(id);
      return latest.get(worker) ?? [];
    },
    take: (worker: Worker, { snapshot, id }: { snapshot: MetricsSnapshot; id: number }) => {
      latest.set(worker, snapshot);
      waiting.get(id)?.();
    },
    /** A counter must not fall when its worker exits. */
    retire: (worker: Worker) => {
      const last = latest.get(worker) ?? [];
      retired = retired.then((before) => sumCounters([before, last]));
      latest.delete(worker);
    },
  };
}
