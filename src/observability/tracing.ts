import { setTimeout as sleep } from 'node:timers/promises';
import { type Attributes, context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { version } from '../shared/version.js';

/** Where the time of calls goes, for OpenTelemetry. */
export interface Tracing {
  /** Does the work of a call, whose requests to modern APIs become parts of its span. */
  readonly call: <T>(work: (span: Span) => Promise<T>) => Promise<T>;
  /** A request that is over. */
  readonly upstream: (seconds: number, attributes: Attributes, isError: boolean) => void;
  /** Sends what has not been sent yet. */
  readonly close: () => Promise<void>;
}

/** What the last spans have to arrive in, in milliseconds. */
const LAST_SPANS_MS = 1000;

/** `endpoint` is the URL of a collector of OTLP over HTTP; without it nothing is recorded. */
export async function createTracing(endpoint: string | undefined): Promise<Tracing> {
  // Whoever has no collector need not wait for what sends to it.
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
      // A collector that is away, or silent, must not keep the server from stopping.
      const sent = provider?.shutdown().catch(() => {});
      await Promise.race([sent, sleep(LAST_SPANS_MS, undefined, { ref: false })]);
    },
  };
}
