import { isIPv6 } from 'node:net';
import type { AddressOptions } from './arguments.js';

/** Loopback, of the same family, in place of an address that stands for all of this machine. */
const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** The URL by which this machine calls a server of its own that listens there. */
export function localUrl({ host, port }: Required<AddressOptions>): string {
  const name = LOOPBACK[host] ?? host;
  return `http://${isIPv6(name) ? `[${name}]` : name}:${port}`;
}
