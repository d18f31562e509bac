import type { Exchange, Watch } from '../core/exchange.js';
import { messageOf, ProviderDefect, stackOf } from '../shared/errors.js';
import type { Scope } from '../shared/scope.js';
import { circumstancesOf } from './circumstances.js';
import type { Ledger } from './ledger.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';
import type { Tracing } from './tracing.js';

/** The outcome of a call. What it holds of the caller's values is for `watch` alone. */
export interface CallOutcome
  extends Omit<Exchange, 'id' | 'protocol' | 'startedAt' | 'ms' | 'upstream' | 'cause' | 'secrets'> {
  readonly cause: unknown;
  /** What it asked for in vain; the names are of a fixed set, or as the caller spells them where that is no secret. */
  readonly unserved: readonly { readonly kind: string; readonly name: string; readonly spelt: string }[];
}

/** A call that is over. */
export interface EndedCall {
  readonly id: string;
  /** The name of the legacy format. */
  readonly protocol: string;
  readonly ms: number;
  readonly scope: Scope;
  readonly outcome: CallOutcome;
  /** Masks the secrets of the call in a text. */
  readonly hide: (text: string) => string;
  readonly endSpan: ReturnType<Tracing['call']>;
}

export interface CallRecorderParts {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly ledger: Pick<Ledger, 'count'>;
  /** Looks at each call with all that was sent and received for it; absent: nothing of it is kept. */
  readonly watch?: Watch | undefined;
}

/** The label of what is of no application. */
export const NONE = 'none';

/** What records each call. These are made once, not for each call: a closure for each would cost more than the rest. */
export function createCallRecorders({ log, metrics, ledger, watch }: CallRecorderParts) {
  const countCall = ({ protocol, ms, outcome: { application, answer, unserved } }: EndedCall) => {
    const { action = 'unknown', status } = answer;
    const { name = NONE, provider = NONE } = application ?? {};
    metrics.calls.inc({ protocol, provider, application: name, action, status });
    metrics.callSeconds.observe({ protocol, application: name }, ms / 1000);
    for (const { kind, name: of } of unserved) metrics.unserved.inc({ kind, name: of });
  };

  const traceCall = ({ protocol, id, endSpan, outcome: { application, answer } }: EndedCall) => {
    const { action = 'unknown', status } = answer;
    const { name = NONE, provider = NONE } = application ?? {};
    endSpan({ protocol, provider, application: name, action, status, id });
  };

  const logCall = (ended: EndedCall) => {
    const { id, protocol, ms, scope, outcome, hide } = ended;
    const { application, answer, reply, cause } = outcome;
    const { action = 'unknown', status, reason } = answer;
    const line = {
      request_id: id,
      protocol,
      application: application?.name,
      action,
      status,
      http_status: reply.status,
      ms: Math.round(ms * 10) / 10,
      upstream_status: scope.outcomes,
      ...(reason !== undefined && circumstancesOf(outcome)),
      ...(cause !== undefined && { cause: maskedCauseOf(ended) }),
    };
    if (reason === 'internal')
      log.error({ ...line, stack: hide(stackOf(cause) ?? '') }, defectOf(cause, 'a defect of the bridge'));
    else if (reason === 'unavailable') log.warn(line, 'a call could not be answered');
    else if (reason !== undefined) log.warn(line, 'a call was refused');
    else log.info(line, 'call');
  };

  const addToLedger = (ended: EndedCall) => {
    const { application, userAgent, answer, unserved } = ended.outcome;
    ledger.count({
      application: application?.name,
      protocol: ended.protocol,
      userAgent,
      action: answer.action,
      reason: answer.reason,
      unserved,
      cause: maskedCauseOf(ended),
      hide: ended.hide,
    });
  };

  const show = (ended: EndedCall) => watch?.(toExchange(ended));

  return [countCall, traceCall, logCall, addToLedger, show];
}

/** Why there is no success, without secrets; undefined where there is. */
function maskedCauseOf({ outcome: { cause }, hide }: EndedCall): string | undefined {
  return cause === undefined ? undefined : hide(messageOf(cause));
}

function toExchange({ id, protocol, ms, scope, outcome: { cause, unserved: _, ...outcome } }: EndedCall): Exchange {
  return {
    ...outcome,
    id,
    protocol,
    startedAt: Math.round(Date.now() - ms),
    ms,
    upstream: scope.upstream ?? [],
    cause: cause === undefined ? undefined : messageOf(cause),
    secrets: scope.secrets,
  };
}

/** Whose defect it is, in the words of the log: `otherwise` where it is none of a provider. */
export const defectOf = (cause: unknown, otherwise: string): string =>
  cause instanceof ProviderDefect ? 'a defect of the provider' : otherwise;
