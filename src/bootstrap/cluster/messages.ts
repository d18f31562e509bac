import type { Config } from '../../config/config.js';
import type { KeptCall } from '../../console/kept-call.js';
import type { Tally } from '../../console/tallies.js';
import type { Exposition, MetricsSnapshot } from '../../observability/metrics.js';
import type { BreakerState } from '../../upstream/resilience.js';

/**
 * From a worker to its primary: a request for the configuration, its URL, why it failed, its metrics, or a request for
 * those of the cluster; what came of a configuration, with why it was not taken; for the console, a call, how many there
 * were, and the state of a breaker.
 */
export type WorkerMessage =
  | { readonly kept: KeptCall }
  | { readonly counted: Tally }
  | { readonly breakerOf: string; readonly state: BreakerState }
  | { readonly listening: string }
  | { readonly failed: string }
  | { readonly snapshot: MetricsSnapshot; readonly id: number }
  | { readonly wantsMetrics: number }
  | { readonly wantsConfig: true }
  | { readonly tookConfig: number; readonly problem: string | undefined };

/**
 * From the primary to a worker: a request for its metrics, those of the cluster, or a configuration: at first the one that
 * it asked for, undefined in the demo, later those to be taken in its place.
 */
export type PrimaryMessage =
  | { readonly config: Config | undefined; readonly id: number }
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
    ('wantsConfig' in message && message.wantsConfig === true) ||
    ('tookConfig' in message &&
      typeof message.tookConfig === 'number' &&
      'problem' in message &&
      isOptionalText(message.problem)) ||
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
    ('config' in message && isConfig(message.config) && 'id' in message && typeof message.id === 'number') ||
    ('exposition' in message && isExposition(message.exposition) && 'id' in message && typeof message.id === 'number')
  );
}

function isKeptCall(value: unknown): boolean {
  if (!isObject(value)) return false;
  return 'summary' in value && isObject(value.summary) && 'detail' in value && typeof value.detail === 'string';
}

/** The primary is of the same version: what it sends for one is one. */
function isConfig(value: unknown): boolean {
  return value === undefined || (isObject(value) && 'applications' in value && Array.isArray(value.applications));
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
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
