import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';

/** Pipelined requests that may wait on one connection; the connection is closed after as many replies. */
const MAX_QUEUED = 32;

/**
 * Runs the handler for one request of a connection at a time. Replies MUST keep the order of their requests, and a
 * pipelining client takes no larger share of the server than others:
 * https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2.
 */
export function serializePipelined(handler: RequestListener): RequestListener {
  const queues = new WeakMap<Socket, { readonly waiting: (() => void)[]; isFull: boolean }>();
  return (request, response) => {
    const { socket } = request;
    const queue = queues.get(socket) ?? { waiting: [], isFull: false };
    queues.set(socket, queue);
    if (queue.isFull) return;
    queue.isFull = queue.waiting.length === MAX_QUEUED;
    if (queue.isFull) response.shouldKeepAlive = false;
    const begin = () => {
      // On a closed connection, or one that is being closed, no reply can be sent: the call is not performed.
      if (!socket.destroyed && !socket.writableEnded) handler(request, response);
    };
    queue.waiting.push(begin);
    response.once('close', () => {
      queue.waiting.shift();
      queue.waiting[0]?.();
    });
    if (queue.waiting.length === 1) begin();
  };
}
