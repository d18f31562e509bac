import type { KeptCall } from '../../console/kept-call.js';
import type { Tally } from '../../console/tallies.js';
import type { Exposition, MetricsSnapshot } from '../../observability/metrics.js';
import type { BreakerState } from '../../upstream/resilience.js';

/**
 * From a worker to its primary: its URL, why it failed, its metrics, or a request for those of the cluster; for the
 * console, a call, how many there were, and the state of a breaker.
 */
export type WorkerMessage =
  | { readonly kept: KeptCall }
  | { readonly counted: Tally }
  | { readonly breakerOf: string; readonly state: BreakerState }
  | { readonly listening: string }
  | { readonly failed: string }
  | { readonly snapshot: MetricsSnapshot; readonly id: number }
  | { readonly wantsMetrics: number };

/** From the primary to a worker: a request for its metrics, or those of the cluster. */
export type PrimaryMessage =
  | { readonly wantsSnapshot: number }
  | { readonly exposition: Exposition; readonly id: number };

/** How long the primary waits for the metrics of a worker, in milliseconds. */
export const SNAPSHOT_TIMEOUT_MS = 1000;

/** Others MUST be ignored: the rate limiters share the channel, and a replacement may be of another version. */
export function isWorkerMessage(message: unknown): message is WorkerMessage {
  if (!isObject(message)) return false;
  return (
    ('listening' in message && typeof message.listening === 'string') ||
    ('failed' in message && typeof message.failed === 'string') ||
    ('snapshot' in message && Array.isArray(message.snapshot) && 'id' in message && typeof message.id === 'number') ||
    ('wantsMetrics' in message && typeof message.wantsMetrics === 'number') ||
    ('kept' in message && isKeptCall(message.kept)) ||
    ('counted' in message && isObject(message.counted)) ||
    ('breakerOf' in message && typeof message.breakerOf === 'string' && 'state' in message && isState(message.state))
  );
}

/** Others MUST be ignored, as with `isWorkerMessage`. */
export function isPrimaryMessage(message: unknown): message is PrimaryMessage {
  if (!isObject(message)) return false;
  return (
    ('wantsSnapshot' in message && typeof message.wantsSnapshot === 'number') ||
    ('exposition' in message && isExposition(message.exposition) && 'id' in message && typeof message.id === 'number')
  );
}

function isKeptCall(value: unknown): boolean {
  if (!isObject(value)) return false;
  return 'summary' in value && isObject(value.summary) && 'detail' in value && typeof value.detail === 'string';
}

function isState(value: unknown): boolean {
  return value === 'closed' || value === 'half-open' || value === 'open';
}

function isExposition(value: unknown): boolean {
  if (!isObject(value)) return false;
  return (
    'contentType' in value && typeof value.contentType === 'string' && 'text' in value && typeof value.text === 'string'
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
