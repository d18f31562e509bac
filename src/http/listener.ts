import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import { codeOf, messageOf } from '../shared/errors.js';
import { serializePipelined } from './pipelining.js';

export interface Listener {
  /** `http://host:port`, with the port that was taken where any was asked for. */
  readonly url: string;
  /**
   * Stops accepting connections, drains for `graceMs` (0 unless given), and ends the open connections. May be called
   * again.
   */
  readonly close: (graceMs?: number) => Promise<void>;
}

export interface ListenOptions {
  /** Adds listeners of its own to the server before it listens. */
  readonly attach?: (server: Server) => void;
  /** How long a request may take to arrive, in milliseconds; 300,000 unless given. */
  readonly requestMs?: number;
}

/** The longest that a head may take to arrive, in milliseconds. */
const HEAD_MS = 10_000;

/** Serves HTTP; port 0 takes a free one. Throws an Error with one line for the operator where it cannot listen. */
export async function listen(
  handler: RequestListener,
  at: { host: string; port: number },
  { attach, requestMs = 300_000 }: ListenOptions = {},
): Promise<Listener> {
  const server = createServer({
    // Some old clients send no Host, or expect what no server has.
    requireHostHeader: false,
    requestTimeout: requestMs,
    headersTimeout: Math.min(HEAD_MS, requestMs),
    connectionsCheckingInterval: Math.min(1000, requestMs),
  });
  const unanswered = new Set<ServerResponse>();
  const connections = new Set<Socket>();
  let isClosing = false;
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', (_request, response) => {
    response.shouldKeepAlive &&= !isClosing;
    unanswered.add(response);
    response.once('close', () => unanswered.delete(response));
  });
  // Some old clients close their half of the connection when they have sent all; Node knows it by this name only.
  Object.assign(server, { httpAllowHalfOpen: true });
  const answer = serializePipelined(handler);
  server.on('request', answer).on('checkExpectation', answer);
  attach?.(server);
  try {
    server.listen(at.port, at.host);
    await once(server, 'listening');
  } catch (error) {
    throw new Error(`cannot listen on ${at.host}:${at.port} (${why(error)}); choose another host or port`);
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
        // To Node, a connection that never said anything is not idle.
        for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
        for (const response of unanswered) response.shouldKeepAlive = false;
      }),
  };
}

function why(error: unknown): string {
  return codeOf(error) === 'EADDRINUSE' ? 'the port is in use' : messageOf(error);
}
