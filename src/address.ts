import type { Request } from 'express';

const PLAIN = /^https?:\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i;

/**
 * Where a caller reaches the bridge, as a trusted proxy says: scheme and host. Undefined where there is no such proxy,
 * or where it says nothing; the Host header of anybody else counts for nothing.
 */
export function forwardedUrl(request: Request): string | undefined {
  const isTrusted: (address: string | undefined, hop: number) => boolean = request.app.get('trust proxy fn');
  const isForwarded = ['x-forwarded-host', 'x-forwarded-proto'].some((name) => request.headers[name] !== undefined);
  if (!isForwarded || !isTrusted(request.socket.remoteAddress, 0)) return undefined;
  const url = `${request.protocol}://${request.host}`;
  return PLAIN.test(url) && URL.canParse(url) ? url : undefined;
}
