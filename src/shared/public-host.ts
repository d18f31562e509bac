import { BlockList, isIP, isIPv6 } from 'node:net';

/** What is no address in the internet: https://www.iana.org/assignments/iana-ipv4-special-registry and that of IPv6. */
const privateNetworks = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  privateNetworks.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  privateNetworks.addSubnet(network, prefix, 'ipv6');

/** Whether an IP address means nothing outside the network that it is in. */
export const isPrivateAddress = (address: string): boolean =>
  privateNetworks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');

/** Names that no public DNS has: RFC 6761, RFC 6762, RFC 8375, RFC 9476 and what ICANN keeps for private use. */
const PRIVATE_NAME =
  /(?:^|\.)(?:localhost|local|internal|intranet|lan|home\.arpa|corp|private|test|example|invalid|onion|alt)$/;

/** Whether a host, as `URL` has it, is in the internet: neither a private address, nor a name that only a private network knows. */
export function isPublicHost(hostname: string): boolean {
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  if (isIP(host) !== 0) return !isPrivateAddress(host);
  return host.includes('.') && !PRIVATE_NAME.test(host) && !/\.svc(?:\.|$)/.test(host);
}
