import { type Answer, type Fields, isList, unknownNumber, type Value } from '../../core/answer.js';
import { isServerFault, toErrorAnswer } from '../../core/error-mapping.js';
import { Fault } from '../../core/fault.js';
import { UTF_8 } from '../../shared/charset.js';
import { writeDocument, type XmlNode } from '../document/writer.js';
import type { LegacyReply, Protocol, ProtocolLimits, ReplyOptions } from '../protocol.js';
import { type ReplyEnvelope, readSoapRequest, replyIn } from './request.js';
import { soap11 } from './version.js';
import { LITERAL_NAMESPACE, type SoapPart, TARGET_NAMESPACE, TARGET_PREFIX, type Wsdl } from './wsdl.js';

/** SOAP 1.1 and 1.2, RPC/encoded as the old API was, and document/literal: a request tells what its reply is. */
export function soap({ xmlDepth }: ProtocolLimits, wsdl: Wsdl): Protocol {
  return {
    name: 'soap',
    path: '/api/1.0/soap',
    methods: ['POST'],
    decode: (received) => {
      const request = readSoapRequest(received, xmlDepth);
      return {
        call: request.call,
        rejection: request.rejection,
        encode: (answer, options) => {
          const { action, http, reason } = answer;
          const isFault = action === undefined || http !== undefined || request.rejection || isServerFault(reason);
          if (isFault) return fault(answer, request, options);
          const parts = wsdl.responseParts(action) ?? [{ name: 'status', type: { name: 'xsd:string' } }];
          const unknown = unknownNumberIn(options, received.userAgent);
          const write = request.isLiteral ? literal : encoded;
          const result = valuesIn(parts, { status: answer.status, ...answer.result }, { unknown, write });
          const name = `${TARGET_PREFIX}:${action}Response`;
          return { status: 200, ...envelope(operation(name, result, request), request, options) };
        },
      };
    },
    internalError: fault(toErrorAnswer(new Fault('internal')), replyIn(soap11), {
      faultStatus: 500,
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

type Unknown = 'nil' | 'omit' | 'zero';

/** Old gSOAP stubs refuse nil where their WSDL did not promise it; every stack takes an element that is not there. */
function unknownNumberIn({ unknownNumbers }: ReplyOptions, userAgent: string): Unknown {
  if (unknownNumbers !== 'auto') return unknownNumbers;
  return /gsoap/i.test(userAgent) ? 'omit' : 'nil';
}

/** How a value is written: with its type, or as a schema says. */
type Write = (part: SoapPart, content: XmlNode['content'] | null) => XmlNode;

const encoded: Write = ({ name, type }, content) => ({
  name,
  attributes: { 'xsi:type': type.name, ...(content === null && NIL) },
  content: content ?? '',
});

const literal: Write = ({ name }, content) => ({
  name: `${TARGET_PREFIX}:${name}`,
  ...(content === null && { attributes: NIL }),
  content: content ?? '',
});

const NIL = { 'xsi:nil': 'true' };

function valuesIn(parts: readonly SoapPart[], fields: Fields, how: { unknown: Unknown; write: Write }): XmlNode[] {
  const { unknown, write } = how;
  const node = (part: SoapPart, value: Value): XmlNode[] => {
    if (value === unknownNumber) {
      if (unknown === 'omit') return [];
      return [write(part, unknown === 'zero' ? '0' : null)];
    }
    if (value === null || typeof value === 'string') return [write(part, value)];
    if (typeof value === 'bigint') return [write(part, value.toString())];
    const inside = part.type.parts ?? [];
    const content = isList(value)
      ? value.flatMap((item) => inside.flatMap((each) => node(each, item)))
      : valuesIn(inside, value, how);
    return [write(part, content)];
  };
  return parts.flatMap((part) => node(part, fields[part.name] ?? null));
}

function operation(name: string, content: readonly XmlNode[], { version, isLiteral }: ReplyEnvelope): XmlNode {
  const isMarked = !isLiteral && version.encodingStyleOn === 'operation';
  return { name, ...(isMarked && { attributes: { 'SOAP-ENV:encodingStyle': version.encoding } }), content };
}

function envelope(
  content: XmlNode,
  { version, isLiteral }: ReplyEnvelope,
  { replyCharset }: Pick<ReplyOptions, 'replyCharset'>,
  header: readonly XmlNode[] = [],
): Pick<LegacyReply, 'mediaType' | 'body'> {
  const isMarked = !isLiteral && version.encodingStyleOn === 'envelope';
  const attributes = {
    'xmlns:SOAP-ENV': version.envelope,
    'xmlns:xsd': 'http://www.w3.org/2001/XMLSchema',
    'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
    ...(!isLiteral && { 'xmlns:SOAP-ENC': version.encoding }),
    [`xmlns:${TARGET_PREFIX}`]: isLiteral ? LITERAL_NAMESPACE : TARGET_NAMESPACE,
    ...(isMarked && { 'SOAP-ENV:encodingStyle': version.encoding }),
  };
  const body = { name: 'SOAP-ENV:Body', content: [content] };
  const inside = header.length === 0 ? [body] : [{ name: 'SOAP-ENV:Header', content: header }, body];
  const document = writeDocument({ name: 'SOAP-ENV:Envelope', attributes, content: inside });
  return { mediaType: version.mediaType, body: `<?xml version="1.0" encoding="${replyCharset}"?>\n${document}` };
}
