import type { Scope } from '../shared/scope.js';
import type { Send, UpstreamRequest } from '../upstream/request.js';

/**
 * Sends a request with the access token that the call has now. Where the modern API refuses that with 401, it did nothing:
 * the token is replaced, once in a call, and the request is sent again, be it a write.
 */
export async function sendRenewing(
  send: (...sent: [...Parameters<Send>, Scope]) => ReturnType<Send>,
  request: UpstreamRequest,
  scope: Scope,
): ReturnType<Send> {
  const { renewal } = scope;
  if (!renewal) return send(request, scope);
  const { token, current } = renewal;
  // A 401 to another request of the call says nothing of this one, which may have been done.
  const outcomes: Scope['outcomes'] = [];
  try {
    return await send(withToken(request, token, current), { ...scope, outcomes });
  } catch (error) {
    // Whatever its body says: many APIs send none.
    if (!outcomes.includes(401)) throw error;
    if (renewal.current === current) {
      if (current !== token) throw error;
      renewal.current = await renewal.replace(current);
    }
    return send(withToken(request, token, renewal.current), scope);
  } finally {
    scope.outcomes.push(...outcomes);
  }
}

/** How a text is written where it stands in another. */
type Encode = (text: string) => string;

const asItIs: Encode = (text) => text;
const inForm: Encode = (text) => new URLSearchParams({ '': text }).toString().slice(1);
const inJson: Encode = (text) => JSON.stringify(text).slice(1, -1);
const inUrl: readonly Encode[] = [encodeURIComponent, inForm];

/** A request with another token in the place of one, wherever its provider has put that. */
function withToken(request: UpstreamRequest, from: string, to: string): UpstreamRequest {
  if (from === to) return request;
  const replaced = (text: string, encodings: readonly Encode[]) => {
    // The first of those that write it alike.
    const forms = new Map([asItIs, ...encodings.toReversed()].map((encode) => [encode(from), encode(to)]));
    return [...forms].reduce((given, [old, next]) => given.replaceAll(old, () => next), text);
  };
  const inHeader = (text: string) => {
    const [, scheme = '', encoded = ''] = /^(basic +)(\S+)$/i.exec(text) ?? [];
    const decoded = Buffer.from(encoded, 'base64').toString('latin1');
    if (!decoded.includes(from)) return replaced(text, []);
    return scheme + Buffer.from(replaced(decoded, []), 'latin1').toString('base64');
  };
  const { url, headers, body } = request;
  const encodingsOf = (type: string) => [
    ...(/urlencoded/i.test(type) ? inUrl : []),
    ...(/json/i.test(type) ? [inJson] : []),
  ];
  return {
    ...request,
    url: replaced(url, inUrl),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, inHeader(value)])),
    ...(body && { body: { ...body, text: replaced(body.text, encodingsOf(body.type)) } }),
  };
}
