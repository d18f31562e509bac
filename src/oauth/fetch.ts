import { isRecord } from '../providers/common.js';
import type { Scope } from '../shared/scope.js';
import type { Exchange } from '../upstream/client.js';

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
    const isEmpty = [101, 204, 205, 304].includes(reply.status);
    // A challenge beside an error would hide which one it is.
    const given = { 'Content-Type': String(reply.headers['content-type'] ?? '') };
    return new Response(isEmpty ? null : usable(reply.text), { status: reply.status, headers: given });
  };
}

/** Named by the transport. */
function withoutType(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-type'));
}

/**
 * A reply without what is of no use: a token that is given with it would be lost, and with it the refresh token that was spent.
 * A lifetime that is none counts as unknown, and identities are not asked for.
 */
function usable(text: string): string {
  const reply = tryJson(text);
  if (!isRecord(reply) || Array.isArray(reply)) return text;
  const { id_token: _identity, expires_in: life, ...rest } = reply;
  const seconds = Number(life ?? Number.NaN);
  return JSON.stringify(seconds > 0 && seconds <= MAX_SECONDS ? { ...rest, expires_in: seconds } : rest);
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
