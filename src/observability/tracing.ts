import { setTimeout as sleep } from 'node:timers/promises';
import { type Attributes, context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { version } from '../shared/version.js';

/** Traces of calls, by OpenTelemetry. */
export interface Tracing {
  /** Does the work of a call in a span; its upstream requests become child spans. */
  readonly call: <T>(work: (span: Span) => Promise<T>) => Promise<T>;
  /** Records the span of an upstream request that has ended. */
  readonly upstream: (seconds: number, attributes: Attributes, isError: boolean) => void;
  /** Exports the pending spans, as far as the collector takes them in time. */
  readonly close: () => Promise<void>;
}

/** Timeout of exporting the pending spans on close, in milliseconds. */
const CLOSE_MS = 1000;

/** `endpoint` is the URL of a collector of OTLP over HTTP; without one, nothing is recorded. */
export async function createTracing(endpoint: string | undefined): Promise<Tracing> {
  // Imported on demand: without a collector, the start does not load the exporter.
  const provider =
    endpoint === undefined ? undefined : (await import('./tracing-otlp.js')).createTracerProvider(endpoint);
  const tracer = (provider ?? trace).getTracer('boxbridge', version);
  return {
    call: (work) =>
      tracer.startActiveSpan('call', { kind: SpanKind.SERVER }, (span) => work(span).finally(() => span.end())),
    upstream: (seconds, attributes, isError) => {
      const end = Date.now();
      const span = tracer.startSpan(
        'upstream',
        { kind: SpanKind.CLIENT, attributes, startTime: end - seconds * 1000 },
        context.active(),
      );
      if (isError) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(end);
    },
    close: async () => {
      // A collector that is down or silent MUST NOT delay the shutdown further.
      const exported = provider?.shutdown().catch(() => {});
      await Promise.race([exported, sleep(CLOSE_MS, undefined, { ref: false })]);
    },
  };
}
