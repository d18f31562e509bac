import type { Request } from 'express';

const PLAIN = /^https?:\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i;

/**
 * Where a caller reaches the bridge, as a trusted proxy says: scheme and host. Undefined where there is no such proxy,
 * or where it says nothing; the Host header of anybody else counts for nothing.
 */
export function forwardedUrl(request: Request): string | undefined {
  const isTrusted: (address: string | undefined, hop: number) => boolean = request.app.get('trust proxy fn');
  if (!isTrusted(request.socket.remoteAddress, 0)) return undefined;
  const host = forwarded(request, 'x-forwarded-host');
  const scheme = forwarded(request, 'x-forwarded-proto');
  if (host === undefined && scheme === undefined) return undefined;
  const url = `${scheme ?? 'http'}://${host ?? request.get('host') ?? ''}`;
  return PLAIN.test(url) && URL.canParse(url) ? url : undefined;
}

/** What the outermost trusted proxy says: each proxy adds its value at the end, behind whatever the caller sent. */
function forwarded(request: Request, name: string): string | undefined {
  const values =
    request
      .get(name)
      ?.split(',')
      .map((value) => value.trim()) ?? [];
  const proxies = request.app.get('trust proxy') === true ? values.length : Math.max(1, request.ips.length);
  return values.at(-Math.min(proxies, values.length));
}
