import cluster from 'node:cluster';
import type { Exposition, MetricsSnapshot } from '../../observability/metrics.js';
import { type PrimaryMessage, SNAPSHOT_TIMEOUT_MS, type WorkerMessage } from './messages.js';

/** What a process does because it is one of several workers. */
export interface WorkerRole {
  /** Answers the primary's requests for the metrics of this worker. */
  readonly serveSnapshots: (snapshot: () => Promise<MetricsSnapshot>) => void;
  /** The metrics of all workers. Throws an Error where the primary does not give them. */
  readonly clusterMetrics: () => Promise<Exposition>;
  readonly reportListening: (url: string) => void;
  /** Reports why this worker cannot go on, and lets it end. */
  readonly reportFailure: (why: string) => void;
  /** Lets this worker end. */
  readonly disconnect: () => void;
}

/** The role of this process in a cluster; undefined where it is no worker. The only place that asks. */
export function workerRole(): WorkerRole | undefined {
  const { worker } = cluster;
  if (!worker) return undefined;
  return {
    serveSnapshots,
    clusterMetrics,
    reportListening: (url) => report({ listening: url }),
    reportFailure: (why) => report({ failed: why }, () => process.disconnect()),
    disconnect: () => void worker.disconnect(),
  };
}

function report(message: WorkerMessage, then?: () => void): void {
  process.send?.(message, undefined, undefined, then);
}

function serveSnapshots(snapshot: () => Promise<MetricsSnapshot>): void {
  process.on('message', (message: PrimaryMessage) => {
    if (!('wantsSnapshot' in message)) return;
    // A snapshot that fails is one that the primary stops waiting for.
    snapshot().then(
      (it) => report({ snapshot: it, id: message.wantsSnapshot }),
      () => {},
    );
  });
}

let requests = 0;

function clusterMetrics(): Promise<Exposition> {
  requests += 1;
  const id = requests;
  return new Promise((resolve, reject) => {
    const settle = (exposition?: Exposition) => {
      clearTimeout(timer);
      process.off('message', onMessage);
      if (exposition) resolve(exposition);
      else reject(new Error('the metrics of the workers cannot be had'));
    };
    const onMessage = (message: PrimaryMessage) => {
      if ('exposition' in message && message.id === id) settle(message.exposition);
    };
    const timer = setTimeout(settle, 2 * SNAPSHOT_TIMEOUT_MS);
    process.on('message', onMessage);
    report({ wantsMetrics: id });
  });
}
