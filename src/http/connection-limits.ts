import type { Server } from 'node:http';
import { type Connection, type Connections, isIdle, isOfProxy, PROXY_IDLE_MS } from './connections.js';

/** Why connections were closed that their callers would have kept. */
type ClosedFor = 'too many connections' | 'too many connections of one address' | 'the reply is not being read';

/** Connections that were closed for the same reason within a second. */
export interface ClosedConnections {
  readonly why: ClosedFor;
  /** How many. */
  readonly connections: number;
  /** That of the last of them. */
  readonly address: string;
}

/** How many connections may be open. */
export interface ConnectionCounts {
  /** The most open connections; 4,096 unless given. */
  readonly maxConnections?: number | undefined;
  /** The most open connections of one address; 2,048 unless given. */
  readonly maxConnectionsPerAddress?: number | undefined;
}

export interface ConnectionLimits extends ConnectionCounts {
  /** The longest time in which a caller reads nothing of a reply, in milliseconds; 30,000 unless given. */
  readonly sendMs?: number;
  /** How often connections are looked through, in milliseconds; 1,000 unless given. */
  readonly checkMs?: number;
  /** The longest time without a request, in milliseconds, whatever else a caller that is no proxy sends; 15,000 unless given. */
  readonly idleMs?: number;
  readonly onClosed?: ((closed: ClosedConnections) => void) | undefined;
}

/**
 * Closes connections beyond the limits, those first that have been idle for longest; a new one where none is idle. Closes
 * those whose caller reads nothing of its reply, or sends something that is no request for too long. Gives what changes
 * how many connections may be open from now on.
 */
export function limitConnections(
  server: Server,
  connections: Connections,
  limits: ConnectionLimits,
): (counts: ConnectionCounts) => void {
  const { sendMs = 30_000, idleMs = 15_000, checkMs = 1000, onClosed = () => {} } = limits;
  let counts: ConnectionCounts = limits;
  const countOf = new Map<string, number>();
  const closed = new Map<ClosedFor, { count: number; address: string }>();

  const close = ({ socket, address }: Connection, why: ClosedFor) => {
    closed.set(why, { count: (closed.get(why)?.count ?? 0) + 1, address });
    socket.destroy();
  };
  const add = (address: string, count: number) => {
    const sum = (countOf.get(address) ?? 0) + count;
    if (sum === 0) countOf.delete(address);
    else countOf.set(address, sum);
    return sum;
  };

  server.on('connection', (socket) => {
    const connection = connections.get(socket);
    if (!connection) return;
    const { address } = connection;
    const { maxConnections = 4096, maxConnectionsPerAddress = 2048 } = counts;
    socket.once('close', () => add(address, -1));
    // While there is an exchange, the only time limit is that of `check`.
    socket.on('timeout', () => {
      if (connection.exchanges.length > 0) close(connection, 'the reply is not being read');
    });
    if (add(address, 1) > maxConnectionsPerAddress) {
      const own = [...connections.values()].filter((each) => each.address === address);
      close(idleForLongest(own) ?? connection, 'too many connections of one address');
    } else if (connections.size > maxConnections) {
      close(idleForLongest(connections.values()) ?? connection, 'too many connections');
    }
  });

  const longestIdle = (connection: Connection) => (isOfProxy(connection) ? PROXY_IDLE_MS : idleMs);
  const check = () => {
    const now = performance.now();
    for (const connection of connections.values()) {
      const { socket, exchanges, idleSince } = connection;
      const isUnsent = exchanges[0]?.response.writableEnded === true;
      // Node restarts the timer as long as some of what it sends is taken.
      if (isUnsent && socket.timeout !== sendMs) socket.setTimeout(sendMs);
      else if (isIdle(connection) && now - idleSince > longestIdle(connection)) socket.destroy();
    }
    for (const [why, { count, address }] of closed) onClosed({ why, connections: count, address });
    closed.clear();
  };
  const timer = setInterval(check, checkMs).unref();
  server.once('close', () => clearInterval(timer));
  return (next) => {
    counts = next;
  };
}

function idleForLongest(connections: Iterable<Connection>): Connection | undefined {
  let found: Connection | undefined;
  for (const connection of connections) {
    const isLonger = found === undefined || connection.idleSince < found.idleSince;
    if (isLonger && isIdle(connection) && !connection.socket.destroyed) found = connection;
  }
  return found;
}
