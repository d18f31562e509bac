import axios from 'axios';
import { codeOf, messageOf } from './errors.js';
import { Fault, type Reason } from './fault.js';
import { isObject, type Json, type JsonObject, parseJson } from './json.js';
import { version } from './version.js';

/** One request to a modern API. */
export interface UpstreamRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Where this API means something else than the common table: the reason, or undefined to leave it at that table. */
  readonly refusal?: (status: number, body: Json | undefined) => Reason | undefined;
}

/** Sends a request and gives the JSON object of a 2xx reply; everything else is a Fault. */
export type Send = (request: UpstreamRequest) => Promise<JsonObject>;

const REPLY_BYTES = 1024 * 1024;

/** What a status of a modern API means unless its provider says otherwise; a status not named here is `unavailable`. */
const reasons: Readonly<Record<number, Reason>> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'restricted',
  404: 'missing',
  409: 'conflict',
  422: 'invalid',
};

/** The way to every modern API. `timeoutMs` bounds a whole request, from connecting to the last byte of the reply. */
export function createSend({ timeoutMs }: { timeoutMs: number }): Send {
  const client = axios.create({
    maxRedirects: 0,
    maxContentLength: REPLY_BYTES,
    responseType: 'text',
    transformResponse: (body: unknown) => body,
    validateStatus: () => true,
    proxy: false,
  });

  return async ({ method, url, headers, refusal }) => {
    const reply = await client
      .request<string>({
        method,
        url,
        headers: { 'User-Agent': `BoxBridge/${version}`, ...headers },
        signal: AbortSignal.timeout(timeoutMs),
      })
      .catch((error: unknown) => {
        throw new Fault('unavailable', { cause: whatFailed(error) });
      });
    const body = tryJson(reply.data);
    if (reply.status >= 200 && reply.status < 300) {
      if (isObject(body)) return body;
      throw new Fault('unavailable', { cause: new Error(`reply ${reply.status} without a JSON object`) });
    }
    throw new Fault(refusal?.(reply.status, body) ?? reasons[reply.status] ?? 'unavailable', {
      cause: new Error(`reply ${reply.status}`),
      ...retryAfter(reply.headers['retry-after']),
    });
  };
}

function tryJson(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** Only the message: the error itself carries the request with its credential. */
function whatFailed(error: unknown): Error {
  return new Error(codeOf(error) ?? messageOf(error));
}

function retryAfter(header: unknown): { retryAfter?: number } {
  const seconds = typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) : undefined;
  return seconds === undefined ? {} : { retryAfter: seconds };
}
