import type { XmlElement } from '../document/reader.js';
import type { XmlNode } from '../document/writer.js';
import type { LegacyReply } from '../protocol.js';

/** Whose fault it is, in the words of SOAP 1.1. */
export type FaultCode = 'Client' | 'Server' | 'VersionMismatch' | 'MustUnderstand';

/** What differs between SOAP 1.1 and SOAP 1.2. */
export interface SoapVersion {
  readonly envelope: string;
  readonly encoding: string;
  readonly mediaType: LegacyReply['mediaType'];
  /** Where RPC says that its values are encoded; SOAP 1.2 forbids it on the Envelope. */
  readonly encodingStyleOn: 'envelope' | 'operation';
  /** The attribute of a header that names who has to understand it, and what stands there for the receiver. */
  readonly target: { readonly attribute: string; readonly receivers: readonly string[] };
  readonly fault: (code: FaultCode, text: string) => XmlNode;
}

/** https://www.w3.org/TR/2000/NOTE-SOAP-20000508/ */
export const soap11: SoapVersion = {
  envelope: 'http://schemas.xmlsoap.org/soap/envelope/',
  encoding: 'http://schemas.xmlsoap.org/soap/encoding/',
  mediaType: 'text/xml',
  encodingStyleOn: 'envelope',
  target: { attribute: 'actor', receivers: ['', 'http://schemas.xmlsoap.org/soap/actor/next'] },
  fault: (code, text) => ({
    name: 'SOAP-ENV:Fault',
    content: [
      { name: 'faultcode', content: `SOAP-ENV:${code}` },
      { name: 'faultstring', content: text },
    ],
  }),
};

const ENVELOPE_12 = 'http://www.w3.org/2003/05/soap-envelope';
const codes12 = {
  Client: 'Sender',
  Server: 'Receiver',
  VersionMismatch: 'VersionMismatch',
  MustUnderstand: 'MustUnderstand',
};

/** https://www.w3.org/TR/soap12-part1/ */
export const soap12: SoapVersion = {
  envelope: ENVELOPE_12,
  encoding: 'http://www.w3.org/2003/05/soap-encoding',
  mediaType: 'application/soap+xml',
  encodingStyleOn: 'operation',
  target: { attribute: 'role', receivers: ['', `${ENVELOPE_12}/role/next`, `${ENVELOPE_12}/role/ultimateReceiver`] },
  fault: (code, text) => ({
    name: 'SOAP-ENV:Fault',
    content: [
      { name: 'SOAP-ENV:Code', content: [{ name: 'SOAP-ENV:Value', content: `SOAP-ENV:${codes12[code]}` }] },
      {
        name: 'SOAP-ENV:Reason',
        content: [{ name: 'SOAP-ENV:Text', attributes: { 'xml:lang': 'en' }, content: text }],
      },
    ],
  }),
};

/** The version of an envelope; undefined where it is of none. */
export function versionOf({ local, namespace }: XmlElement): SoapVersion | undefined {
  return local === 'Envelope' ? [soap11, soap12].find(({ envelope }) => envelope === namespace) : undefined;
}

/** The version that a request claims to be, where its envelope does not tell. */
export function versionClaimed(contentType: string): SoapVersion {
  return /^\s*application\/soap\+xml/i.test(contentType) ? soap12 : soap11;
}
