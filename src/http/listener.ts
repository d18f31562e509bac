import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import { codeOf, messageOf } from '../shared/errors.js';
import { serializePipelined } from './pipelining.js';

export interface Listener {
  /** `http://host:port`, with the port that the system chose for port 0. */
  readonly url: string;
  /**
   * Stops accepting connections, drains for `graceMs` (0 unless given) and closes the open connections. Idempotent.
   */
  readonly close: (graceMs?: number) => Promise<void>;
}

export interface ListenOptions {
  /** Adds event listeners to the server before it accepts connections. */
  readonly attach?: (server: Server) => void;
  /** Timeout of receiving a request, in milliseconds; 300,000 unless given. */
  readonly requestMs?: number;
}

/**
 * Connections that may wait to be accepted, as far as the system allows. Of more, some wait for seconds and some are reset:
 * with the 511 of Node.js, two thousand callers at once.
 */
const BACKLOG = 4096;

/** Timeout of receiving the head of a request, in milliseconds. */
const HEAD_MS = 10_000;

/**
 * Serves HTTP; for port 0 the system chooses one. Throws an Error with one line for the operator where it cannot
 * listen.
 */
export async function listen(
  handler: RequestListener,
  at: { host: string; port: number },
  { attach, requestMs = 300_000 }: ListenOptions = {},
): Promise<Listener> {
  const server = createServer({
    // Some old clients send no Host header with HTTP/1.1.
    requireHostHeader: false,
    requestTimeout: requestMs,
    headersTimeout: Math.min(HEAD_MS, requestMs),
    connectionsCheckingInterval: Math.min(1000, requestMs),
  });
  const unfinished = new Set<ServerResponse>();
  const connections = new Set<Socket>();
  let isClosing = false;
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', (_request, response) => {
    response.shouldKeepAlive &&= !isClosing;
    unfinished.add(response);
    response.once('close', () => unfinished.delete(response));
  });
  // Some old clients close their half of the connection after the request; Node has no typed option for it.
  Object.assign(server, { httpAllowHalfOpen: true });
  const serialized = serializePipelined(handler);
  // Some old clients send an Expect header that no server knows; the request is answered as if it had none.
  server.on('request', serialized).on('checkExpectation', serialized);
  attach?.(server);
  try {
    server.listen({ host: at.host, port: at.port, backlog: BACKLOG });
    await once(server, 'listening');
  } catch (error) {
    throw new Error(`cannot listen on ${at.host}:${at.port} (${listenProblem(error)}); choose another host or port`);
  }
  const address = server.address();
  const port = address === null || typeof address === 'string' ? at.port : address.port;
  return {
    url: `http://${isIPv6(at.host) ? `[${at.host}]` : at.host}:${port}`,
    close: (graceMs = 0) =>
      new Promise((resolve) => {
        isClosing = true;
        const timer = setTimeout(() => server.closeAllConnections(), graceMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        if (graceMs === 0) server.closeAllConnections();
        else server.closeIdleConnections();
        // Node does not count a connection without a request as idle.
        for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
        for (const response of unfinished) response.shouldKeepAlive = false;
      }),
  };
}

function listenProblem(error: unknown): string {
  return codeOf(error) === 'EADDRINUSE' ? 'the port is in use' : messageOf(error);
}
