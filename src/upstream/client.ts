import { Fault } from '../core/fault.js';
import type { JsonObject } from '../shared/json.js';
import { createScope, remainingMs, type Scope } from '../shared/scope.js';
import { type Caller, callerOf } from './outage-count.js';
import { isConnectionError, kindOf, outageOf, type Report } from './outages.js';
import { createPools, type Pools } from './pools.js';
import type { IsRefusal, Refusal } from './refusals.js';
import type { Send, UpstreamRequest } from './request.js';
import { type BreakerState, UpstreamOutage } from './resilience.js';
import { interpretResponse, type UpstreamResponse } from './response.js';
import type { TlsFiles } from './tls-files.js';
import { type Proxies, TOO_LARGE, type Transport } from './transport.js';

/** What `sendFor` needs to know of an application. */
interface UpstreamApplication {
  /** Applications with the same one share bulkhead and breaker. */
  readonly baseUrl: string;
  /** For `observe`, as `provider`. */
  readonly name?: string;
  readonly provider?: string;
  readonly tls?: TlsFiles;
  /** The shape in which the API refuses; a JSON object of any fields unless given. */
  readonly isRefusal?: IsRefusal | undefined;
  /** What the API means by a refusal, where the common table does not say it. */
  readonly refusals?: readonly Refusal[] | undefined;
}

/** The outcome of one request that was sent. */
export interface UpstreamObservation {
  readonly application: string | undefined;
  readonly provider: string | undefined;
  readonly method: UpstreamRequest['method'];
  /** The status of the reply; without a reply, the error code or `timeout`. */
  readonly outcome: number | string;
  readonly seconds: number;
}

interface UpstreamLimits {
  /** Timeout of a request in milliseconds, from the queue to the last byte of the reply. */
  readonly timeoutMs: number;
  /** The limit of calls in flight; at most half of them may wait for the same `base_url`. 1,024 unless given. */
  readonly concurrentCalls?: number | undefined;
}

export interface UpstreamOptions extends UpstreamLimits {
  readonly proxies?: Proxies | undefined;
  /** Rewrites the URL of every request; the identity unless given. */
  readonly route?: ((url: string) => string) | undefined;
  /** Timeout of connecting, TLS included, in milliseconds; 3,000 unless given. */
  readonly connectMs?: number | undefined;
  /** Milliseconds until an open breaker sends a probe; 5,000 unless given. */
  readonly tryAfterMs?: number | undefined;
  readonly observe?: ((observation: UpstreamObservation, scope: Scope) => void) | undefined;
  readonly onState?: ((baseUrl: string, state: BreakerState) => void) | undefined;
}

/** Sends one request as part of the work of a scope. */
export type Exchange = (
  request: Pick<UpstreamRequest, 'method' | 'url' | 'headers' | 'body'>,
  scope: Scope,
) => Promise<UpstreamResponse>;

/** The clients of the modern APIs. */
export interface Upstreams extends Pick<UpstreamLimits, 'timeoutMs'> {
  /** Sends the requests of one application, each as part of the call of its scope; without one, of no call. */
  readonly sendFor: (application: UpstreamApplication) => (...sent: [...Parameters<Send>, Scope?]) => ReturnType<Send>;
  /**
   * Sends requests of one application beside its calls, such as for a token: a reply of any status, neither repeated nor
   * recorded, since all of it is secret. Rejects with an `unavailable` Fault where there is none in time.
   */
  readonly exchangeFor: (application: UpstreamApplication) => Exchange;
  /** The state of the breaker of each `base_url`. */
  readonly states: () => ReadonlyMap<string, BreakerState>;
  /** Clients with other limits, for other applications. What both ask keeps its breaker and its connections. */
  readonly next: (limits: UpstreamLimits) => Upstreams;
  /** Ends what only the clients before these need: their connections close at the end of their requests. */
  readonly takeOver: () => void;
}

export function createUpstreams(options: UpstreamOptions, before?: Pools): Upstreams {
  const { timeoutMs, concurrentCalls = 1024, connectMs = 3000, tryAfterMs = 5000, proxies, observe, onState } = options;
  const { route = (url: string) => url } = options;
  // With the queue, which is three times as long, half of the calls.
  const slots = Math.max(1, Math.floor(concurrentCalls / 8));
  const settings = { slots, connectMs: Math.min(connectMs, timeoutMs), tryAfterMs, proxies, onState };
  const pools = createPools(settings, before);

  return {
    sendFor: ({ baseUrl, name, provider, tls, isRefusal, refusals }) => {
      const resilience = pools.resilienceOf(baseUrl);
      const transport = pools.transportOf(baseUrl, tls);
      return async (request, scope = createScope()) => {
        const { method } = request;
        const [credential] = scope.secrets;
        const caller = callerOf(credential);
        const attempt = (attemptMs: number): Promise<JsonObject | Fault> => {
          const begin = performance.now();
          const report: Report = (outcome, reply) => {
            scope.outcomes.push(outcome);
            const ms = performance.now() - begin;
            observe?.({ application: name, provider, method, outcome, seconds: ms / 1000 }, scope);
            const { url, headers, body } = request;
            scope.upstream?.push({ method, url, headers, body: body?.text ?? '', outcome, reply, ms });
          };
          const sent = { ...request, url: route(request.url), secrets: scope.secrets, isRefusal, refusals, caller };
          return sendOnce(sent, transport, attemptMs, report);
        };
        const timeLeft = () => Math.min(timeoutMs, remainingMs(scope));
        const result = await resilience.run(attempt, { mayRepeat: method === 'GET', timeLeft, caller });
        if (result instanceof Fault) throw result;
        return result;
      };
    },
    exchangeFor: ({ baseUrl, name, provider, tls }) => {
      const transport = pools.transportOf(baseUrl, tls);
      return async ({ method, url, headers, body }, scope) => {
        const begin = performance.now();
        const report = (outcome: UpstreamObservation['outcome']) => {
          const seconds = (performance.now() - begin) / 1000;
          observe?.({ application: name, provider, method, outcome, seconds }, scope);
        };
        const sent = { method, url: route(url), headers, body, timeoutMs, isBodyNeeded: true };
        const reply = await transport.send(sent).catch((error: unknown) => {
          throw outageOf(error, report).fault;
        });
        report(reply.status);
        return reply;
      };
    },
    timeoutMs,
    states: pools.states,
    next: (limits) => createUpstreams({ ...options, ...limits }, pools),
    takeOver: pools.takeOver,
  };
}

/** Statuses of a gateway whose server may be back in a moment: https://www.rfc-editor.org/rfc/rfc9110#section-15.6. */
const RETRYABLE_STATUSES = [502, 503, 504];

interface SentRequest extends UpstreamRequest {
  /** The secrets of the call. */
  readonly secrets: readonly string[];
  readonly isRefusal: IsRefusal | undefined;
  readonly refusals: readonly Refusal[] | undefined;
  readonly caller: Caller;
}

/** Makes one attempt: gives the result of the reply, or its Fault. Throws an UpstreamOutage where the API is down. */
async function sendOnce(
  { method, url, headers, body, operation, errorMapping, isRefusal, refusals, secrets, caller }: SentRequest,
  transport: Transport,
  timeoutMs: number,
  report: Report,
): Promise<JsonObject | Fault> {
  const isRead = method === 'GET';
  const reply = await transport
    .send({ method, url, headers, body, timeoutMs, isBodyNeeded: isRead })
    .catch((error: unknown) => {
      const { outcome, fault } = outageOf(error, report);
      if (outcome === TOO_LARGE) return fault;
      throw new UpstreamOutage(fault, { retryable: isConnectionError(outcome), kind: kindOf(outcome), caller });
    });
  if (reply instanceof Fault) return reply;
  report(reply.status, reply);
  const rules = { isRead, operation, refusals, errorMapping, isRefusal, secrets, sent: headers };
  const result = interpretResponse(reply, rules);
  const isOutage = reply.status >= 500 && result instanceof Fault && result.reason === 'unavailable';
  if (!isOutage) return result;
  const isRetryable =
    RETRYABLE_STATUSES.includes(reply.status) &&
    reply.headers['retry-after'] === undefined &&
    result.retryAfter === undefined;
  throw new UpstreamOutage(result, { retryable: isRetryable, kind: 'reply', caller });
}
