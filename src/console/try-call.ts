import { type IncomingMessage, request } from 'node:http';
import type { Exchange } from '../core/exchange.js';
import { type MaskedExchange, maskExchange } from '../observability/masked-exchange.js';
import { messageOf } from '../shared/errors.js';
import { legible, MASK } from './kept-call.js';
import type { CallRequest } from './try-request.js';

/** A call that was tried, without secrets; or why there is no reply. */
export type TriedCall = Pick<MaskedExchange, 'request' | 'reply' | 'ms'> | { readonly problem: string };

/** How long a call may take, in milliseconds: longer than any that the bridge answers by its defaults. */
const TIMEOUT_MS = 60_000;
/** How much of a reply is read, in bytes. */
const MAX_REPLY = 2 ** 20;

/** Sends a request as an old program does, and replaces these secrets, and those that the reply has, in what is shown. */
export async function tryCall(call: CallRequest, secrets: readonly string[]): Promise<TriedCall> {
  const begin = performance.now();
  const headers = { 'User-Agent': 'BoxBridge console', ...Object.fromEntries(call.headers) };
  try {
    const { status, headers: replyHeaders, body } = await send(call, headers);
    const { pathname, search } = new URL(call.url);
    const exchange: Exchange = {
      ...{ id: '', protocol: '', address: '', userAgent: '', startedAt: 0, ms: performance.now() - begin },
      request: {
        method: call.method,
        target: pathname + search,
        headers: Object.entries(headers).flat(),
        body: Buffer.from(call.body),
        contentType: 'text/xml; charset=utf-8',
      },
      ...{ call: undefined, application: undefined, upstream: [], cause: undefined, seen: undefined, secrets },
      answer: { action: undefined, status: '', result: {} },
      reply: { status, headers: replyHeaders, body },
    };
    const { request: shown, reply, ms } = maskExchange(exchange, () => MASK);
    return { request: { ...shown, target: legible(shown.target) }, reply, ms };
  } catch (error) {
    return { problem: `there is no reply: ${messageOf(error)}` };
  }
}

/** Not `fetch`, which blocks some ports: https://fetch.spec.whatwg.org/#port-blocking. */
async function send({ method, url, body }: CallRequest, headers: Readonly<Record<string, string>>) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    request(url, { method, headers, signal, agent: false }, resolve).on('error', reject).end(body);
  });
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response) {
    pieces.push(piece);
    length += piece.length;
    if (length > MAX_REPLY) break;
  }
  const received = response.rawHeaders.flatMap((name, index, all) =>
    index % 2 === 0 ? [[name, all[index + 1] ?? ''] as const] : [],
  );
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(received),
    body: Buffer.concat(pieces).subarray(0, MAX_REPLY),
  };
}

/** The URL at which this machine reaches a listener: an address that stands for all is none to connect to. */
export function reachable(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}
