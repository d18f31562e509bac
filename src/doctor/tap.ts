import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { codeOf } from '../shared/errors.js';
import type { Performed, Stage } from './stage.js';

export interface TapOptions {
  /** Where to listen. */
  readonly at: { readonly host: string; readonly port: number };
  /** Told the port once callers may come. */
  readonly onListening: (port: number) => void;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/**
 * Waits for the next request of a caller, which the stage answers, and records it. Connections that carry nothing do not
 * count. Throws an Error with one line for the operator where it cannot listen, and where the signal ends the wait.
 */
export async function nextRequest(stage: Stage, { at, onListening, signal }: TapOptions): Promise<Performed> {
  const server = createServer({ allowHalfOpen: true });
  const sockets = new Set<Socket>();
  const performed = new Promise<Performed>((resolve) => {
    server.on('connection', (socket) => {
      sockets.add(socket);
      const name = `the request of ${socket.remoteAddress}`;
      void passOn(socket, stage).then(({ sent, received }) => {
        const bytes = Buffer.concat(sent);
        if (bytes.length > 0) resolve({ request: { name, bytes }, exchanges: stage.taken(), received });
      });
    });
  });
  try {
    await once(server.listen({ ...at, exclusive: true }), 'listening');
  } catch (error) {
    throw new Error(`cannot listen on ${at.host}:${at.port} (${codeOf(error)}); choose another --host or --port`);
  }
  const address = server.address();
  onListening(typeof address === 'object' && address ? address.port : at.port);
  const ended = once(signal, 'abort').then(() => {
    throw new Error('no request came; let the old program call while this waits');
  });
  try {
    return await Promise.race([performed, ended]);
  } finally {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
}

/** Passes a connection on to the stage until its first request is answered, and gives what was sent either way. */
function passOn(socket: Socket, stage: Stage): Promise<{ sent: readonly Buffer[]; received: Buffer }> {
  const { hostname, port } = new URL(stage.url);
  const bridge = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  const sent: Buffer[] = [];
  const received: Buffer[] = [];
  return new Promise((resolve) => {
    socket.on('data', (bytes) => sent.push(bytes)).on('error', () => bridge.destroy());
    bridge
      .on('data', (bytes) => {
        received.push(bytes);
        // As a caller that has sent its last request: the bridge closes behind the reply.
        if (!/^HTTP\/1\.1 100 [^\r]*\r\n\r\n$/.test(bytes.toString('latin1'))) bridge.end();
      })
      .on('error', () => bridge.destroy())
      .on('close', () => {
        socket.end(() => resolve({ sent, received: Buffer.concat(received) }));
      });
    socket.pipe(bridge);
    bridge.pipe(socket, { end: false });
  });
}
