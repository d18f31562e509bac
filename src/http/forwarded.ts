import type { IncomingMessage } from 'node:http';
import proxyAddr from 'proxy-addr';

/** Which proxies are trusted with X-Forwarded headers: none, all, or those at these addresses and networks. */
export type TrustProxy = boolean | readonly string[];

/** Whether the address of a hop is that of a trusted proxy; hop 0 is the peer of the connection. */
export type IsTrusted = (address: string, hop: number) => boolean;

export function compileTrust(trustProxy: TrustProxy): IsTrusted {
  return typeof trustProxy === 'boolean' ? () => trustProxy : proxyAddr.compile([...trustProxy]);
}

/** Gives the address of the caller: that of the peer, or what trusted proxies say of it. */
export function createAddressOf(trustProxy: TrustProxy): (request: IncomingMessage) => string {
  if (trustProxy === false) return ({ socket }) => socket.remoteAddress ?? '';
  const isTrusted = compileTrust(trustProxy);
  return (request) => proxyAddr(request, isTrusted);
}

const ORIGIN = /^https?:\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i;

/**
 * Gives scheme and host of the bridge as a trusted proxy forwarded them. Undefined without such a proxy or without its
 * headers; the Host header of a direct caller is never used.
 */
export function createForwardedUrl(trustProxy: TrustProxy): (request: IncomingMessage) => string | undefined {
  const isTrusted = compileTrust(trustProxy);
  return (request) => {
    if (!isTrusted(request.socket.remoteAddress ?? '', 0)) return undefined;
    // Each proxy appends a value to those of the caller: the value of the outermost trusted proxy counts.
    const forwarded = (name: string): string | undefined => {
      const values = `${request.headers[name] ?? ''}`.split(',').map((value) => value.trim());
      const proxies = trustProxy === true ? values.length : Math.max(1, proxyAddr.all(request, isTrusted).length - 1);
      return request.headers[name] === undefined ? undefined : values.at(-Math.min(proxies, values.length));
    };
    const host = forwarded('x-forwarded-host');
    const scheme = forwarded('x-forwarded-proto');
    if (host === undefined && scheme === undefined) return undefined;
    const url = `${scheme ?? 'http'}://${host ?? request.headers.host ?? ''}`;
    return ORIGIN.test(url) && URL.canParse(url) ? url : undefined;
  };
}
