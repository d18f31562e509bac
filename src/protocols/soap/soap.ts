import type { Answer } from '../../core/answer.js';
import { defaultFaultStatus, httpStatusOf, isServerFault, toErrorAnswer } from '../../core/error-mapping.js';
import { Fault } from '../../core/fault.js';
import { UTF_8 } from '../../shared/charset-labels.js';
import { createReply, type Reply } from '../document/reply.js';
import { createElementWriter, type ElementWriter, writeNode } from '../document/writer.js';
import type { LegacyReply, Protocol, ProtocolLimits, ReplyOptions } from '../protocol.js';
import { createOperationWriters, encodedStyle, literalStyle, type UnknownNumberStyle } from './operation-writer.js';
import { decodeSoapRequest, type ReplyEnvelope, replyIn } from './request.js';
import { type FaultCode, type SoapVersion, soap11 } from './version.js';
import { LITERAL_NAMESPACE, TARGET_NAMESPACE, TARGET_PREFIX, type Wsdl } from './wsdl.js';

/**
 * SOAP 1.1 and 1.2, RPC/encoded as in the old API, and document/literal. A reply has the version and style of its
 * request.
 */
export function soap({ xmlDepth }: ProtocolLimits, wsdl: Wsdl): Protocol {
  const rules = { depth: xmlDepth, requestParts: wsdl.requestParts };
  const encoded = createOperationWriters(wsdl, encodedStyle);
  const literal = createOperationWriters(wsdl, literalStyle);
  return {
    name: 'soap',
    path: '/api/1.0/soap',
    methods: ['POST'],
    load: wsdl.load,
    decode: (legacyRequest) => {
      const request = decodeSoapRequest(legacyRequest, rules);
      return {
        call: request.call,
        seen: request.seen,
        rejection: request.rejection,
        encode: (answer, options) => {
          const { action, http, reason } = answer;
          const isFault = action === undefined || http !== undefined || request.rejection || isServerFault(reason);
          if (isFault) return fault(answer, request, options);
          const write = (request.isLiteral ? literal : encoded)(action, request.version);
          const style = unknownNumberStyle(options, legacyRequest.userAgent);
          const writeContent = (reply: Reply) => write(answer, style, reply);
          return { status: httpStatusOf(answer), ...envelope(writeContent, request, options) };
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
  const content = writeNode(request.version.fault(code, explanation ? `${status}: ${explanation}` : status));
  const header = request.faultHeader.map(writeNode).join('');
  return {
    status: http ?? faultStatus(code, request, options),
    ...envelope((reply) => reply.add(content), request, options, header),
  };
}

/** The configured status holds for both versions; without one, each version has its own. */
function faultStatus(code: FaultCode, { version }: ReplyEnvelope, options: FaultOptions): number {
  return options.faultStatus === defaultFaultStatus ? version.faultStatus(code) : options.faultStatus;
}

/** Old gSOAP stubs reject a nil that their WSDL did not announce; every stack accepts a missing element. */
function unknownNumberStyle({ unknownNumbers }: ReplyOptions, userAgent: string): UnknownNumberStyle {
  if (unknownNumbers !== 'auto') return unknownNumbers;
  return /gsoap/i.test(userAgent) ? 'omit' : 'nil';
}

function envelope(
  writeContent: (reply: Reply) => void,
  { version, isLiteral }: ReplyEnvelope,
  { replyCharset }: Pick<ReplyOptions, 'replyCharset'>,
  header = '',
): Pick<LegacyReply, 'mediaType' | 'body'> {
  const reply = createReply();
  reply.add(`<?xml version="1.0" encoding="${replyCharset}"?>\n`);
  const writer = envelopeWriter(version, isLiteral);
  const begun = writer.begin(reply);
  if (header !== '') writeAround(headerWriter, (inside) => inside.add(header), reply);
  writeAround(bodyWriter, writeContent, reply);
  writer.end(reply, begun);
  return { mediaType: version.mediaType, body: reply.content() };
}

function writeAround({ begin, end }: ElementWriter, writeContent: (reply: Reply) => void, reply: Reply): void {
  const begun = begin(reply);
  writeContent(reply);
  end(reply, begun);
}

const headerWriter = createElementWriter('SOAP-ENV:Header');
const bodyWriter = createElementWriter('SOAP-ENV:Body');

const envelopeWriters = {
  encoded: new Map<SoapVersion, ElementWriter>(),
  literal: new Map<SoapVersion, ElementWriter>(),
};

function envelopeWriter(version: SoapVersion, isLiteral: boolean): ElementWriter {
  const known = envelopeWriters[isLiteral ? 'literal' : 'encoded'];
  const writer = known.get(version) ?? createElementWriter('SOAP-ENV:Envelope', envelopeAttributes(version, isLiteral));
  known.set(version, writer);
  return writer;
}

function envelopeAttributes(version: SoapVersion, isLiteral: boolean): Readonly<Record<string, string>> {
  const hasEncodingStyle = !isLiteral && version.encodingStyleOn === 'envelope';
  return {
    'xmlns:SOAP-ENV': version.envelope,
    'xmlns:xsd': 'http://www.w3.org/2001/XMLSchema',
    'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
    ...(!isLiteral && { 'xmlns:SOAP-ENC': version.encoding }),
    [`xmlns:${TARGET_PREFIX}`]: isLiteral ? LITERAL_NAMESPACE : TARGET_NAMESPACE,
    ...(hasEncodingStyle && { 'SOAP-ENV:encodingStyle': version.encoding }),
  };
}
