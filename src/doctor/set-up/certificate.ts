import { isIP } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';

/** What a server shows when it speaks TLS. */
interface ShownCertificate {
  /** Whole days until it ends. */
  readonly daysLeft: number;
  /** The version of TLS, such as `TLSv1.3`. */
  readonly protocol: string;
}

const DAY_MS = 24 * 60 * 60_000;

/** The certificate of an https URL. Rejects with the error of TLS or of the network. */
export async function certificateAt(
  url: URL,
  options: ConnectionOptions & { readonly timeoutMs: number },
): Promise<ShownCertificate> {
  const socket = await connectTls(url, options);
  const { valid_to: end } = socket.getPeerCertificate();
  const protocol = socket.getProtocol() ?? 'TLS';
  socket.destroy();
  return { daysLeft: Math.floor((Date.parse(end) - Date.now()) / DAY_MS), protocol };
}

/** A connection to an https URL. Rejects with the error of TLS or of the network, and after `timeoutMs`. */
export function connectTls(
  url: URL,
  { timeoutMs, ...options }: ConnectionOptions & { readonly timeoutMs: number },
): Promise<TLSSocket> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // An address is no name that a server could choose its certificate by.
  const servername = isIP(host) === 0 ? { servername: host } : {};
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(url.port || 443), ...servername, ...options });
    const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), timeoutMs);
    socket
      .once('secureConnect', () => {
        clearTimeout(timer);
        resolve(socket);
      })
      .on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
  });
}
