import type { XmlElement } from '../document/reader.js';
import type { XmlNode } from '../document/writer.js';
import type { LegacyReply } from '../protocol.js';

/**
 * The fault codes of SOAP 1.1 (https://www.w3.org/TR/2000/NOTE-SOAP-20000508/#_Toc478383510), and those that SOAP 1.2
 * added for what is a Client fault in SOAP 1.1.
 */
export type FaultCode =
  | 'Client'
  | 'Server'
  | 'VersionMismatch'
  | 'MustUnderstand'
  | 'DataEncodingUnknown'
  | 'ProcedureNotPresent';

/** What differs between SOAP 1.1 and SOAP 1.2. */
export interface SoapVersion {
  readonly envelope: string;
  readonly encoding: string;
  readonly mediaType: LegacyReply['mediaType'];
  /** Which element has the encodingStyle of RPC; SOAP 1.2 forbids it on the Envelope. */
  readonly encodingStyleOn: 'envelope' | 'operation';
  /** The attribute that targets a header block at a node, and its values that target the ultimate receiver. */
  readonly target: { readonly attribute: string; readonly receivers: readonly string[] };
  /** The encodings that an encodingStyle may name; undefined where there is no fault for another one. */
  readonly encodings: readonly string[] | undefined;
  readonly fault: (code: FaultCode, text: string) => XmlNode;
  /** The HTTP status of a fault in the HTTP binding. */
  readonly faultStatus: (code: FaultCode) => 400 | 500;
}

const ENCODING_11 = 'http://schemas.xmlsoap.org/soap/encoding/';
const faultCodes11: Readonly<Record<FaultCode, string>> = {
  Client: 'Client',
  Server: 'Server',
  VersionMismatch: 'VersionMismatch',
  MustUnderstand: 'MustUnderstand',
  DataEncodingUnknown: 'Client',
  ProcedureNotPresent: 'Client',
};

/** https://www.w3.org/TR/2000/NOTE-SOAP-20000508/ */
export const soap11: SoapVersion = {
  envelope: 'http://schemas.xmlsoap.org/soap/envelope/',
  encoding: ENCODING_11,
  mediaType: 'text/xml',
  encodingStyleOn: 'envelope',
  target: { attribute: 'actor', receivers: ['', 'http://schemas.xmlsoap.org/soap/actor/next'] },
  encodings: undefined,
  fault: (code, text) => ({
    name: 'SOAP-ENV:Fault',
    content: [
      { name: 'faultcode', content: `SOAP-ENV:${faultCodes11[code]}` },
      { name: 'faultstring', content: text },
    ],
  }),
  faultStatus: () => 500,
};

const ENVELOPE_12 = 'http://www.w3.org/2003/05/soap-envelope';
const ENCODING_12 = 'http://www.w3.org/2003/05/soap-encoding';
const RPC_12 = 'http://www.w3.org/2003/05/soap-rpc';
/** A fault code of SOAP 1.2, with its subcode in the namespace of RPC. */
const faultCodes12: Readonly<Record<FaultCode, readonly [code: string, subcode?: string]>> = {
  Client: ['Sender'],
  Server: ['Receiver'],
  VersionMismatch: ['VersionMismatch'],
  MustUnderstand: ['MustUnderstand'],
  DataEncodingUnknown: ['DataEncodingUnknown'],
  ProcedureNotPresent: ['Sender', 'ProcedureNotPresent'],
};

/** https://www.w3.org/TR/soap12-part1/ */
export const soap12: SoapVersion = {
  envelope: ENVELOPE_12,
  encoding: ENCODING_12,
  mediaType: 'application/soap+xml',
  encodingStyleOn: 'operation',
  target: { attribute: 'role', receivers: ['', `${ENVELOPE_12}/role/next`, `${ENVELOPE_12}/role/ultimateReceiver`] },
  encodings: ['', `${ENVELOPE_12}/encoding/none`, ENCODING_12, ENCODING_11],
  fault: (code, text) => {
    const [value, subcode] = faultCodes12[code];
    return {
      name: 'SOAP-ENV:Fault',
      content: [
        {
          name: 'SOAP-ENV:Code',
          content: [
            { name: 'SOAP-ENV:Value', content: `SOAP-ENV:${value}` },
            ...(subcode === undefined ? [] : [subcodeNode(subcode)]),
          ],
        },
        {
          name: 'SOAP-ENV:Reason',
          content: [{ name: 'SOAP-ENV:Text', attributes: { 'xml:lang': 'en' }, content: text }],
        },
      ],
    };
  },
  // https://www.w3.org/TR/soap12-part2/#tabreqstatereqtrans
  faultStatus: (code) => (faultCodes12[code][0] === 'Sender' ? 400 : 500),
};

/** https://www.w3.org/TR/soap12-part2/#rpcfaults */
function subcodeNode(subcode: string): XmlNode {
  const attributes = { 'xmlns:rpc': RPC_12 };
  return { name: 'SOAP-ENV:Subcode', content: [{ name: 'SOAP-ENV:Value', attributes, content: `rpc:${subcode}` }] };
}

/** The version of an envelope by its namespace; undefined for any other element. */
export function versionOf({ local, namespace }: XmlElement): SoapVersion | undefined {
  return local === 'Envelope' ? [soap11, soap12].find(({ envelope }) => envelope === namespace) : undefined;
}

/** The version by the Content-Type of a request or of the root part of one, for a document that is no envelope. */
export function versionOfContentType(contentType: string): SoapVersion {
  return /\bapplication\/soap\+xml/i.test(contentType) ? soap12 : soap11;
}
