import { setTimeout as sleep } from 'node:timers/promises';
import { context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { Scope } from '../shared/scope.js';
import { version } from '../shared/version.js';
import type { Tracing } from './tracing.js';

/** Timeout of exporting the pending spans on close, in milliseconds. */
const CLOSE_MS = 1000;

/** Traces that go to a collector of OTLP over HTTP at this URL. */
export function createOtlpTracing(endpoint: string): Tracing {
  const { tracer, shutdown } = createExport(endpoint);
  const spans = new WeakMap<Scope, Span>();
  return {
    call: (scope) => {
      const span = tracer.startSpan('call', { kind: SpanKind.SERVER });
      spans.set(scope, span);
      return ({ protocol, provider, application, action, status, id }) => {
        span.updateName(`${protocol} ${action}`);
        span.setAttributes({
          'boxbridge.protocol': protocol,
          'boxbridge.provider': provider,
          'boxbridge.application': application,
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

/** Exports spans by OTLP over HTTP to the collector at this URL: https://opentelemetry.io/docs/specs/otlp/. */
function createExport(endpoint: string): { readonly tracer: Tracer; readonly shutdown: () => Promise<void> } {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'boxbridge', 'service.version': version }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  return { tracer: provider.getTracer('boxbridge', version), shutdown: () => provider.shutdown() };
}
