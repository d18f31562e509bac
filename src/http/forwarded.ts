import type { IncomingMessage } from 'node:http';
import proxyAddr from 'proxy-addr';

/**
 * Which proxies are trusted with X-Forwarded headers: none, all, as many as are in front, or those at these addresses and
 * networks.
 */
export type TrustProxy = boolean | number | readonly string[];

/** Whether the address of a hop is that of a trusted proxy; hop 0 is the peer of the connection. */
export type IsTrusted = (address: string, hop: number) => boolean;

export function compileTrust(trustProxy: TrustProxy): IsTrusted {
  if (typeof trustProxy === 'boolean') return () => trustProxy;
  if (typeof trustProxy === 'number') return (_address, hop) => hop < trustProxy;
  return proxyAddr.compile([...trustProxy]);
}

/**
 * Gives the address of the caller: that of the peer, or what trusted proxies say of it. `onForwarded` is told of every
 * peer that forwards a call where none is trusted.
 */
export function createAddressOf(
  trustProxy: TrustProxy,
  onForwarded: (peer: string) => void = () => {},
): (request: IncomingMessage) => string {
  if (trustProxy === false) {
    return ({ socket: { remoteAddress = '' }, headers }) => {
      if (headers['x-forwarded-for'] !== undefined) onForwarded(remoteAddress);
      return remoteAddress;
    };
  }
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

/** Calls that are forwarded by nobody but a few private addresses until it is no coincidence. */
const FORWARDED_CALLS = 20;
const FEW = 4;

/**
 * Tells once where calls seem to come through a proxy that is not trusted, so that all callers share its address and its
 * limits: they name another address, and come from few private ones.
 */
export function detectProxy(onProxy: (peers: readonly string[]) => void): (peer: string) => void {
  const isPrivate = proxyAddr.compile(['loopback', 'linklocal', 'uniquelocal']);
  const peers = new Set<string>();
  let calls = 0;
  let isOver = false;
  return (peer) => {
    if (isOver) return;
    peers.add(peer);
    calls += 1;
    const isLikely = peers.size <= FEW && isPrivate(peer, 0);
    isOver = !isLikely || calls === FORWARDED_CALLS;
    if (isLikely && isOver) onProxy([...peers]);
  };
}
