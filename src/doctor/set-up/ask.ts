import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connectTls } from './certificate.js';

/** A reply, as far as it is looked at. */
export interface Reply {
  readonly status: number;
  /** The status line and the headers. */
  readonly head: string;
  readonly body: string;
}

/** A request in pieces: each but the first is sent once something came back for the one before. */
export type Pieces = readonly [Buffer, ...Buffer[]];

/**
 * Asks a server as an old program does, on a connection of its own, and gives the reply, interim ones aside. Rejects where
 * there is none within `timeoutMs`. Its certificate is not looked at.
 */
export async function ask(url: URL, [first, ...others]: Pieces, timeoutMs: number): Promise<Reply> {
  const socket = await openTo(url, timeoutMs);
  const chunks: Buffer[] = [];
  const rest = [...others];
  socket.write(first);
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    const next = rest.shift();
    if (next) socket.write(next);
  });
  const timer = setTimeout(() => socket.destroy(new Error('no reply in time')), timeoutMs);
  try {
    // A server that closes without a word ends the wait too.
    await once(socket, 'close');
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
  const reply = parse(Buffer.concat(chunks).toString('latin1'));
  if (!reply) throw new Error('the connection was closed without a reply');
  return reply;
}

async function openTo(url: URL, timeoutMs: number): Promise<Socket> {
  if (url.protocol === 'https:') return connectTls(url, { timeoutMs, rejectUnauthorized: false });
  const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 80) });
  const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), timeoutMs);
  try {
    await once(socket, 'connect');
  } finally {
    clearTimeout(timer);
  }
  return socket;
}

function parse(text: string): Reply | undefined {
  const [, head, status, body = ''] = REPLY.exec(text) ?? [];
  return head === undefined ? undefined : { head, status: Number(status), body };
}

/** The first reply that is no interim one. */
const REPLY = /^(?:HTTP\/1\.\d 1\d\d[\s\S]*?\r\n\r\n)*(HTTP\/1\.\d ([2-5]\d\d)[\s\S]*?)\r\n\r\n([\s\S]*)$/;
