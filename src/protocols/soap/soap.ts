import { type Answer, type Fields, isList, unknownNumber, type Value } from '../../core/answer.js';
import { defaultFaultStatus, httpStatusOf, isServerFault, toErrorAnswer } from '../../core/error-mapping.js';
import { Fault } from '../../core/fault.js';
import { UTF_8 } from '../../shared/charset.js';
import { writeDocument, type XmlNode } from '../document/writer.js';
import type { LegacyReply, Protocol, ProtocolLimits, ReplyOptions } from '../protocol.js';
import { decodeSoapRequest, type ReplyEnvelope, replyIn } from './request.js';
import { soap11 } from './version.js';
import { LITERAL_NAMESPACE, type SoapPart, TARGET_NAMESPACE, TARGET_PREFIX, type Wsdl } from './wsdl.js';

/**
 * SOAP 1.1 and 1.2, RPC/encoded as in the old API, and document/literal. A reply has the version and style of its
 * request.
 */
export function soap({ xmlDepth }: ProtocolLimits, wsdl: Wsdl): Protocol {
  return {
    name: 'soap',
    path: '/api/1.0/soap',
    methods: ['POST'],
    decode: (legacyRequest) => {
      const request = decodeSoapRequest(legacyRequest, xmlDepth);
      return {
        call: request.call,
        rejection: request.rejection,
        encode: (answer, options) => {
          const { action, http, reason } = answer;
          const isFault = action === undefined || http !== undefined || request.rejection || isServerFault(reason);
          if (isFault) return fault(answer, request, options);
          const parts = wsdl.responseParts(action) ?? [{ name: 'status', type: { name: 'xsd:string' } }];
          const style = {
            unknownNumber: unknownNumberStyle(options, legacyRequest.userAgent),
            toElement: request.isLiteral ? literalElement : encodedElement,
          };
          const result = toElements(parts, { status: answer.status, ...answer.result }, style);
          const name = `${TARGET_PREFIX}:${action}Response`;
          return { status: httpStatusOf(answer), ...envelope(operation(name, result, request), request, options) };
        },
      };
    },
    internalError: fault(toErrorAnswer(new Fault('internal')), replyIn(soap11), {
      faultStatus: defaultFaultStatus,
      replyCharset: UTF_8,
    }),
  };
}

type FaultOptions = Pick<ReplyOptions, 'faultStatus' | 'replyCharset'>;

function fault(
  { reason, http, status, explanation }: Answer,
  request: ReplyEnvelope,
  options: FaultOptions,
): LegacyReply {
  const code = isServerFault(reason) ? 'Server' : request.faultCode;
  const node = request.version.fault(code, explanation ? `${status}: ${explanation}` : status);
  return { status: http ?? options.faultStatus, ...envelope(node, request, options, request.faultHeader) };
}

/** How values are encoded. */
interface ValueStyle {
  readonly unknownNumber: 'nil' | 'omit' | 'zero';
  /** Makes the element of a part; null content is nil. */
  readonly toElement: (part: SoapPart, content: XmlNode['content'] | null) => XmlNode;
}

/** Old gSOAP stubs reject a nil that their WSDL did not announce; every stack accepts a missing element. */
function unknownNumberStyle({ unknownNumbers }: ReplyOptions, userAgent: string): ValueStyle['unknownNumber'] {
  if (unknownNumbers !== 'auto') return unknownNumbers;
  return /gsoap/i.test(userAgent) ? 'omit' : 'nil';
}

/** RPC/encoded: each element has its type. */
const encodedElement: ValueStyle['toElement'] = ({ name, type }, content) => ({
  name,
  attributes: { 'xsi:type': type.name, ...(content === null && NIL) },
  content: content ?? '',
});

/** document/literal: each element is qualified, and typed by the schema alone. */
const literalElement: ValueStyle['toElement'] = ({ name }, content) => ({
  name: `${TARGET_PREFIX}:${name}`,
  ...(content === null && { attributes: NIL }),
  content: content ?? '',
});

const NIL = { 'xsi:nil': 'true' };

function toElements(parts: readonly SoapPart[], fields: Fields, style: ValueStyle): XmlNode[] {
  return parts.flatMap((part) => elementsOf(part, fields[part.name] ?? null, style));
}

/** The element of a part; none where an unknown number is omitted. */
function elementsOf(part: SoapPart, value: Value, style: ValueStyle): XmlNode[] {
  const { toElement } = style;
  if (value === unknownNumber) {
    if (style.unknownNumber === 'omit') return [];
    return [toElement(part, style.unknownNumber === 'zero' ? '0' : null)];
  }
  if (value === null || typeof value === 'string') return [toElement(part, value)];
  if (typeof value === 'bigint') return [toElement(part, value.toString())];
  const children = part.type.parts ?? [];
  if (!isList(value)) return [toElement(part, toElements(children, value, style))];
  return [
    toElement(
      part,
      value.flatMap((item) => children.flatMap((child) => elementsOf(child, item, style))),
    ),
  ];
}

function operation(name: string, content: readonly XmlNode[], { version, isLiteral }: ReplyEnvelope): XmlNode {
  const hasEncodingStyle = !isLiteral && version.encodingStyleOn === 'operation';
  return { name, ...(hasEncodingStyle && { attributes: { 'SOAP-ENV:encodingStyle': version.encoding } }), content };
}

function envelope(
  content: XmlNode,
  { version, isLiteral }: ReplyEnvelope,
  { replyCharset }: Pick<ReplyOptions, 'replyCharset'>,
  header: readonly XmlNode[] = [],
): Pick<LegacyReply, 'mediaType' | 'body'> {
  const hasEncodingStyle = !isLiteral && version.encodingStyleOn === 'envelope';
  const attributes = {
    'xmlns:SOAP-ENV': version.envelope,
    'xmlns:xsd': 'http://www.w3.org/2001/XMLSchema',
    'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
    ...(!isLiteral && { 'xmlns:SOAP-ENC': version.encoding }),
    [`xmlns:${TARGET_PREFIX}`]: isLiteral ? LITERAL_NAMESPACE : TARGET_NAMESPACE,
    ...(hasEncodingStyle && { 'SOAP-ENV:encodingStyle': version.encoding }),
  };
  const body = { name: 'SOAP-ENV:Body', content: [content] };
  const children = header.length === 0 ? [body] : [{ name: 'SOAP-ENV:Header', content: header }, body];
  const document = writeDocument({ name: 'SOAP-ENV:Envelope', attributes, content: children });
  return { mediaType: version.mediaType, body: `<?xml version="1.0" encoding="${replyCharset}"?>\n${document}` };
}
