import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';

/** The most requests of one connection that may wait for their turn; the connection is closed after that many replies. */
const MAX_QUEUED = 32;

/**
 * The same handler, for one request of a connection at a time: replies have to keep the order of their requests anyway,
 * and a caller that pipelines takes no more of the server than others.
 */
export function serializePipelined(handler: RequestListener): RequestListener {
  const lines = new WeakMap<Socket, { readonly queue: (() => void)[]; isFull: boolean }>();
  return (request, response) => {
    const { socket } = request;
    const line = lines.get(socket) ?? { queue: [], isFull: false };
    lines.set(socket, line);
    if (line.isFull) return;
    line.isFull = line.queue.length === MAX_QUEUED;
    if (line.isFull) response.shouldKeepAlive = false;
    const begin = () => {
      // The caller of a closed connection cannot hear the reply.
      if (!socket.destroyed) handler(request, response);
    };
    line.queue.push(begin);
    response.once('close', () => {
      line.queue.shift();
      line.queue[0]?.();
    });
    if (line.queue.length === 1) begin();
  };
}
