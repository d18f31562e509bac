import { connect, type Socket } from 'node:net';

/**
 * Sends bytes on a connection of their own, as a caller that half-closes it afterwards, and gives all that came back
 * until it was closed, for at most `timeoutMs`.
 */
export function send(url: string, bytes: Buffer, timeoutMs: number): Promise<Buffer> {
  const { hostname, port } = new URL(url);
  return receivedOn(connect({ host: hostname, port: Number(port), allowHalfOpen: true }).end(bytes), timeoutMs);
}

/** All that comes on a connection until it is closed, for at most `timeoutMs`. A connection that is reset ends too. */
function receivedOn(socket: Socket, timeoutMs: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.destroy(), timeoutMs);
    socket
      .on('data', (chunk) => chunks.push(chunk))
      .on('end', () => socket.destroy())
      .on('error', () => socket.destroy())
      .on('close', () => {
        clearTimeout(timer);
        resolve(Buffer.concat(chunks));
      });
  });
}
