import { isPrivateAddress } from '../shared/public-host.js';
import type { PendingTicket } from '../vault/tickets.js';
import type { Asked } from './languages/texts.js';

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
  return { whose: isPrivateAddress(address) && !isPrivateAddress(user) ? 'inside' : 'other', address };
}
