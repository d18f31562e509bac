import { once } from 'node:events';
import { createServer } from 'node:tls';
import { promisify } from 'node:util';
import { createRsaCertificate } from './certificates.js';

export interface SelfSigned {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** A server on loopback whose certificate nobody knows. */
export async function startSelfSigned(): Promise<SelfSigned> {
  const server = createServer(await createRsaCertificate('127.0.0.1')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  return { url: `https://127.0.0.1:${address.port}`, close: promisify(server.close.bind(server)) };
}
