import cluster from 'node:cluster';
import type { Exposition, MetricsSnapshot } from '../../observability/metrics.js';
import { isPrimaryMessage, SNAPSHOT_TIMEOUT_MS, type WorkerMessage } from './messages.js';

/** What a worker of a cluster does beside answering calls. */
export interface WorkerRole {
  /** Answers the primary's requests for the metrics of this worker. */
  readonly serveSnapshots: (snapshot: () => Promise<MetricsSnapshot>) => void;
  /** The metrics of the whole cluster. Throws an Error where the primary's reply times out. */
  readonly clusterMetrics: () => Promise<Exposition>;
  readonly reportListening: (url: string) => void;
  /** Reports why this worker fails, and disconnects it. */
  readonly reportFailure: (why: string) => void;
  /** Disconnects from the primary, which otherwise keeps this process alive. */
  readonly disconnect: () => void;
}

/** The role of this process in a cluster; undefined where it is no worker. Nothing else reads `cluster.worker`. */
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
  process.on('message', (message: unknown) => {
    if (!isPrimaryMessage(message) || !('wantsSnapshot' in message)) return;
    const id = message.wantsSnapshot;
    snapshot().then(
      (metrics) => report({ snapshot: metrics, id }),
      // Without a reply the primary's request times out.
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
    const onMessage = (message: unknown) => {
      if (isPrimaryMessage(message) && 'exposition' in message && message.id === id) settle(message.exposition);
    };
    const timer = setTimeout(settle, 2 * SNAPSHOT_TIMEOUT_MS);
    process.on('message', onMessage);
    report({ wantsMetrics: id });
  });
}
