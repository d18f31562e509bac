import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { isIPv6 } from 'node:net';
import { codeOf, messageOf } from './errors.js';

export interface Listening {
  /** `http://host:port`, with the port that was taken where any was asked for. */
  readonly url: string;
  /** Takes no more connections and ends the open ones; a second time does no harm. */
  readonly close: () => Promise<void>;
}

/** Serves HTTP; port 0 takes a free one. Throws an Error with one line for the operator where it cannot listen. */
export async function listen(handler: RequestListener, at: { host: string; port: number }): Promise<Listening> {
  const server = createServer(handler);
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
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function why(error: unknown): string {
  return codeOf(error) === 'EADDRINUSE' ? 'the port is in use' : messageOf(error);
}
