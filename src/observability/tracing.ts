import { setTimeout as sleep } from 'node:timers/promises';
import { type Attributes, context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Scope } from '../shared/scope.js';

/** What the span of a call tells. */
interface TracedCall {
  readonly protocol: string;
  readonly provider: string;
  readonly action: string;
  readonly status: string;
  /** The request id of the log. */
  readonly id: string;
}

/** Traces of calls, by OpenTelemetry. */
export interface Tracing {
  /** Begins the span of a call, in its scope; what it gives ends it. */
  readonly call: (scope: Scope) => (outcome: TracedCall) => void;
  /** Records the span of an upstream request that has ended, as a child of that of its call. */
  readonly upstream: (scope: Scope, seconds: number, attributes: Attributes, isError: boolean) => void;
  /** Exports the pending spans, as far as the collector takes them in time. */
  readonly close: () => Promise<void>;
}

/** Timeout of exporting the pending spans on close, in milliseconds. */
const CLOSE_MS = 1000;

const noTracing: Tracing = { call: () => () => {}, upstream: () => {}, close: async () => {} };

/** `endpoint` is the URL of a collector of OTLP over HTTP; without one, nothing is recorded. */
export async function createTracing(endpoint: string | undefined): Promise<Tracing> {
  if (endpoint === undefined) return noTracing;
  // Imported on demand: without a collector, the start does not load the exporter.
  const { createExport } = await import('./tracing-otlp.js');
  const { tracer, shutdown } = createExport(endpoint);
  const spans = new WeakMap<Scope, Span>();
  return {
    call: (scope) => {
      const span = tracer.startSpan('call', { kind: SpanKind.SERVER });
      spans.set(scope, span);
      return ({ protocol, provider, action, status, id }) => {
        span.updateName(`${protocol} ${action}`);
        span.setAttributes({
          'boxbridge.protocol': protocol,
          'boxbridge.provider': provider,
          'boxbridge.action': action,
          'boxbridge.status': status,
          'boxbridge.request_id': id,
        });
        span.end();
      };
    },
    upstream: (scope, seconds, attributes, isError) => {
      const end = Date.now();
      const parent = spans.get(scope);
      // The parent is given by hand: a context manager would cost every promise of the process.
      const around = parent ? trace.setSpan(context.active(), parent) : context.active();
      const startTime = end - seconds * 1000;
      const span = tracer.startSpan('upstream', { kind: SpanKind.CLIENT, attributes, startTime }, around);
      if (isError) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(end);
    },
    close: async () => {
      // A collector that is down or silent MUST NOT delay the shutdown further.
      await Promise.race([shutdown().catch(() => {}), sleep(CLOSE_MS, undefined, { ref: false })]);
    },
  };
}
