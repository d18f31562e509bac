import type { Attributes } from '@opentelemetry/api';
import type { Scope } from '../shared/scope.js';

/** What the span of a call tells. */
interface TracedCall {
  readonly protocol: string;
  readonly provider: string;
  readonly application: string;
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

/** Records nothing. */
export const noTracing: Tracing = { call: () => () => {}, upstream: () => {}, close: async () => {} };
