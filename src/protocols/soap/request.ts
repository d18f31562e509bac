import type { Call } from '../../core/call.js';
import { Fault, toFault } from '../../core/fault.js';
import { readBody } from '../document/body.js';
import type { XmlElement } from '../document/reader.js';
import type { XmlNode } from '../document/writer.js';
import { collectParameters } from '../parameters.js';
import type { DecodedRequest, LegacyRequest } from '../protocol.js';
import { type FaultCode, type SoapVersion, soap11, soap12, versionOf, versionOfContentType } from './version.js';
import { LITERAL_NAMESPACE } from './wsdl.js';

/** The namespace of XML Schema instances, and that of its drafts of 1999, which programs of 2001 still send. */
const XSI = ['http://www.w3.org/2001/XMLSchema-instance', 'http://www.w3.org/1999/XMLSchema-instance'];

/** What a request determines about the envelope of its reply. */
export interface ReplyEnvelope {
  readonly version: SoapVersion;
  /** document/literal; RPC/encoded otherwise. */
  readonly isLiteral: boolean;
  /** The fault code for a malformed request. */
  readonly faultCode: FaultCode;
  /** The header blocks that SOAP 1.2 requires with that fault. */
  readonly faultHeader: readonly XmlNode[];
}

/** A decoded request of SOAP. */
export interface SoapRequest extends ReplyEnvelope, Pick<DecodedRequest, 'call' | 'rejection'> {}

/** The default reply envelope in a version of SOAP. */
export function replyIn(version: SoapVersion): ReplyEnvelope {
  return { version, isLiteral: false, faultCode: 'Client', faultHeader: [] };
}

/**
 * Decodes an envelope; `depth` is the deepest nesting of elements that is accepted. Relies on the place and the local
 * name of the operation alone: old clients differ in qualifying and typing parameters and in where they put the
 * encodingStyle.
 */
export function decodeSoapRequest({ body, contentType }: LegacyRequest, depth: number): SoapRequest {
  const reject = (version: SoapVersion, fault: Fault, reply: Partial<SoapRequest> = {}): SoapRequest => ({
    call: () => {
      throw fault;
    },
    ...replyIn(version),
    ...reply,
  });
  const declared = versionOfContentType(contentType);
  let envelope: XmlElement;
  try {
    envelope = readBody(body, contentType, { depth, namespaces: true });
  } catch (error) {
    return reject(declared, toFault(error));
  }
  const version = versionOf(envelope);
  if (!version) {
    const fault = new Fault('malformed', { explanation: `the root element is not Envelope of ${declared.envelope}` });
    if (envelope.local !== 'Envelope') return reject(declared, fault);
    return reject(declared, fault, { faultCode: 'VersionMismatch', faultHeader: declared === soap12 ? [upgrade] : [] });
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
    call: () => decodeCall(operation, operations),
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

/** The first header block that the receiver MUST understand; the bridge understands none. */
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

function decodeCall(operation: XmlElement, operations: readonly XmlElement[]): Call {
  const multiRefs = new Map(operations.flatMap(elementsById));
  let referencedValues = 0;
  const pairs = operation.children.flatMap((parameter) => {
    const element = dereference(parameter, multiRefs);
    if (element !== parameter) referencedValues += Math.max(1, element.children.length);
    if (referencedValues > MAX_REFERENCED_VALUES) throw new Fault('malformed', { explanation: 'too many references' });
    return valuesOf(element).map((value): [string, string] => [parameter.local, value]);
  });
  return { action: operation.local, parameters: collectParameters(pairs) };
}

/** Bounds the amplification of many references to one large value. */
const MAX_REFERENCED_VALUES = 256;

/** Multi-reference values by their id: https://www.w3.org/TR/2000/NOTE-SOAP-20000508/#_Toc478383512. */
type MultiRefs = ReadonlyMap<string, XmlElement>;

function elementsById(element: XmlElement): [string, XmlElement][] {
  const id = attributeOf(element, 'id') ?? attributeOf(element, 'id', [soap12.encoding]);
  const descendants = element.children.flatMap(elementsById);
  return id === undefined ? descendants : [[id, element], ...descendants];
}

/** The element that a parameter references by `href` (SOAP 1.1) or `ref` (SOAP 1.2), or the parameter itself. */
function dereference(parameter: XmlElement, multiRefs: MultiRefs): XmlElement {
  const id = attributeOf(parameter, 'href')?.replace(/^#/, '') ?? attributeOf(parameter, 'ref', [soap12.encoding]);
  return (id !== undefined && multiRefs.get(id)) || parameter;
}

/** The values of a parameter: its text, or the texts of its items; empty where it is nil. */
function valuesOf(element: XmlElement): string[] {
  const nil = attributeOf(element, 'nil', XSI) ?? attributeOf(element, 'null', XSI) ?? '';
  if (/^\s*(1|true)\s*$/.test(nil)) return [''];
  return element.children.length === 0 ? [textOf(element)] : element.children.map(textOf);
}

/** The text of an element. Some stacks send text that is not ASCII as base64 of its UTF-8. */
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
