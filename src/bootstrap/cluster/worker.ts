import cluster from 'node:cluster';
import type { Config } from '../../config/config.js';
import type { CallSink } from '../../console/calls.js';
import { sum, type Tally } from '../../console/tallies.js';
import type { Exposition, MetricsSnapshot } from '../../observability/metrics.js';
import { messageOf } from '../../shared/errors.js';
import type { BreakerState } from '../../upstream/resilience.js';
import { isPrimaryMessage, SNAPSHOT_TIMEOUT_MS, type WorkerMessage } from './messages.js';

/** What a worker of a cluster does beside answering calls. */
export interface WorkerRole {
  /** The configuration that the primary has; undefined in the demo. Resolves once, at the start. */
  readonly receiveConfig: () => Promise<Config | undefined>;
  /** Takes each configuration that the primary has later, in their order, and tells it what came of that. */
  readonly takeConfigs: (take: (config: Config) => Promise<void>) => void;
  /** Answers the primary's requests for the metrics of this worker. */
  readonly serveSnapshots: (snapshot: () => Promise<MetricsSnapshot>) => void;
  /** The metrics of the whole cluster. Throws an Error where the primary's reply times out. */
  readonly clusterMetrics: () => Promise<Exposition>;
  /** Passes calls on to the console of the primary. */
  readonly calls: CallSink;
  /** Passes the state of a breaker on to it. */
  readonly reportBreaker: (baseUrl: string, state: BreakerState) => void;
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
    ...createConfigReception(),
    serveSnapshots,
    clusterMetrics,
    calls: createCallReports(),
    reportBreaker: (baseUrl, state) => report({ breakerOf: baseUrl, state }),
    reportListening: (url) => report({ listening: url }),
    reportFailure: (why) => report({ failed: why }, () => process.disconnect()),
    disconnect: () => void worker.disconnect(),
  };
}

/** Calls `then` when the message is sent, or cannot be any more: without a callback, that would end the process. */
function report(message: WorkerMessage, then = () => {}): void {
  process.send?.(message, undefined, undefined, then);
}

function createConfigReception(): Pick<WorkerRole, 'receiveConfig' | 'takeConfigs'> {
  return {
    receiveConfig: () =>
      new Promise((resolve) => {
        const onMessage = (message: unknown) => {
          if (!isPrimaryMessage(message) || !('config' in message)) return;
          process.off('message', onMessage);
          resolve(message.config);
        };
        process.on('message', onMessage);
        report({ wantsConfig: true });
      }),
    takeConfigs: (take) => {
      process.on('message', (message: unknown) => {
        if (!isPrimaryMessage(message) || !('config' in message) || !message.config) return;
        const { config, id } = message;
        take(config).then(
          () => report({ tookConfig: id, problem: undefined }),
          (error: unknown) => report({ tookConfig: id, problem: messageOf(error) }),
        );
      });
    },
  };
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

/** How many calls may wait for a primary that is behind; further ones are dropped. */
const MAX_WAITING = 100;
/** How long calls are counted before the count is reported, in milliseconds. */
const COUNT_MS = 1000;

function createCallReports(): CallSink {
  let waiting = 0;
  let tally: Tally | undefined;
  return {
    keep: (call) => {
      if (waiting === MAX_WAITING) return;
      waiting += 1;
      report({ kept: call }, () => {
        waiting -= 1;
      });
    },
    count: (more) => {
      if (!tally) {
        const reportTally = () => {
          if (tally) report({ counted: tally });
          tally = undefined;
        };
        setTimeout(reportTally, COUNT_MS).unref();
      }
      tally = tally ? sum(tally, more) : more;
    },
  };
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
