import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import { codeOf, messageOf } from '../shared/errors.js';
import { answerBroken, type Refuse } from './malformed.js';

export interface Listening {
  /** `http://host:port`, with the port that was taken where any was asked for. */
  readonly url: string;
  /**
   * Takes no more connections, lets what is being answered finish for so many milliseconds, at once unless given, and
   * ends the open ones; a second time does no harm.
   */
  readonly close: (graceMs?: number) => Promise<void>;
}

export interface ListenOptions {
  /** Answers what is no HTTP request; Node does unless given. */
  readonly refuse?: Refuse;
  /** How long a request may take to arrive, in milliseconds; 300,000 unless given. */
  readonly requestMs?: number;
}

/** The longest that a head may take to arrive, in milliseconds. */
const HEAD_MS = 10_000;

/** Serves HTTP; port 0 takes a free one. Throws an Error with one line for the operator where it cannot listen. */
export async function listen(
  handler: RequestListener,
  at: { host: string; port: number },
  { refuse, requestMs = 300_000 }: ListenOptions = {},
): Promise<Listening> {
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
  const answer = inTurn(handler);
  server.on('request', answer).on('checkExpectation', answer);
  if (refuse) answerBroken(server, refuse);
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

/** So many requests of a connection may wait for their turn; who sends more is answered those, and may come again. */
const PIPELINED = 32;

/**
 * The same, for one request of a connection after the other: their replies have to keep that order anyway, and who
 * sends many at once takes no more of the server than others.
 */
function inTurn(handler: RequestListener): RequestListener {
  const lines = new WeakMap<Socket, { readonly queue: (() => void)[]; isShut: boolean }>();
  return (request, response) => {
    const { socket } = request;
    const line = lines.get(socket) ?? { queue: [], isShut: false };
    lines.set(socket, line);
    if (line.isShut) return;
    line.isShut = line.queue.length === PIPELINED;
    if (line.isShut) response.shouldKeepAlive = false;
    const begin = () => {
      // Nothing is done for a caller who cannot hear of it.
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

function why(error: unknown): string {
  return codeOf(error) === 'EADDRINUSE' ? 'the port is in use' : messageOf(error);
}
