import type { XmlElement } from '../document/reader.js';
import type { XmlNode } from '../document/writer.js';
import type { LegacyReply } from '../protocol.js';

/** The fault codes of SOAP 1.1: https://www.w3.org/TR/2000/NOTE-SOAP-20000508/#_Toc478383510. */
export type FaultCode = 'Client' | 'Server' | 'VersionMismatch' | 'MustUnderstand';

/** What differs between SOAP 1.1 and SOAP 1.2. */
export interface SoapVersion {
  readonly envelope: string;
  readonly encoding: string;
  readonly mediaType: LegacyReply['mediaType'];
  /** Which element has the encodingStyle of RPC; SOAP 1.2 forbids it on the Envelope. */
  readonly encodingStyleOn: 'envelope' | 'operation';
  /** The attribute that targets a header block at a node, and its values that target the ultimate receiver. */
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
const faultCodes12 = {
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
      { name: 'SOAP-ENV:Code', content: [{ name: 'SOAP-ENV:Value', content: `SOAP-ENV:${faultCodes12[code]}` }] },
      {
        name: 'SOAP-ENV:Reason',
        content: [{ name: 'SOAP-ENV:Text', attributes: { 'xml:lang': 'en' }, content: text }],
      },
    ],
  }),
};

/** The version of an envelope by its namespace; undefined for any other element. */
export function versionOf({ local, namespace }: XmlElement): SoapVersion | undefined {
  return local === 'Envelope' ? [soap11, soap12].find(({ envelope }) => envelope === namespace) : undefined;
}

/** The version by the Content-Type of a request, for a document that is no envelope. */
export function versionOfContentType(contentType: string): SoapVersion {
  return /^\s*application\/soap\+xml/i.test(contentType) ? soap12 : soap11;
}
