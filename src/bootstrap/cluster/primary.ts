import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { Log } from '../../observability/log.js';
import { type Counted, type Exposition, sumOf, together } from '../../observability/metrics.js';
import { messageOf } from '../../shared/errors.js';
import { shareLimiters } from '../../shared/rate-limiter.js';
import { COUNTED_MS, type Order, type Word } from './worker.js';

/** Processes that answer at one port. */
export interface Workers {
  /** Where they listen. */
  readonly url: string;
  readonly isUp: () => boolean;
  readonly metrics: () => Promise<Exposition>;
  /** Lets each finish what it is answering, and end. */
  readonly stop: () => Promise<void>;
}

export interface WorkersOptions {
  /** How many. */
  readonly count: number;
  readonly log: Log;
  /** What they find in their environment besides what is in that of this process. */
  readonly environment: Readonly<Record<string, string>>;
  /** How long each may take to finish what it is answering, in milliseconds. */
  readonly shutdownMs: number;
}

/** A worker that hangs is ended so much later, in milliseconds. */
const HANGS_MS = 2000;
/** A worker that ends sooner than this could not really start; its place stays empty for as long. In milliseconds. */
const PAUSE_MS = 1000;

/**
 * Runs this program in more processes, with the same command line, and puts another in the place of each that ends.
 * Throws an Error with one line for the operator where the first ones cannot start.
 */
export async function startWorkers({ count, log, environment, shutdownMs }: WorkersOptions): Promise<Workers> {
  // Each takes its connections itself: one that this process handed on to a worker that dies would be nobody's.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  shareLimiters();
  const up = new Set<Worker>();
  const counters = createCounters();
  const metrics = async () => together(await Promise.all([counters.past(), ...[...up].map(counters.ask)]));
  let isStopping = false;

  const add = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const begin = performance.now();
      const worker = cluster.fork(environment);
      worker.on('message', (word: Word) => {
        if ('listening' in word) {
          up.add(worker);
          resolve(word.listening);
        } else if ('failed' in word) {
          reject(new Error(word.failed));
        } else if ('counted' in word) {
          counters.take(worker, word);
        } else if ('wantsMetrics' in word) {
          const id = word.wantsMetrics;
          void metrics().then(
            (exposition) => tell(worker, { exposition, id }),
            () => tell(worker, { exposition: undefined, id }),
          );
        }
      });
      // What is sent to a worker that has just ended is lost, and nothing else is.
      worker.on('error', () => {});
      worker.once('exit', (code, signal) => {
        reject(new Error(`a worker ended (${signal ?? code}) before it could answer`));
        counters.bury(worker);
        if (!up.delete(worker) || isStopping) return;
        log.warn(`a worker ended (${signal ?? code}); another takes its place`);
        setTimeout(replace, performance.now() - begin < PAUSE_MS ? PAUSE_MS : 0);
      });
    });

  const replace = (): void => {
    if (isStopping) return;
    add().catch((error: unknown) => {
      if (isStopping) return;
      log.error(`a worker could not start: ${messageOf(error)}`);
      setTimeout(replace, PAUSE_MS);
    });
  };

  const stop = async () => {
    isStopping = true;
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    const ends = workers.map((worker) => once(worker, 'exit'));
    const kill = (signal: NodeJS.Signals) => {
      for (const worker of workers) worker.process.kill(signal);
    };
    kill('SIGTERM');
    const hangs = setTimeout(kill, shutdownMs + HANGS_MS, 'SIGKILL');
    await Promise.all(ends);
    clearTimeout(hangs);
  };

  try {
    // The others come when the first has shown that it works: what is wrong is told once.
    const url = await add();
    await Promise.all(Array.from({ length: count - 1 }, add));
    return { url, isUp: () => !isStopping && up.size > 0, metrics, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function tell(worker: Worker, order: Order): void {
  if (worker.isConnected()) worker.send(order);
}

/** What workers have counted: those that run, when they are asked, and those that have ended, as far as they told. */
function createCounters() {
  const waiting = new Map<number, () => void>();
  const latest = new Map<Worker, Counted>();
  let past: Promise<Counted> = Promise.resolve([]);
  let asked = 0;
  return {
    past: () => past,
    /** What one has counted by now; where it does not answer, what it told last. */
    ask: async (worker: Worker): Promise<Counted> => {
      asked += 1;
      const id = asked;
      await new Promise<void>((resolve) => {
        waiting.set(id, resolve);
        setTimeout(resolve, COUNTED_MS).unref();
        tell(worker, { wantsCounted: id });
      });
      waiting.delete(id);
      return latest.get(worker) ?? [];
    },
    take: (worker: Worker, { counted, id }: { counted: Counted; id: number }) => {
      latest.set(worker, counted);
      waiting.get(id)?.();
    },
    /** A counter must not fall because its worker is gone. */
    bury: (worker: Worker) => {
      const last = latest.get(worker) ?? [];
      past = past.then((before) => sumOf([before, last]));
      latest.delete(worker);
    },
  };
}
