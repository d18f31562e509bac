import type { Call } from '../../core/call.js';
import { Fault, toFault } from '../../core/fault.js';
import { decodeBody } from '../../shared/charset.js';
import { readDocument, type XmlElement } from '../document/reader.js';
import type { XmlNode } from '../document/writer.js';
import { collectParameters } from '../parameters.js';
import type { DecodedRequest, LegacyRequest } from '../protocol.js';
import { type FaultCode, type SoapVersion, soap11, soap12, versionClaimed, versionOf } from './version.js';
import { LITERAL_NAMESPACE } from './wsdl.js';

/** What the first drafts of XML Schema called it too; programs of 2001 still do. */
const XSI = ['http://www.w3.org/2001/XMLSchema-instance', 'http://www.w3.org/1999/XMLSchema-instance'];

/** What a request says of the envelope of its reply. */
export interface ReplyEnvelope {
  readonly version: SoapVersion;
  /** Whether it is document/literal; RPC/encoded otherwise. */
  readonly isLiteral: boolean;
  /** The fault code if the request is malformed. */
  readonly faultCode: FaultCode;
  /** The header blocks that SOAP 1.2 requires beside that fault. */
  readonly faultHeader: readonly XmlNode[];
}

/** A request at the path of SOAP. */
export interface SoapRequest extends ReplyEnvelope, Pick<DecodedRequest, 'call' | 'rejection'> {}

/** The envelope of a reply in a version of SOAP, unless the request says otherwise. */
export function replyIn(version: SoapVersion): ReplyEnvelope {
  return { version, isLiteral: false, faultCode: 'Client', faultHeader: [] };
}

/**
 * Reads an envelope. The old clients agree on nothing but the place and the local name of the operation: they qualify
 * parameters or not, type them or not, and put the encodingStyle anywhere.
 */
export function readSoapRequest({ body, contentType }: LegacyRequest, depth: number): SoapRequest {
  const reject = (version: SoapVersion, fault: Fault, more: Partial<SoapRequest> = {}): SoapRequest => ({
    call: () => {
      throw fault;
    },
    ...replyIn(version),
    ...more,
  });
  const claimed = versionClaimed(contentType);
  let envelope: XmlElement;
  try {
    envelope = readDocument(decodeBody(body, contentType), { depth, namespaces: true });
  } catch (error) {
    return reject(claimed, toFault(error));
  }
  const version = versionOf(envelope);
  if (!version) {
    const fault = new Fault('malformed', { explanation: `the root element is not Envelope of ${claimed.envelope}` });
    if (envelope.local !== 'Envelope') return reject(claimed, fault);
    return reject(claimed, fault, { faultCode: 'VersionMismatch', faultHeader: claimed === soap12 ? [upgrade] : [] });
  }
  const operations = childNamed(envelope, 'Body')?.children ?? [];
  const [operation] = operations;
  const header = mandatoryHeader(envelope, version);
  const notUnderstood = header && mustUnderstand(header, version);
  if (!operation) {
    const fault = new Fault('malformed', { explanation: 'no operation in the Body' });
    return reject(version, notUnderstood?.rejection ?? fault, notUnderstood);
  }
  return {
    call: () => callIn(operation, operations),
    ...replyIn(version),
    isLiteral: operation.namespace === LITERAL_NAMESPACE,
    ...notUnderstood,
  };
}

function mustUnderstand(header: XmlElement, version: SoapVersion) {
  return {
    rejection: new Fault('malformed', { explanation: `the header ${header.local} is not understood` }),
    faultCode: 'MustUnderstand',
    faultHeader: version === soap12 ? [notUnderstoodBlock(header)] : [],
  } as const;
}

function childNamed({ children }: XmlElement, name: string): XmlElement | undefined {
  return children.find(({ local }) => local === name);
}

/** A header block that the receiver MUST understand; the bridge understands none. */
function mandatoryHeader(envelope: XmlElement, { envelope: namespace, target }: SoapVersion): XmlElement | undefined {
  return childNamed(envelope, 'Header')?.children.find((header) => {
    const isMandatory = /^\s*(1|true)\s*$/.test(attributeOf(header, 'mustUnderstand', [namespace]) ?? '');
    return isMandatory && target.receivers.includes(attributeOf(header, target.attribute, [namespace]) ?? '');
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
function notUnderstoodBlock({ local, namespace }: XmlElement): XmlNode {
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
  return { action: operation.local, parameters: collectParameters(pairs) };
}

/** What parameters have by reference in all: many that refer to much would make far more of a request than it is. */
const REFERRED_VALUES = 256;

/** Elements whose value others refer to, by their id. */
type SharedElements = ReadonlyMap<string, XmlElement>;

function identified(element: XmlElement): [string, XmlElement][] {
  const id = attributeOf(element, 'id') ?? attributeOf(element, 'id', [soap12.encoding]);
  const inside = element.children.flatMap(identified);
  return id === undefined ? inside : [[id, element], ...inside];
}

/** The element that a parameter refers to as SOAP 1.1 or 1.2 has it, or itself. */
function referred(parameter: XmlElement, shared: SharedElements): XmlElement {
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
