import { setTimeout as sleep } from 'node:timers/promises';
import { type Attributes, context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { version } from './version.js';

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
export function createTracing(endpoint: string | undefined): Tracing {
  const provider = endpoint === undefined ? undefined : providerFor(endpoint);
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

function providerFor(endpoint: string): NodeTracerProvider {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'boxbridge', 'service.version': version }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  provider.register();
  return provider;
}
