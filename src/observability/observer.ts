import type { Exchange, Watch } from '../core/exchange.js';
import { createMask } from '../core/secrets.js';
import { messageOf, ProviderDefect, stackOf } from '../shared/errors.js';
import { createScope, type Scope } from '../shared/scope.js';
import type { UpstreamObservation } from '../upstream/client.js';
import type { BreakerState } from '../upstream/resilience.js';
import { circumstancesOf } from './circumstances.js';
import type { Ledger } from './ledger.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';
import type { Tracing } from './tracing.js';

/** The part of an application that is recorded. */
type ObservedApplication = NonNullable<Exchange['application']>;

/** The outcome of a call. What it holds of the caller's values is for `watch` alone. */
interface CallOutcome
  extends Omit<Exchange, 'id' | 'protocol' | 'startedAt' | 'ms' | 'upstream' | 'cause' | 'secrets'> {
  readonly cause: unknown;
  /** What it asked for in vain; the names are of a fixed set, or as the caller spells them where that is no secret. */
  readonly unserved: readonly { readonly kind: string; readonly name: string; readonly spelt: string }[];
}

/** Connections that were closed for the same reason within a second. */
interface ClosedConnections {
  readonly why: string;
  /** How many. */
  readonly connections: number;
  /** That of the last of them. */
  readonly address: string;
}

type SignInOutcome = 'signed in' | 'refused' | 'too many' | 'outage' | 'another site';

/** Records what the bridge does in the log, the metrics and the traces. Fails open: none of its functions throws. */
export interface Observer {
  /** Records one call, whose work reports its outcome. Rejects only with what `work` rejects with. */
  readonly call: <T>(
    about: { readonly protocol: string; readonly id: string },
    work: (scope: Scope, report: (outcome: CallOutcome) => void) => Promise<T>,
  ) => Promise<T>;
  readonly upstream: (observation: UpstreamObservation, scope: Scope) => void;
  readonly breaker: (baseUrl: string, state: BreakerState) => void;
  readonly signIn: (application: ObservedApplication, outcome: SignInOutcome, cause?: unknown) => void;
  /** Records connections that were closed although their callers would have kept them. */
  readonly closedConnections: (closed: ClosedConnections) => void;
  /** Records that calls come through proxies at these addresses, which are not trusted. */
  readonly untrustedProxies: (addresses: readonly string[]) => void;
  /** Records a defect outside any call. */
  readonly defect: (what: string, cause: unknown) => void;
}

/** The label of what is of no application. */
const NONE = 'none';

const breakerLevels = { closed: 0, 'half-open': 1, open: 2 };

export interface ObserverParts {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly ledger: Pick<Ledger, 'count'>;
  /** Looks at each call with all that was sent and received for it; absent: nothing of it is kept. */
  readonly watch?: Watch | undefined;
}

export function createObserver({ log, metrics, tracing, ledger, watch }: ObserverParts): Observer {
  const defect = (what: string, cause: unknown) => {
    try {
      log.error({ cause: messageOf(cause), stack: stackOf(cause) }, what);
    } catch {
      // The log itself fails: there is nowhere left to report it.
    }
  };
  /** Records each on its own. Fails open: a defect here MUST NOT change the reply of a call. */
  const record = (...records: readonly (() => void)[]) => {
    for (const each of records) {
      try {
        each();
      } catch (error) {
        defect('a defect of the bridge', error);
      }
    }
  };

  return {
    call: async ({ protocol, id }, work) => {
      const scope = createScope();
      if (watch) scope.upstream = [];
      const begin = performance.now();
      const endSpan = tracing.call(scope);
      const report = (outcome: CallOutcome) => {
        const { application, answer, reply, cause, unserved } = outcome;
        const { action = 'unknown', status, reason } = answer;
        const ms = performance.now() - begin;
        const { name = NONE, provider = NONE } = application ?? {};
        const hide = createMask(scope.secrets);
        const told = () => (cause === undefined ? undefined : hide(messageOf(cause)));
        record(
          () => {
            metrics.calls.inc({ protocol, provider, application: name, action, status });
            metrics.callSeconds.observe({ protocol, application: name }, ms / 1000);
            for (const { kind, name: of } of unserved) metrics.unserved.inc({ kind, name: of });
          },
          () => endSpan({ protocol, provider, application: name, action, status, id }),
          () => {
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
              ...(cause !== undefined && { cause: told() }),
            };
            if (reason === 'internal') {
              log.error({ ...line, stack: hide(stackOf(cause) ?? '') }, defectOf(cause));
            } else if (reason === 'unavailable') log.warn(line, 'a call could not be answered');
            else if (reason !== undefined) log.warn(line, 'a call was refused');
            else log.info(line, 'call');
          },
          () => {
            const asked = { protocol, userAgent: outcome.userAgent, action: answer.action, unserved };
            ledger.count({ ...asked, application: application?.name, reason, cause: told(), hide });
          },
          () => watch?.(toExchange(outcome, { id, protocol, ms, scope })),
        );
      };
      return work(scope, report);
    },
    upstream: ({ application = NONE, provider = NONE, method, outcome, seconds }, scope) => {
      const isError = typeof outcome === 'string' || outcome >= 500;
      const attributes = {
        'boxbridge.application': application,
        'boxbridge.provider': provider,
        'http.request.method': method,
        outcome,
      };
      record(
        () => metrics.upstreamSeconds.observe({ provider, application, outcome }, seconds),
        () => tracing.upstream(scope, seconds, attributes, isError),
      );
    },
    breaker: (baseUrl, state) =>
      record(
        () => metrics.breaker.set({ base_url: baseUrl }, breakerLevels[state]),
        () => log.warn({ base_url: baseUrl, state }, 'the breaker of a modern API'),
      ),
    signIn: ({ name, provider }, outcome, cause) => {
      record(
        () => metrics.signIns.inc({ provider, application: name, outcome }),
        () => {
          const line = {
            application: name,
            provider,
            outcome,
            ...(cause !== undefined && { cause: messageOf(cause) }),
          };
          if (outcome === 'outage') log.warn(line, 'a sign-in could not be tried');
          else if (outcome === 'another site') log.warn(line, 'a sign-in was refused');
          else log.info(line, 'sign-in');
        },
      );
    },
    closedConnections: ({ why, connections, address }) =>
      record(
        () => metrics.closedConnections.inc({ why }, connections),
        () => log.warn({ cause: why, connections, address }, 'connections were closed'),
      ),
    untrustedProxies: (addresses) =>
      record(() =>
        log.warn({ addresses }, 'calls come from few private addresses with X-Forwarded-For: is trust_proxy missing?'),
      ),
    defect,
  };
}

function toExchange(
  { cause, unserved: _, ...outcome }: CallOutcome,
  { id, protocol, ms, scope }: { id: string; protocol: string; ms: number; scope: Scope },
): Exchange {
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

const defectOf = (cause: unknown) =>
  cause instanceof ProviderDefect ? 'a defect of the provider' : 'a defect of the bridge';
