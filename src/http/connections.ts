import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A request and its reply. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** A connection of a caller. */
export interface Connection {
  readonly socket: Socket;
  /** The address of the peer. */
  readonly address: string;
  /** Those whose replies have not been sent to the last byte, in the order of their requests; the first is performed. */
  readonly exchanges: Exchange[];
  /** The one that began last. Its request may be incomplete even after its reply. */
  latest: Exchange | undefined;
  /** When the last reply was sent, or the connection was accepted, in milliseconds of `performance.now()`. */
  idleSince: number;
  /** How many bytes had been read then. */
  idleBytes: number;
  /** Whether too many requests waited: the connection ends with the reply to the last of them. */
  isFull: boolean;
}

/**
 * How long a proxy may keep a connection without a request, in milliseconds: longer than proxies do by themselves, which is a
 * minute where it is not for ever. A request that meets the end of its connection is lost, and no proxy may repeat it.
 */
export const PROXY_IDLE_MS = 75_000;

/** The open connections of a server, in the order in which they were accepted. */
export type Connections = ReadonlyMap<Socket, Connection>;

/** Pipelined requests that may wait on one connection; the connection is closed after as many replies. */
const MAX_QUEUED = 32;

/**
 * Follows the connections of a server, and runs the handler for one request of each at a time. Replies MUST keep the
 * order of their requests, and a pipelining client takes no larger share of the server than others:
 * https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2.
 */
export function serveConnections(server: Server, handler: RequestListener): Connections {
  const connections = new Map<Socket, Connection>();
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? '';
    const idleSince = performance.now();
    const connection = { socket, address, exchanges: [], latest: undefined, idleSince, idleBytes: 0, isFull: false };
    connections.set(socket, connection);
    socket.once('close', () => connections.delete(socket));
  });

  const perform = ({ request, response }: Exchange) => {
    // On a closed connection, or one that is being closed, no reply can be sent: the call is not performed.
    const { destroyed, writableEnded } = request.socket;
    if (!destroyed && !writableEnded) handler(request, response);
  };
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    const connection = connections.get(request.socket);
    if (!connection || connection.isFull) return;
    const exchange = { request, response };
    const { exchanges } = connection;
    exchanges.push(exchange);
    connection.latest = exchange;
    connection.isFull = exchanges.length > MAX_QUEUED;
    // A server that is closing keeps no connection either.
    if (connection.isFull || !server.listening) response.shouldKeepAlive = false;
    response.once('close', () => {
      exchanges.shift();
      connection.idleSince = performance.now();
      connection.idleBytes = connection.socket.bytesRead;
      const [next] = exchanges;
      if (next) perform(next);
      // The head of its last reply may have said that the connection is kept.
      else if (!server.listening) connection.socket.destroySoon();
      // Where Node has set that of other callers.
      else if (isOfProxy(connection)) connection.socket.setTimeout(PROXY_IDLE_MS);
    });
    if (exchanges.length === 1) perform(exchange);
  };
  // Some old clients send an Expect header that no server knows; the request is answered as if it had none.
  server.on('request', serve).on('checkExpectation', serve);
  return connections;
}

/** Whether no request of a connection is being received, performed or answered. */
export function isIdle({ exchanges, latest }: Connection): boolean {
  return exchanges.length === 0 && (latest === undefined || latest.request.complete);
}

/** Whether a proxy has it: one that says for whom its requests are. */
export function isOfProxy({ latest }: Connection): boolean {
  return latest?.request.headers['x-forwarded-for'] !== undefined;
}

/** Whether nothing has arrived of a next request either. */
export function isSilent(connection: Connection): boolean {
  return isIdle(connection) && connection.socket.bytesRead === connection.idleBytes;
}
