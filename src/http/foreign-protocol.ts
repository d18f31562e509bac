/** Protocols that come to a port of plain HTTP by mistake, by their first bytes in latin1, and what to do about each. */
const protocols: readonly (readonly [starts: readonly string[], advice: string])[] = [
  [['\x16\x03'], 'TLS, as of https:// in front of the address: this port speaks plain HTTP'],
  [['\x04\x01', '\x05\x01', '\x05\x02', '\x05\x03'], 'SOCKS, as of a client that takes this for its proxy'],
  [['PRI * HTTP/2'], 'HTTP/2 without TLS, which is not served'],
  [
    ['PROXY ', '\r\n\r\n\0\r\nQUIT\n'],
    'the PROXY protocol of a load balancer, which is not served: switch it off there',
  ],
];

/** What these bytes are where they are not HTTP, for the log; undefined where it is not known. */
export function foreignProtocolOf(bytes: string): string | undefined {
  // A hello of SSL 2 begins with its length: https://www.rfc-editor.org/rfc/rfc5246#appendix-E.2.
  if (bytes.charCodeAt(0) >= 0x80 && bytes.startsWith('\x01\x03', 2)) return protocols[0]?.[1];
  return protocols.find(([starts]) => starts.some((start) => bytes.startsWith(start)))?.[1];
}
