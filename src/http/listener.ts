import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { isIPv6 } from 'node:net';
import { codeOf, messageOf } from '../shared/errors.js';
import { startTimer } from '../shared/timer.js';
import { type ConnectionCounts, type ConnectionLimits, limitConnections } from './connection-limits.js';
import { type Connections, isSilent, serveConnections } from './connections.js';

/** What of a listener can change while it listens. */
export interface ListenerLimits extends ConnectionCounts {
  /** Timeout of receiving a request, in milliseconds; 300,000 unless given. */
  readonly requestMs?: number;
}

export interface Listener {
  /** `http://host:port`, with the port that the system chose for port 0. */
  readonly url: string;
  /**
   * Stops accepting connections, drains for `graceMs` (0 unless given) and closes the open connections. A reply counts as
   * being sent until its last byte. Idempotent.
   */
  readonly close: (graceMs?: number) => Promise<void>;
}

/** A listener whose calls are handed to others while it listens. */
export interface LastingListener extends Listener {
  /** Takes other limits, for connections and requests that come from now on. */
  readonly change: (limits: ListenerLimits) => void;
  /** Resolves when the requests that are being performed now have their replies, or their callers are gone. */
  readonly settled: () => Promise<void>;
}

export interface ListenOptions extends ConnectionLimits, ListenerLimits {
  /** Adds event listeners to the server before it accepts connections. */
  readonly attach?: (server: Server, connections: Connections) => void;
}

/**
 * Connections that may wait to be accepted, as far as the system allows. Of more, some wait for seconds and some are reset:
 * with the 511 of Node.js, two thousand callers at once.
 */
const BACKLOG = 4096;

/** Timeout of receiving the head of a request, in milliseconds. */
const HEAD_MS = 10_000;
const DEFAULT_REQUEST_MS = 300_000;

/**
 * Serves HTTP; for port 0 the system chooses one. Throws an Error with one line for the operator where it cannot
 * listen.
 */
export async function listen(
  handler: RequestListener,
  at: { host: string; port: number },
  { attach, requestMs = DEFAULT_REQUEST_MS, ...limits }: ListenOptions = {},
): Promise<LastingListener> {
  const server = createServer({
    // Some old clients send no Host header with HTTP/1.1.
    requireHostHeader: false,
    ...timeoutsOf(requestMs),
    connectionsCheckingInterval: Math.min(1000, requestMs),
  });
  // Some old clients close their half of the connection after the request; Node has no typed option for it.
  Object.assign(server, { httpAllowHalfOpen: true });
  const connections = serveConnections(server, handler);
  const changeCounts = limitConnections(server, connections, limits);
  attach?.(server, connections);
  // To Node, a connection is idle whose reply has been written but not sent, and one without a request is not.
  server.closeIdleConnections = () => {
    for (const connection of connections.values()) if (isSilent(connection)) connection.socket.destroy();
  };
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
        const timer = startTimer(() => server.closeAllConnections(), graceMs);
        // Closes the idle connections too.
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        if (graceMs === 0) server.closeAllConnections();
        for (const { exchanges } of connections.values()) {
          for (const { response } of exchanges) response.shouldKeepAlive = false;
        }
      }),
    change: ({ requestMs: nextMs = DEFAULT_REQUEST_MS, ...counts }) => {
      Object.assign(server, timeoutsOf(nextMs));
      changeCounts(counts);
    },
    settled: async () => {
      const performed = [...connections.values()].flatMap(({ exchanges }) => exchanges.slice(0, 1));
      await Promise.all(performed.map(({ response }) => new Promise((resolve) => response.once('close', resolve))));
    },
  };
}

const timeoutsOf = (requestMs: number) => ({
  requestTimeout: requestMs,
  headersTimeout: Math.min(HEAD_MS, requestMs),
});

function listenProblem(error: unknown): string {
  return codeOf(error) === 'EADDRINUSE' ? 'the port is in use' : messageOf(error);
}
