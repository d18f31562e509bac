import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../shared/loopback.js';

/**
 * Whether a browser says that another site's page sent a form. Old programs say nothing, and are taken at that.
 *
 * `Sec-Fetch-Site` decides where there is one: no page can set it, and no proxy that renames the host falsifies it
 * (https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header). Over plain HTTP browsers send `Origin` alone, whose host
 * MUST be that of the bridge: of `bridgeUrl`, which the operator or a trusted proxy names, else of the Host header.
 * `Origin: null` says nothing: the page sends no referrer, and then its own form has that origin too
 * (https://fetch.spec.whatwg.org/#append-a-request-origin-header).
 */
export function isFromAnotherSite({ headers }: IncomingMessage, bridgeUrl: string | undefined): boolean {
  const site = headers['sec-fetch-site'];
  if (typeof site === 'string' && site !== '') return site !== 'same-origin' && site !== 'none';
  const { origin = '', host = '' } = headers;
  if (origin === '' || origin === 'null') return false;
  if (!URL.canParse(origin)) return true;
  const sender = new URL(origin);
  // The scheme is not compared: of TLS that a proxy ends the bridge need not know. Its standard port is left out.
  const bridge = `${sender.protocol}//${bridgeUrl === undefined ? host : new URL(bridgeUrl).host}`;
  return !URL.canParse(bridge) || new URL(bridge).host !== sender.host;
}

/** What a browser or a proxy adds to the requests that it sends. */
const FOREIGN = ['origin', 'sec-fetch-site', 'x-forwarded-for', 'forwarded', 'via'];

/** Whether a program of this machine sent a request: by itself, not for a page in a browser or for others as a proxy. */
export function isFromThisMachine({ socket, headers }: IncomingMessage): boolean {
  const { remoteAddress = '', localAddress } = socket;
  const isLocal = isLoopback(remoteAddress) || remoteAddress === localAddress;
  return isLocal && FOREIGN.every((name) => headers[name] === undefined);
}
