import { type Answer, type Fields, isList, unknownNumber, type Value } from '../call.js';
import { readDocument, writeDocument, type XmlNode } from './document.js';
import type { Dialect, LegacyReply, Protocol, ProtocolLimits } from './protocol.js';
import { callIn, ENVELOPE, XSI } from './soap-request.js';
import { type SoapPart, TARGET_NAMESPACE, TARGET_PREFIX, type Wsdl } from './wsdl.js';

const ENCODING = 'http://schemas.xmlsoap.org/soap/encoding/';
const XSD = 'http://www.w3.org/2001/XMLSchema';
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** SOAP 1.1, RPC/encoded: https://www.w3.org/TR/2000/NOTE-SOAP-20000508/. */
export function soap({ xmlDepth }: ProtocolLimits, wsdl: Wsdl): Protocol {
  return {
    name: 'soap',
    path: '/api/1.0/soap',
    methods: ['POST'],
    decode: ({ body }) => callIn(readDocument(body, { depth: xmlDepth, namespaces: true })),
    encode: (answer, dialect) => {
      const { action, http, reason } = answer;
      if (action === undefined || http !== undefined || isServerFault(reason)) return fault(answer, dialect);
      const parts = wsdl.responseParts(action) ?? [{ name: 'status', type: { name: 'xsd:string' } }];
      const result = { status: answer.status, ...answer.result };
      const content = typed(parts, result, unknownNumberIn(dialect));
      return { status: 200, body: envelope({ name: `${TARGET_PREFIX}:${action}Response`, content }) };
    },
  };
}

function fault({ reason, http, status, explanation }: Answer, { faultStatus }: Dialect): LegacyReply {
  const code = isServerFault(reason) ? 'Server' : 'Client';
  const content = [
    { name: 'faultcode', content: `SOAP-ENV:${code}` },
    { name: 'faultstring', content: explanation ? `${status}: ${explanation}` : status },
  ];
  return { status: http ?? faultStatus, body: envelope({ name: 'SOAP-ENV:Fault', content }) };
}

function isServerFault(reason: Answer['reason']): boolean {
  return reason === 'unavailable' || reason === 'internal';
}

/** Old gSOAP stubs refuse nil where their WSDL did not promise it; every stack takes an element that is not there. */
function unknownNumberIn({ unknownNumbers, userAgent }: Dialect): 'nil' | 'omit' | 'zero' {
  if (unknownNumbers !== 'auto') return unknownNumbers;
  return /gsoap/i.test(userAgent) ? 'omit' : 'nil';
}

function typed(parts: readonly SoapPart[], fields: Fields, unknown: 'nil' | 'omit' | 'zero'): XmlNode[] {
  const node = ({ name, type }: SoapPart, value: Value): XmlNode[] => {
    const attributes = { 'xsi:type': type.name };
    if (value === unknownNumber) {
      if (unknown === 'omit') return [];
      return unknown === 'zero' ? [{ name, attributes, content: '0' }] : [nil(name, attributes)];
    }
    if (value === null) return [nil(name, attributes)];
    if (typeof value === 'string') return [{ name, attributes, content: value }];
    if (typeof value === 'bigint') return [{ name, attributes, content: value.toString() }];
    const inside = type.parts ?? [];
    const content = isList(value)
      ? value.flatMap((item) => inside.flatMap((part) => node(part, item)))
      : typed(inside, value, unknown);
    return [{ name, attributes, content }];
  };
  return parts.flatMap((part) => node(part, fields[part.name] ?? null));
}

function nil(name: string, attributes: Readonly<Record<string, string>>): XmlNode {
  return { name, attributes: { ...attributes, 'xsi:nil': 'true' }, content: '' };
}

function envelope(content: XmlNode): string {
  const attributes = {
    'xmlns:SOAP-ENV': ENVELOPE,
    'xmlns:xsd': XSD,
    'xmlns:xsi': XSI,
    'xmlns:SOAP-ENC': ENCODING,
    [`xmlns:${TARGET_PREFIX}`]: TARGET_NAMESPACE,
    'SOAP-ENV:encodingStyle': ENCODING,
  };
  const body = { name: 'SOAP-ENV:Body', content: [content] };
  return DECLARATION + writeDocument({ name: 'SOAP-ENV:Envelope', attributes, content: [body] });
}
