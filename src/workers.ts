import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { messageOf } from './errors.js';
import { shareLimiters } from './limiter.js';
import type { Log } from './log.js';
import { type Exposition, together } from './metrics.js';
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

/** A worker that ends sooner than this could not really start; its place stays empty for as long. In milliseconds. */
const PAUSE_MS = 1000;

/**
 * Runs this program in so many more processes, with the same command line and this in addition to the environment, and
 * puts another in the place of each that ends. Throws an Error with one line for the operator where the first ones
 * cannot start.
 */
export async function startWorkers(
  count: number,
  log: Log,
  environment: Readonly<Record<string, string>>,
): Promise<Workers> {
  shareLimiters();
  const up = new Set<Worker>();
  const counters = createCounters();
  const metrics = async () => together(await Promise.all([...up].map(counters.ask)));
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
          counters.take(word);
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
    for (const worker of workers) worker.process.kill('SIGTERM');
    await Promise.all(ends);
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

/** Asks workers what they have counted; nothing of one that does not answer. */
function createCounters() {
  const waiting = new Map<number, (counted: readonly object[]) => void>();
  let asked = 0;
  return {
    ask: (worker: Worker): Promise<readonly object[]> => {
      asked += 1;
      const id = asked;
      return new Promise<readonly object[]>((resolve) => {
        waiting.set(id, resolve);
        setTimeout(resolve, COUNTED_MS, []).unref();
        tell(worker, { wantsCounted: id });
      }).finally(() => waiting.delete(id));
    },
    take: ({ counted, id }: { counted: readonly object[]; id: number }) => waiting.get(id)?.(counted),
  };
}
