import { BlockList, isIPv6 } from 'node:net';
import type { PendingTicket } from '../vault/tickets.js';
import type { Asked } from './languages/texts.js';

/** Addresses that mean nothing outside the network they are in, and say how it is built. */
const internal = new BlockList();
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  internal.addSubnet(network, prefix);
for (const [network, prefix] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  internal.addSubnet(network, prefix, 'ipv6');

const isInternal = (address: string) => internal.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');

/** An address as people write it: an IPv4 address that a socket of IPv6 received is one, and a zone is this machine's. */
const plain = (address: string) => address.replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/%.*/, '');

/**
 * When and from where a ticket was asked for, for the user at address `user`, who reads `language`. An internal address
 * is for those alone who are in such a network too.
 */
export function howItWasAsked(
  { ageMs, askedFrom }: PendingTicket,
  { now, user, language }: { readonly now: number; readonly user: string; readonly language: string },
): Asked {
  const minutes = Math.floor(ageMs / 60_000);
  return {
    ago: minutes === 0 ? undefined : new Intl.RelativeTimeFormat(language).format(-minutes, 'minute'),
    time: new Date(now - ageMs).toISOString().slice(11, 16),
    from: whence(askedFrom, plain(user)),
  };
}

function whence(askedFrom: string | undefined, user: string): Asked['from'] {
  if (askedFrom === undefined) return undefined;
  const address = plain(askedFrom);
  if (address === user) return { whose: 'own', address };
  return { whose: isInternal(address) && !isInternal(user) ? 'inside' : 'other', address };
}
