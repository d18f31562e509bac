import { request as send } from 'node:http';
import { type Listener, listen } from '../../src/http/listener.js';

/** A request and the reply to it, as they went over the wire. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly contentType: string;
  readonly request: Buffer;
  readonly reply: Buffer;
}

export interface Recorder extends Listener {
  /** Every exchange that has ended, the oldest first. */
  readonly exchanges: readonly Exchange[];
  /** What answers; until it is given nothing does. */
  answerWith: (server: string) => void;
}

/** Stands in front of a server on loopback, changes nothing and keeps everything. */
export async function startRecorder(): Promise<Recorder> {
  const exchanges: Exchange[] = [];
  let server: string;
  const listening = await listen(
    async (request, response) => {
      const { method = '', url = '', headers } = request;
      const body = Buffer.concat(await request.toArray());
      const onward = send(server + url, { method, headers }, async (reply) => {
        const answer = Buffer.concat(await reply.toArray());
        const contentType = headers['content-type'] ?? '';
        exchanges.push({ method, url, contentType, request: body, reply: answer });
        // Of another connection: what calls in HTTP/1.0 waits for the end of its own.
        const { connection, 'keep-alive': keepAlive, ...kept } = reply.headers;
        response.writeHead(reply.statusCode ?? 0, kept).end(answer);
      });
      onward.on('error', () => response.destroy());
      onward.end(body);
    },
    { host: '127.0.0.1', port: 0 },
  );
  return {
    ...listening,
    exchanges,
    answerWith: (url) => {
      server = url;
    },
  };
}
