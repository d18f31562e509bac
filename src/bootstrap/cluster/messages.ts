import type { Exposition, MetricsSnapshot } from '../../observability/metrics.js';

/** From a worker to its primary: where it listens, why it failed, its metrics, or a request for those of the cluster. */
export type WorkerMessage =
  | { readonly listening: string }
  | { readonly failed: string }
  | { readonly snapshot: MetricsSnapshot; readonly id: number }
  | { readonly wantsMetrics: number };

/** From the primary to a worker: a request for its metrics, or those of the cluster (undefined: they cannot be had). */
export type PrimaryMessage =
  | { readonly wantsSnapshot: number }
  | { readonly exposition: Exposition | undefined; readonly id: number };

/** How long the primary waits for the metrics of a worker, in milliseconds. */
export const SNAPSHOT_TIMEOUT_MS = 1000;
