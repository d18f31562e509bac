import { isKnown } from '../../core/actions.js';
import type { Call } from '../../core/call.js';
import { Fault, toFault } from '../../core/fault.js';
import { readBody } from '../document/body.js';
import type { XmlElement } from '../document/reader.js';
import type { XmlNode } from '../document/writer.js';
import { collectParameters } from '../parameters.js';
import type { DecodedRequest, LegacyRequest } from '../protocol.js';
import { argumentsOf } from './arguments.js';
import { attributeOf, isTrue } from './elements.js';
import { contentOf } from './envelope.js';
import { openMessage, type SoapMessage } from './message.js';
import { createResolver } from './references.js';
import { sightSoap } from './sightings.js';
import { type FaultCode, type SoapVersion, soap11, soap12, versionOf, versionOfContentType } from './version.js';
import { LITERAL_NAMESPACE } from './wsdl.js';

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
export interface SoapRequest extends ReplyEnvelope, Pick<DecodedRequest, 'call' | 'rejection' | 'seen'> {}

/** The default reply envelope in a version of SOAP. */
export function replyIn(version: SoapVersion): ReplyEnvelope {
  return { version, isLiteral: false, faultCode: 'Client', faultHeader: [] };
}

/** What bounds and types requests. */
export interface RequestRules {
  /** The deepest nesting of elements that is accepted. */
  readonly depth: number;
  /** The names of the parts of an action's request message, in order; undefined where there is no such message. */
  readonly requestParts: (action: string) => readonly string[] | undefined;
}

/**
 * Decodes an envelope. Relies on the place and the local name of the operation alone: old clients differ in qualifying and
 * typing parameters and in where they put the encodingStyle.
 */
export function decodeSoapRequest(request: LegacyRequest, { depth, requestParts }: RequestRules): SoapRequest {
  const reject = (version: SoapVersion, fault: Fault, reply: Partial<SoapRequest> = {}): SoapRequest => ({
    call: () => {
      throw fault;
    },
    seen: () => sightSoap({ message: message ?? request, version, envelope }),
    ...replyIn(version),
    ...reply,
  });
  let declared = versionOfContentType(request.contentType);
  let message: SoapMessage | undefined;
  let envelope: XmlElement | undefined;
  try {
    message = openMessage(request);
    declared = versionOfContentType(message.contentType);
    envelope = readBody(message.body, message.contentType, { depth, namespaces: true });
  } catch (error) {
    return reject(declared, toFault(error));
  }
  const version = versionOf(envelope);
  if (!version) {
    const fault = new Fault('malformed', { explanation: `the root element is not Envelope of ${declared.envelope}` });
    return reject(declared, fault, mismatch(envelope.local === 'Envelope' ? 'VersionMismatch' : 'Client', declared));
  }
  const { header, body, problem } = contentOf(envelope, version);
  if (problem) {
    const { explanation, faultCode } = problem;
    return reject(version, new Fault('malformed', { explanation }), mismatch(faultCode, version));
  }
  const { attachmentText } = message;
  const elements = body?.children ?? [];
  const operation = elements.find((element) => !isIndependent(element));
  const refusal = notUnderstood(header, version) ?? encodingUnknown(envelope, body, version);
  if (!operation) {
    const fault = new Fault('malformed', { explanation: 'no operation in the Body' });
    return reject(version, refusal?.rejection ?? fault, refusal);
  }
  return {
    call: () => decodeCall(operation, elements, attachmentText, requestParts(operation.local)),
    seen: () => sightSoap({ message, version, envelope, operation }),
    ...replyIn(version),
    isLiteral: operation.namespace === LITERAL_NAMESPACE,
    faultCode: isKnown(operation.local) ? 'Client' : 'ProcedureNotPresent',
    ...refusal,
  };
}

/** Whether an element of the Body is no root, but referred to: https://www.w3.org/TR/2000/NOTE-SOAP-20000508/#_Toc478383521. */
function isIndependent(element: XmlElement): boolean {
  return /^\s*(0|false)\s*$/.test(attributeOf(element, 'root', [soap11.encoding]) ?? '');
}

/** The call of an operation; the first parameter of every action is the api_key. */
function decodeCall(
  operation: XmlElement,
  elements: readonly XmlElement[],
  attachmentText: SoapMessage['attachmentText'],
  parts: readonly string[] = ['api_key'],
): Call {
  const resolve = createResolver(elements, attachmentText);
  return { action: operation.local, parameters: collectParameters(argumentsOf(operation, parts, resolve)) };
}

type Refusal = Pick<SoapRequest, 'rejection' | 'faultCode' | 'faultHeader'>;

/** Why a request MUST NOT be performed whose header the bridge does not understand. */
function notUnderstood(header: XmlElement | undefined, version: SoapVersion): Refusal | undefined {
  const block = mandatoryBlock(header, version);
  return (
    block && {
      rejection: new Fault('malformed', { explanation: `the header ${block.local} is not understood` }),
      faultCode: 'MustUnderstand',
      faultHeader: version === soap12 ? [notUnderstoodBlock(block)] : [],
    }
  );
}

/**
 * Why a request MUST NOT be performed that is in an unknown encoding. A known one is accepted on the Envelope too, though
 * SOAP 1.2 forbids it there: SOAP::Lite sends it so.
 */
function encodingUnknown(
  envelope: XmlElement,
  body: XmlElement | undefined,
  version: SoapVersion,
): Refusal | undefined {
  const { encodings } = version;
  if (!encodings) return undefined;
  const isUnknown = (element: XmlElement): boolean => {
    const style = attributeOf(element, 'encodingStyle', [version.envelope]);
    return style !== undefined && !encodings.includes(style.trim());
  };
  const hasUnknown = (element: XmlElement): boolean => isUnknown(element) || element.children.some(hasUnknown);
  if (!isUnknown(envelope) && !(body && hasUnknown(body))) return undefined;
  const rejection = new Fault('malformed', { explanation: 'the encodingStyle is unknown' });
  return { rejection, faultCode: 'DataEncodingUnknown', faultHeader: [] };
}

/** The first header block that the receiver MUST understand; the bridge understands none. */
function mandatoryBlock(
  header: XmlElement | undefined,
  { envelope: namespace, target }: SoapVersion,
): XmlElement | undefined {
  return header?.children.find((block) => {
    const isMandatory = isTrue(attributeOf(block, 'mustUnderstand', [namespace]));
    return isMandatory && target.receivers.includes(attributeOf(block, target.attribute, [namespace]) ?? '');
  });
}

/** The reply to a message that is no Envelope of a version; SOAP 1.2 has a VersionMismatch name what is served. */
function mismatch(faultCode: FaultCode, version: SoapVersion): Pick<ReplyEnvelope, 'faultCode' | 'faultHeader'> {
  return { faultCode, faultHeader: faultCode === 'VersionMismatch' && version === soap12 ? [upgrade] : [] };
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
