import { STATUS_CODES } from 'node:http';
import type { MaskedExchange } from './masked-exchange.js';

/** What stands in front of the entries of a recording, which are a line each, and behind them. */
export const harHead = (version: string) =>
  `{"log":{"version":"1.2","creator":{"name":"BoxBridge","version":${JSON.stringify(version)}},"entries":[\n`;
export const HAR_SEPARATOR = ',\n';
export const HAR_END = '\n]}}\n';

/**
 * An entry of HAR 1.2, http://www.softwareishard.com/blog/har-12-spec/, in one line; what the bridge knows of the call
 * is in `_boxbridge`. Bodies are text, whatever their character set was.
 */
export function harEntry(exchange: MaskedExchange): string {
  const { id, protocol, application, action, status, cause, startedAt, ms, call, request, reply } = exchange;
  const url = urlOf(exchange);
  const entry = {
    startedDateTime: new Date(startedAt).toISOString(),
    time: ms,
    request: {
      method: request.method,
      url: url.href,
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: namedValues(request.headers),
      queryString: namedValues([...url.searchParams]),
      ...(request.body !== '' && { postData: { mimeType: request.contentType, params: [], text: request.body } }),
      headersSize: -1,
      bodySize: Buffer.byteLength(request.body),
    },
    response: {
      status: reply.status,
      statusText: STATUS_CODES[reply.status] ?? '',
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: namedValues(reply.headers),
      content: {
        size: Buffer.byteLength(reply.body),
        mimeType: reply.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '',
        text: reply.body,
      },
      redirectURL: '',
      headersSize: -1,
      bodySize: Buffer.byteLength(reply.body),
    },
    cache: {},
    timings: { send: 0, wait: ms, receive: 0 },
    _boxbridge: {
      ...{ id, protocol, application: application?.name, action, status, cause },
      parameters: namedValues(call?.parameters ?? []),
    },
  };
  // Readers of lines take these for ends of one.
  return JSON.stringify(entry).replace(/[\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16)}`);
}

function urlOf({ request: { headers, target } }: MaskedExchange): URL {
  const host = headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? '';
  const base = URL.canParse(`http://${host}`) ? `http://${host}` : 'http://bridge.invalid';
  return new URL(URL.canParse(base + target) ? base + target : base);
}

function namedValues(pairs: readonly (readonly [name: string, value: string])[]) {
  return pairs.map(([name, value]) => ({ name, value }));
}
