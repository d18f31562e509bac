import type { Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { version } from '../shared/version.js';

/** Exports spans by OTLP over HTTP to the collector at this URL: https://opentelemetry.io/docs/specs/otlp/. */
export function createExport(endpoint: string): { readonly tracer: Tracer; readonly shutdown: () => Promise<void> } {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'boxbridge', 'service.version': version }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  return { tracer: provider.getTracer('boxbridge', version), shutdown: () => provider.shutdown() };
}
