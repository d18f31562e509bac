import { Fault } from '../core/fault.js';
import { isRecord } from '../providers/common.js';
import type { Scope } from '../shared/scope.js';
import type { Exchange } from '../upstream/client.js';
import type { UpstreamResponse } from '../upstream/response.js';
import { retryAfterIn } from '../upstream/retry-after.js';

/** What the library gives to a `fetch`. */
interface FetchOptions {
  readonly body?: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly method: string;
}

/** Ten years: the end of a token that is later is none. */
const MAX_SECONDS = 10 * 365 * 24 * 60 * 60;

/**
 * A `fetch` for the library, over the connections of the modern API: with its proxies, certificates, time and size limits.
 * No redirect is followed.
 */
export function fetchWith(exchange: Exchange, scope: Scope): (url: string, options: FetchOptions) => Promise<Response> {
  return async (url, { body, headers, method }) => {
    const isPost = method === 'POST';
    const sent = { method: isPost ? 'POST' : 'GET', url, headers: withoutType(headers) } as const;
    const type = 'application/x-www-form-urlencoded;charset=UTF-8';
    const reply = await exchange(isPost ? { ...sent, body: { type, text: String(body ?? '') } } : sent, scope);
    const outage = outageIn(reply);
    if (outage) throw outage;
    return asSpecified(reply);
  };
}

/** Named by the transport. */
function withoutType(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-type'));
}

/** What a device is told while its user has not agreed yet, by some vendors with 429. */
const NOT_YET = ['authorization_pending', 'slow_down'];

/** The Fault of a reply that says no more than to ask again later; undefined for any other. */
function outageIn({ status, headers, text }: UpstreamResponse): Fault | undefined {
  if (status !== 429 && status < 500) return undefined;
  const reply = tryJson(text);
  if (isRecord(reply) && NOT_YET.some((code) => reply.error === code)) return undefined;
  return new Fault('unavailable', {
    cause: new Error(`the vendor gives no token now (reply ${status})`),
    retryAfter: retryAfterIn(headers, Date.now()),
  });
}

/** A reply as https://www.rfc-editor.org/rfc/rfc6749#section-5 has it, of vendors that differ in what tells nothing. */
function asSpecified({ status, headers, text }: UpstreamResponse): Response {
  const isSuccess = status >= 200 && status < 300;
  const reply = tryJson(text);
  if (isRecord(reply) && !Array.isArray(reply)) {
    // Such as GitHub's: a refusal, and the pending answer to a device, have the status 200.
    const isRefusal = typeof reply.error === 'string' && reply.error !== '' && !reply.access_token;
    const meant = isSuccess ? 200 : status;
    return Response.json(usable(reply), { status: isSuccess && isRefusal ? 400 : meant });
  }
  // A challenge beside an error would hide which one it is.
  const type = { 'Content-Type': String(headers['content-type'] ?? '') };
  return new Response(status === 304 ? null : text, { status: isSuccess ? 200 : status, headers: type });
}

/**
 * A reply without what is of no use: a token that is given with it would be lost, and with it the refresh token that was spent.
 * A lifetime or an interval that is none counts as unknown, and identities are not asked for.
 */
function usable(reply: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { id_token: _identity, expires_in: life, scope, refresh_token: refreshToken, ...others } = reply;
  const { verification_url: url, verification_uri: uri = url, interval, ...rest } = others;
  const seconds = Number(life ?? Number.NaN);
  const pause = Number(interval ?? Number.NaN);
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null)),
    ...(seconds > 0 && seconds <= MAX_SECONDS && { expires_in: seconds }),
    ...(typeof refreshToken === 'string' && refreshToken !== '' && { refresh_token: refreshToken }),
    ...(typeof scope === 'string' && { scope }),
    ...(Array.isArray(scope) && { scope: scope.join(' ') }),
    ...(typeof uri === 'string' && { verification_uri: uri }),
    ...(pause > 0 && pause <= MAX_SECONDS && { interval: pause }),
  };
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
}
