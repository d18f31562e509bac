import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { type Listener, listen } from '../../../src/http/listener.js';

/** A request as a modern API received it. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Upstream extends Listener {
  /** Every request so far. */
  readonly received: ReceivedRequest[];
}

/** Serves a modern API on loopback and records its requests. */
export async function startUpstream(handler: RequestListener): Promise<Upstream> {
  const received: ReceivedRequest[] = [];
  const listening = await listen(
    (request, response) => {
      const recorded = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: '' };
      received.push(recorded);
      request.on('data', (chunk: Buffer) => {
        recorded.body += chunk.toString('latin1');
      });
      handler(request, response);
    },
    { host: '127.0.0.1', port: 0 },
  );
  return { ...listening, received };
}

export interface CannedReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string as is, any other value as JSON. */
  readonly body?: unknown;
}

/** An API with a canned reply for each path; any other path is a 404 with the body `missing`. */
export function canned(replies: Readonly<Record<string, CannedReply>>, missing: unknown = {}): RequestListener {
  return (request, response) => {
    const { status = 200, headers = {}, body = '' } = replies[request.url ?? ''] ?? { status: 404, body: missing };
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}
