import type { Call } from '../../core/call.js';
import { Fault, toFault } from '../../core/fault.js';
import { decodeBody } from '../../shared/charset.js';
import { readDocument, type XmlElement, type XmlNode } from '../document/reader.js';
import { gather, type LegacyRequest } from '../protocol.js';
import { type FaultCode, type SoapVersion, soap11, soap12, versionClaimed, versionOf } from './version.js';
import { LITERAL_NAMESPACE } from './wsdl.js';

/** What the first drafts of XML Schema called it too; programs of 2001 still do. */
const XSI = ['http://www.w3.org/2001/XMLSchema-instance', 'http://www.w3.org/1999/XMLSchema-instance'];

/** A request at the path of SOAP. */
export interface SoapRequest {
  /** Throws a `malformed` Fault where there is no call. */
  readonly call: () => Call;
  /** Why that may not be performed. */
  readonly objection?: Fault | undefined;
  readonly version: SoapVersion;
  /** Whether it is document/literal; RPC/encoded otherwise. */
  readonly isLiteral: boolean;
  /** The code of its fault where it is malformed. */
  readonly faultCode: FaultCode;
  /** What SOAP 1.2 has the header of that fault tell. */
  readonly faultHeader: readonly XmlNode[];
}

/**
 * Reads an envelope. The old clients agree on nothing but the place and the local name of the operation: they qualify
 * parameters or not, type them or not, and put the encodingStyle anywhere.
 */
export function readSoapRequest({ body, contentType }: LegacyRequest, depth: number): SoapRequest {
  const refused = (version: SoapVersion, fault: Fault, more: Partial<SoapRequest> = {}): SoapRequest => ({
    call: () => {
      throw fault;
    },
    version,
    isLiteral: false,
    faultCode: 'Client',
    faultHeader: [],
    ...more,
  });
  const claimed = versionClaimed(contentType);
  let envelope: XmlElement;
  try {
    envelope = readDocument(decodeBody(body, contentType), { depth, namespaces: true });
  } catch (error) {
    return refused(claimed, toFault(error));
  }
  const version = versionOf(envelope);
  if (!version) {
    const fault = new Fault('malformed', { explanation: `the root element is not Envelope of ${claimed.envelope}` });
    if (envelope.local !== 'Envelope') return refused(claimed, fault);
    return refused(claimed, fault, { faultCode: 'VersionMismatch', faultHeader: claimed === soap12 ? [upgrade] : [] });
  }
  const operations = childNamed(envelope, 'Body')?.children ?? [];
  const [operation] = operations;
  const demanded = demandedHeader(envelope, version);
  const refusal = demanded && refusalOf(demanded, version);
  if (!operation) {
    const fault = new Fault('malformed', { explanation: 'no operation in the Body' });
    return refused(version, refusal?.objection ?? fault, refusal);
  }
  return {
    call: () => callIn(operation, operations),
    version,
    isLiteral: operation.namespace === LITERAL_NAMESPACE,
    faultCode: 'Client',
    faultHeader: [],
    ...refusal,
  };
}

function refusalOf(header: XmlElement, version: SoapVersion) {
  return {
    objection: new Fault('malformed', { explanation: `the header ${header.local} is not understood` }),
    faultCode: 'MustUnderstand',
    faultHeader: version === soap12 ? [notUnderstood(header)] : [],
  } as const;
}

function childNamed({ children }: XmlElement, name: string): XmlElement | undefined {
  return children.find(({ local }) => local === name);
}

/** A header for the receiver of the request that it has to understand; the bridge understands none. */
function demandedHeader(envelope: XmlElement, { envelope: namespace, target }: SoapVersion): XmlElement | undefined {
  return childNamed(envelope, 'Header')?.children.find((header) => {
    const isDemanded = /^\s*(1|true)\s*$/.test(attributeOf(header, 'mustUnderstand', [namespace]) ?? '');
    return isDemanded && target.receivers.includes(attributeOf(header, target.attribute, [namespace]) ?? '');
  });
}

/** https://www.w3.org/TR/soap12-part1/#soapupgrade */
const upgrade: XmlNode = {
  name: 'SOAP-ENV:Upgrade',
  content: [soap12, soap11].map(({ envelope }) => ({
    name: 'SOAP-ENV:SupportedEnvelope',
    attributes: { 'xmlns:e': envelope, qname: 'e:Envelope' },
    content: '',
  })),
};

/** https://www.w3.org/TR/soap12-part1/#soapnotunderstood */
function notUnderstood({ local, namespace }: XmlElement): XmlNode {
  // A prefix cannot stand for no namespace.
  const attributes = namespace ? { 'xmlns:h': namespace, qname: `h:${local}` } : { qname: local };
  return { name: 'SOAP-ENV:NotUnderstood', attributes, content: '' };
}

function callIn(operation: XmlElement, operations: readonly XmlElement[]): Call {
  const shared = new Map(operations.flatMap(identified));
  let referredValues = 0;
  const pairs = operation.children.flatMap((parameter) => {
    const element = referred(parameter, shared);
    if (element !== parameter) referredValues += Math.max(1, element.children.length);
    if (referredValues > REFERRED_VALUES) throw new Fault('malformed', { explanation: 'too many references' });
    return valuesOf(element).map((value): [string, string] => [parameter.local, value]);
  });
  return { action: operation.local, parameters: gather(pairs) };
}

/** What parameters have by reference in all: many that refer to much would make far more of a request than it is. */
const REFERRED_VALUES = 256;

/** Elements whose value others refer to, by their id. */
type Shared = ReadonlyMap<string, XmlElement>;

function identified(element: XmlElement): [string, XmlElement][] {
  const id = attributeOf(element, 'id') ?? attributeOf(element, 'id', [soap12.encoding]);
  const inside = element.children.flatMap(identified);
  return id === undefined ? inside : [[id, element], ...inside];
}

/** The element that a parameter refers to as SOAP 1.1 or 1.2 has it, or itself. */
function referred(parameter: XmlElement, shared: Shared): XmlElement {
  const id = attributeOf(parameter, 'href')?.replace(/^#/, '') ?? attributeOf(parameter, 'ref', [soap12.encoding]);
  return (id !== undefined && shared.get(id)) || parameter;
}

/** The values of a parameter: its text, or the text of its items; empty if it is nil. */
function valuesOf(element: XmlElement): string[] {
  const nil = attributeOf(element, 'nil', XSI) ?? attributeOf(element, 'null', XSI) ?? '';
  if (/^\s*(1|true)\s*$/.test(nil)) return [''];
  return element.children.length === 0 ? [textOf(element)] : element.children.map(textOf);
}

/** Some stacks send a text with other letters than those of ASCII as base64 of its UTF-8, on their own account. */
function textOf(element: XmlElement): string {
  const type = attributeOf(element, 'type', XSI) ?? '';
  return /(^|:)base64(Binary)?$/.test(type) ? Buffer.from(element.text, 'base64').toString() : element.text;
}

function attributeOf(
  { attributes }: XmlElement,
  local: string,
  namespaces: readonly (string | undefined)[] = [undefined],
): string | undefined {
  return attributes.find((each) => each.local === local && namespaces.includes(each.namespace))?.value;
}
