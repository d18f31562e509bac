import { createRequire } from 'node:module';
import type { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { textInTurns } from './metrics-text.js';

type Library = typeof import('prom-client');

/** What is used alone: the package as a whole would also load its push gateway and summaries at the start. */
const require = createRequire(import.meta.url);
const library: Pick<Library, 'Counter' | 'Gauge' | 'Histogram' | 'Registry'> = {
  Counter: require('prom-client/lib/counter.js'),
  Gauge: require('prom-client/lib/gauge.js'),
  Histogram: require('prom-client/lib/histogram.js'),
  Registry: require('prom-client/lib/registry.js'),
};
/** Loaded when somebody reads them: they bring OpenTelemetry along. */
const defaultMetrics = (): Library['collectDefaultMetrics'] => require('prom-client/lib/defaultMetrics.js');

/** The metrics of one process, for Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/. */
export interface Metrics {
  readonly calls: Counter<'protocol' | 'provider' | 'application' | 'action' | 'status'>;
  readonly callSeconds: Histogram<'protocol' | 'application'>;
  readonly upstreamSeconds: Histogram<'provider' | 'application' | 'outcome'>;
  /** 0 closed, 1 half-open, 2 open. */
  readonly breaker: Gauge<'base_url'>;
  /** 1 counts, 0 away. */
  readonly limitsStore: Gauge<'limits_store'>;
  readonly signIns: Counter<'provider' | 'application' | 'outcome'>;
  readonly unserved: Counter<'kind' | 'name'>;
  readonly closedConnections: Counter<'why'>;
  readonly recordedCalls: Counter<'outcome'>;
  readonly shadowReads: Counter<'application' | 'outcome'>;
  readonly shadowDifferences: Counter<'application' | 'element'>;
  readonly noteConfig: ReturnType<typeof createConfigMetrics>;
  readonly exposition: () => Promise<Exposition>;
  /** The current values, for the primary of a cluster. */
  readonly snapshot: () => Promise<MetricsSnapshot>;
}

export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

/** Upper bounds of the histograms, in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

/** Numbers that are read whenever the metrics are. */
interface MetricsSources {
  /** The number of calls in flight. */
  readonly inFlight: () => number;
  /** How many lines of the log were lost so far. */
  readonly lostLines: () => number;
}

export function createMetrics({ inFlight, lostLines }: MetricsSources): Metrics {
  const registry = new library.Registry();
  const registers = [registry];
  let isComplete = false;
  /** The registry with the metrics of Node.js and of the process, from the first time that somebody reads it. */
  const complete = () => {
    if (!isComplete) defaultMetrics()({ register: registry });
    isComplete = true;
    return registry;
  };
  new library.Gauge({
    name: 'boxbridge_calls_in_flight',
    help: 'Calls that are being answered',
    registers,
    collect() {
      this.set(inFlight());
    },
  });
  new library.Counter({
    name: 'boxbridge_log_lines_lost_total',
    help: 'Lines of the log that could not be written',
    registers,
    collect() {
      this.reset();
      this.inc(lostLines());
    },
  });
  return {
    calls: new library.Counter({
      name: 'boxbridge_calls_total',
      help: 'Calls answered',
      labelNames: ['protocol', 'provider', 'application', 'action', 'status'],
      registers,
    }),
    callSeconds: new library.Histogram({
      name: 'boxbridge_call_seconds',
      help: 'Seconds from a request to its reply',
      labelNames: ['protocol', 'application'],
      buckets: BUCKETS,
      registers,
    }),
    upstreamSeconds: new library.Histogram({
      name: 'boxbridge_upstream_seconds',
      help: 'Seconds of requests to the modern APIs; the outcome is the HTTP status, or why there was none',
      labelNames: ['provider', 'application', 'outcome'],
      buckets: BUCKETS,
      registers,
    }),
    breaker: new library.Gauge({
      name: 'boxbridge_breaker_state',
      help: 'Whether a modern API is asked: 0 it is, 1 it is being tried again, 2 it is left alone',
      labelNames: ['base_url'],
      aggregator: 'max',
      registers,
    }),
    limitsStore: new library.Gauge({
      name: 'boxbridge_limits_store_up',
      help: 'Whether the limits_store counts the rates of all nodes: 1 it does, 0 each server counts for itself',
      labelNames: ['limits_store'],
      aggregator: 'min',
      registers,
    }),
    signIns: new library.Counter({
      name: 'boxbridge_sign_ins_total',
      help: 'Secrets entered at the sign-in page or sent with authorization',
      labelNames: ['provider', 'application', 'outcome'],
      registers,
    }),
    unserved: new library.Counter({
      name: 'boxbridge_unserved_total',
      help: 'What old programs asked for in vain: actions, paths and parameters of the old API by name, others as other, and envelopes',
      labelNames: ['kind', 'name'],
      registers,
    }),
    closedConnections: new library.Counter({
      name: 'boxbridge_closed_connections_total',
      help: 'Connections of callers that were closed because of a limit',
      labelNames: ['why'],
      registers,
    }),
    recordedCalls: new library.Counter({
      name: 'boxbridge_recorded_calls_total',
      help: 'Calls that were recorded, and those that were lost because they could not be written',
      labelNames: ['outcome'],
      registers,
    }),
    shadowReads: new library.Counter({
      name: 'boxbridge_shadow_reads_total',
      help: 'Reads that were sent to a shadow too; the outcome is equal, different, left out, or why it failed',
      labelNames: ['application', 'outcome'],
      registers,
    }),
    shadowDifferences: new library.Counter({
      name: 'boxbridge_shadow_differences_total',
      help: 'Elements in which the reply of a shadow differed',
      labelNames: ['application', 'element'],
      registers,
    }),
    noteConfig: createConfigMetrics(registry),
    exposition: async () => ({ contentType: registry.contentType, text: await textInTurns(complete()) }),
    snapshot: () => complete().getMetricsAsJSON(),
  };
}

/** What came of a configuration: of the one at the start, or of one that was read again. */
export type ConfigOutcome = 'started' | 'taken' | 'refused';

/** Whether the configuration in use is the one that was read last; in a cluster the primary tells. */
function createConfigMetrics(registry: Registry): (outcome: ConfigOutcome) => void {
  const registers = [registry];
  const aggregator = 'max';
  const reloads = new library.Counter({
    name: 'boxbridge_config_reloads_total',
    help: 'Configurations that were read again; the outcome is taken or refused',
    labelNames: ['outcome'],
    registers,
  });
  const isInUse = new library.Gauge({
    name: 'boxbridge_config_last_reload_successful',
    help: 'Whether the configuration that was read last is in use: 0 it was refused, 1 it is',
    aggregator,
    registers,
  });
  const takenAt = new library.Gauge({
    name: 'boxbridge_config_last_reload_success_timestamp_seconds',
    help: 'When the configuration in use was read',
    aggregator,
    registers,
  });
  for (const outcome of ['taken', 'refused']) reloads.inc({ outcome }, 0);
  return (outcome) => {
    if (outcome !== 'started') reloads.inc({ outcome });
    isInUse.set(outcome === 'refused' ? 0 : 1);
    if (outcome !== 'refused') takenAt.setToCurrentTime();
  };
}

/** The metrics of a primary, which answers no calls. */
export function createPrimaryMetrics(): Pick<Metrics, 'noteConfig' | 'snapshot'> {
  const registry = new library.Registry();
  return { noteConfig: createConfigMetrics(registry), snapshot: () => registry.getMetricsAsJSON() };
}

/** The metrics of one process, as a value that can be sent between processes. */
export type MetricsSnapshot = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** Only a cluster wants it. */
const aggregatorRegistry = (): Library['AggregatorRegistry'] => require('prom-client/lib/cluster.js');

/** Sums the counters and histograms of several processes; drops their gauges. */
export async function sumCounters(snapshots: readonly MetricsSnapshot[]): Promise<MetricsSnapshot> {
  const counters = snapshots.map((metrics) => metrics.filter(({ type }) => `${type}` !== 'gauge'));
  return aggregatorRegistry().aggregate(counters).getMetricsAsJSON();
}

/** Aggregates the metrics of several processes. */
export async function aggregate(snapshots: readonly MetricsSnapshot[]): Promise<Exposition> {
  const registry = aggregatorRegistry().aggregate([...snapshots]);
  return { contentType: registry.contentType, text: await registry.metrics() };
}
