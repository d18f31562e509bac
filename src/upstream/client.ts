import { Fault } from '../core/fault.js';
import { remainingMs } from '../shared/deadline.js';
import { codeOf, messageOf } from '../shared/errors.js';
import type { JsonObject } from '../shared/json.js';
import { type BreakerState, createResilience, type Resilience, UpstreamOutage } from './resilience.js';
import { type ErrorMapping, interpretResponse } from './response.js';
import type { TlsFiles } from './tls-files.js';
import { createTransport, type Proxies, TOO_LARGE, type Transport } from './transport.js';

/** One request to a modern API. */
export interface UpstreamRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: { readonly type: string; readonly text: string };
  /** Where this API means something else than the common table: the reason, or undefined to leave it at that table. */
  readonly errorMapping?: ErrorMapping;
  /** Success has nothing to say. */
  readonly isEmpty?: true;
}

/**
 * Sends a request and gives the JSON object of a 2xx reply; everything else is a Fault. A GET that meets a passing
 * outage is sent once more, anything else never.
 */
export type Send = (request: UpstreamRequest) => Promise<JsonObject>;

/** Whose requests are sent, and where. */
interface UpstreamApplication {
  /** Applications with the same one share what is known of its outages. */
  readonly baseUrl: string;
  /** For `observe`. */
  readonly name?: string;
  readonly provider?: string;
  readonly tls?: TlsFiles;
}

/** One request that was sent, and what came of it. */
export interface UpstreamObservation {
  readonly application: string | undefined;
  readonly provider: string | undefined;
  readonly method: UpstreamRequest['method'];
  /** The status of the reply, or where there was none, why. */
  readonly outcome: number | string;
  readonly seconds: number;
}

export interface UpstreamOptions {
  /** Milliseconds for a request, from its turn and connecting to the last byte of the reply; twice it for a whole call. */
  readonly timeoutMs: number;
  /** As many calls as are answered at a moment; half of them may be busy with the same `base_url`. 1,024 unless given. */
  readonly concurrentCalls?: number | undefined;
  readonly proxies?: Proxies | undefined;
  /** Rewrites the URL of every request; the identity unless given. */
  readonly route?: ((url: string) => string) | undefined;
  /** Milliseconds until a connection has to stand; 3,000 unless given. */
  readonly connectMs?: number | undefined;
  /** Milliseconds until an API that is out of order is tried again; 5,000 unless given. */
  readonly tryAfterMs?: number | undefined;
  readonly observe?: ((observation: UpstreamObservation) => void) | undefined;
  readonly onState?: ((baseUrl: string, state: BreakerState) => void) | undefined;
}

/** The ways to the modern APIs. */
export interface Upstreams {
  readonly sendFor: (application: UpstreamApplication) => Send;
  /** Whether each `base_url` is asked at the moment. */
  readonly states: () => ReadonlyMap<string, BreakerState>;
}

export function createUpstreams(options: UpstreamOptions): Upstreams {
  const { timeoutMs, concurrentCalls = 1024, connectMs = 3000, tryAfterMs = 5000, proxies, observe, onState } = options;
  const { route = (url: string) => url } = options;
  // With those that wait for one, half of the calls.
  const slots = Math.max(1, Math.floor(concurrentCalls / 8));
  const byBaseUrl = new Map<string, Resilience>();
  const resilienceOf = (baseUrl: string) => {
    const resilience =
      byBaseUrl.get(baseUrl) ?? createResilience({ slots, tryAfterMs, onState: (state) => onState?.(baseUrl, state) });
    byBaseUrl.set(baseUrl, resilience);
    return resilience;
  };

  return {
    sendFor: ({ baseUrl, name, provider, tls }) => {
      const resilience = resilienceOf(baseUrl);
      const transport = createTransport({ connectMs: Math.min(connectMs, timeoutMs), sockets: slots, proxies, tls });
      return async (request) => {
        const { method } = request;
        const attempt = async (signal: AbortSignal): Promise<JsonObject | Fault> => {
          const begin = performance.now();
          const seen = (outcome: UpstreamObservation['outcome']) =>
            observe?.({ application: name, provider, method, outcome, seconds: (performance.now() - begin) / 1000 });
          return exchange({ ...request, url: route(request.url) }, transport, signal, seen);
        };
        const rules = { mayRepeat: method === 'GET', timeLeft: () => Math.min(timeoutMs, remainingMs()) };
        const answer = await resilience.run(attempt, rules).catch((error: unknown) => {
          throw error instanceof UpstreamOutage ? error.fault : error;
        });
        if (answer instanceof Fault) throw answer;
        return answer;
      };
    },
    states: () => new Map([...byBaseUrl].map(([baseUrl, resilience]) => [baseUrl, resilience.state()])),
  };
}

/** Statuses of a gateway whose server may be back in a moment. */
const RETRYABLE_STATUSES = [502, 503, 504];

/** Sends a request once: what the reply says, a Fault where that is no good. Throws an Outage where the API is down. */
async function exchange(
  { method, url, headers, body, ...rules }: UpstreamRequest,
  transport: Transport,
  signal: AbortSignal,
  seen: (outcome: number | string) => void,
): Promise<JsonObject | Fault> {
  const reply = await transport({ method, url, headers, body, signal }).catch((error: unknown) => {
    const code = codeOf(error);
    const why = signal.aborted ? 'timeout' : (code ?? 'no readable reply');
    seen(why);
    // Only the message: the error itself may carry the request with its credential. Codes of Node.js say enough.
    const said = signal.aborted ? why : code === undefined || code.startsWith('UND_') ? messageOf(error) : code;
    const fault = new Fault('unavailable', { cause: new Error(said) });
    if (why === TOO_LARGE) return fault;
    throw new UpstreamOutage(fault, isConnectionError(why));
  });
  if (reply instanceof Fault) return reply;
  seen(reply.status);
  const answer = interpretResponse(reply, { ...rules, sent: headers }, Date.now());
  const isOutage = reply.status >= 500 && answer instanceof Fault && answer.reason === 'unavailable';
  if (!isOutage) return answer;
  throw new UpstreamOutage(
    answer,
    RETRYABLE_STATUSES.includes(reply.status) && reply.headers['retry-after'] === undefined,
  );
}

/** Codes of Node.js and undici for a connection that does not come about, or breaks. */
function isConnectionError(code: string): boolean {
  return /^(E(CONN|AI_AGAIN|NOTFOUND|HOST|NET|PIPE|TIMEDOUT)|UND_ERR_(CONNECT_TIMEOUT|SOCKET)$)/.test(code);
}
