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
  try {
    return await send(withToken(request, token, current), scope);
  } catch (error) {
    // Whatever its body says: many APIs send none.
    if (!scope.outcomes.includes(401)) throw error;
    if (renewal.current === current) {
      if (current !== token) throw error;
      renewal.current = await renewal.replace(current);
    }
    return send(withToken(request, token, renewal.current), scope);
  }
}

/** A request with another token in the place of one, wherever its provider has put that. */
function withToken(request: UpstreamRequest, from: string, to: string): UpstreamRequest {
  if (from === to) return request;
  const replaced = (text: string) => text.replaceAll(from, () => to);
  const { url, headers, body } = request;
  return {
    ...request,
    url: replaced(url),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, replaced(value)])),
    ...(body && { body: { ...body, text: replaced(body.text) } }),
  };
}
