import type { Exchange } from '../core/exchange.js';
import { Fault } from '../core/fault.js';
import { createMask } from '../core/secrets.js';
import { messageOf, stackOf } from '../shared/errors.js';
import { createScope, type Scope } from '../shared/scope.js';
import type { UpstreamObservation } from '../upstream/client.js';
import type { BreakerState } from '../upstream/resilience.js';
import { type CallOutcome, type CallRecorderParts, createCallRecorders, defectOf, NONE } from './ended-call.js';
import type { Tracing } from './tracing.js';

/** The part of an application that is recorded. */
type ObservedApplication = NonNullable<Exchange['application']>;

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
  /** Records that calls leave the store alone, and why, or that it is back. */
  readonly storeBreaker: (state: 'open' | 'closed', cause: unknown) => void;
  /** Records whether the store of the rates counts; while it is away each server counts for itself. */
  readonly limitsStore: (name: string, state: 'counts' | 'away', cause: string | undefined) => void;
  readonly signIn: (application: ObservedApplication, outcome: SignInOutcome, cause?: unknown) => void;
  /** Records that somebody came to the page of a ticket that is over, or `isBroken`; undefined: of no known application. */
  readonly endedSignIn: (
    application: ObservedApplication | undefined,
    ended: { readonly isBroken: boolean; readonly cause: unknown; readonly address: string },
  ) => void;
  /** Records connections that were closed although their callers would have kept them. */
  readonly closedConnections: (closed: ClosedConnections) => void;
  /** Records that calls come through proxies at these addresses, which are not trusted. */
  readonly untrustedProxies: (addresses: readonly string[]) => void;
  /** Records a defect outside any call. */
  readonly defect: (what: string, cause: unknown) => void;
}

export const breakerLevels = { closed: 0, 'half-open': 1, open: 2 };

export interface ObserverParts extends CallRecorderParts {
  readonly tracing: Tracing;
}

export function createObserver({ log, metrics, tracing, ledger, watch }: ObserverParts): Observer {
  const callRecorders = createCallRecorders({ log, metrics, ledger, watch });
  const defect = (what: string, cause: unknown) => {
    try {
      log.error({ cause: messageOf(cause), stack: stackOf(cause) }, defectOf(cause, what));
    } catch {
      // The log itself fails: there is nowhere left to report it.
    }
  };
  /** Fails open: a defect here MUST NOT change the reply of a call. */
  const attempt = <T>(work: (subject: T) => void, subject: T) => {
    try {
      work(subject);
    } catch (error) {
      defect('a defect of the bridge', error);
    }
  };
  /** Records each on its own. */
  const record = (...records: readonly (() => void)[]) => {
    for (const each of records) attempt(each, undefined);
  };

  return {
    call: async ({ protocol, id }, work) => {
      const scope = createScope();
      if (watch) scope.upstream = [];
      const begin = performance.now();
      const endSpan = tracing.call(scope);
      const report = (outcome: CallOutcome) => {
        const hide = createMask(scope.secrets);
        const ended = { id, protocol, ms: performance.now() - begin, scope, outcome, hide, endSpan };
        for (const each of callRecorders) attempt(each, ended);
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
    storeBreaker: (state, cause) =>
      record(() => {
        const why = cause instanceof Fault ? cause.cause : cause;
        log.warn({ state, ...(why !== undefined && { cause: messageOf(why) }) }, 'the breaker of the store');
      }),
    limitsStore: (name, state, cause) =>
      record(
        () => metrics.limitsStore.set({ limits_store: name }, state === 'counts' ? 1 : 0),
        () => {
          const line = { limits_store: name, ...(cause !== undefined && { cause }) };
          if (state === 'counts') log.info(line, 'the limits_store counts the rates of all nodes');
          else log.warn(line, 'the limits_store is away: each server counts its rates for itself until it is back');
        },
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
    endedSignIn: (application, { isBroken, cause, address }) =>
      record(() => {
        const { name, provider } = application ?? {};
        const line = { ...(application && { application: name, provider }), address, cause: messageOf(cause) };
        if (isBroken) log.warn(line, 'a ticket has a broken seal');
        else log.info(line, 'a sign-in is over');
      }),
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
