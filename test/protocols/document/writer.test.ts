import { describe, expect, test } from '@jest/globals';
import { type Answer, type Fields, isList, unknownNumber, type Value } from '../../../src/core/answer.js';
import { createReply, type Reply } from '../../../src/protocols/document/reply.js';
import { createElementWriter, writeNode, type XmlNode } from '../../../src/protocols/document/writer.js';
import { encodeResponse } from '../../../src/protocols/plain-response.js';
import {
  createOperationWriters,
  encodedStyle,
  literalStyle,
  type PartStyle,
  type UnknownNumberStyle,
} from '../../../src/protocols/soap/operation-writer.js';
import { soap11, soap12 } from '../../../src/protocols/soap/version.js';
import type { SoapPart } from '../../../src/protocols/soap/wsdl.js';
import { anyText } from '../../support/any-text.js';
import { fc } from '../../support/cases/properties.js';
import { rounds } from '../../support/rounds.js';

const name = fc.stringMatching(/^[a-z]([a-z0-9_.-]{0,8}[a-z0-9])?$/);
/** Any text, half of it of what has to be escaped. */
const text = fc.oneof(
  anyText(),
  fc.string({
    unit: fc.constantFrom('&', '<', '>', '"', "'", '\r', '\n', '\t', '\0', '\uFFFE', '\uD800', 'a', ';', '…'),
  }),
);
const value = fc.letrec<{ value: Value; fields: Fields }>((tie) => ({
  fields: fc.dictionary(name, tie('value'), { maxKeys: 4 }),
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.constant(null),
    fc.constant(unknownNumber),
    fc.bigInt(),
    tie('fields'),
    fc.array(tie('fields'), { maxLength: 3 }),
  ),
}));

function written(write: (reply: Reply) => void): string {
  const reply = createReply();
  write(reply);
  return reply.content().toString();
}

describe('what xmlbuilder2 wrote once', () => {
  test('is around any text as xmlbuilder2 writes all of it', () => {
    const property = fc.property(name, fc.dictionary(name, text, { maxKeys: 3 }), text, (tag, attributes, content) => {
      const whole = writeNode({ name: tag, attributes, content });
      expect(written((reply) => createElementWriter(tag, attributes).text(content, reply))).toBe(whole);
    });
    fc.assert(property, { numRuns: rounds(300, 1000) });
  });

  test('makes REST and XML replies as xmlbuilder2 writes the same tree', () => {
    const nodes = (fields: Fields): XmlNode[] =>
      Object.entries(fields).map(([tag, each]) => ({ name: tag, content: contentOf(each) }));
    const contentOf = (each: Value): XmlNode['content'] => {
      if (each === null) return '';
      if (each === unknownNumber) return '0';
      if (typeof each === 'string') return each;
      if (typeof each === 'bigint') return each.toString();
      return isList(each) ? each.map((item) => ({ name: 'item', content: nodes(item) })) : nodes(each);
    };
    const property = fc.property(text, value.fields, (status, result) => {
      const tree = { name: 'response', content: [{ name: 'status', content: status }, ...nodes(result)] };
      const { body } = encodeResponse({ action: 'a', status, result }, { replyCharset: 'UTF-8' });
      expect(body).toBe(`<?xml version='1.0' encoding='UTF-8' ?>\r\n${writeNode(tree)}`);
    });
    fc.assert(property, { numRuns: rounds(150, 500) });
  });

  test.each(['x', '&', '\u0416', '\u{1F600}', 'x\u{1F600}&'])(
    'makes long replies of %s in bytes, with no character cut',
    (unit) => {
      const long = unit.repeat(100_000 / unit.length);
      const result = { long, many: Array.from({ length: 5000 }, () => ({ one: unit, none: '', list: [] })) };
      const { body } = encodeResponse({ action: 'a', status: 's', result }, { replyCharset: 'UTF-8' });
      const item = `<item><one>${unit.replace('&', '&amp;')}</one><none/><list/></item>`;
      const written = `<status>s</status><long>${long.replaceAll('&', '&amp;')}</long><many>${item.repeat(5000)}</many>`;
      expect(Buffer.isBuffer(body)).toBe(true);
      expect(body.toString()).toBe(`<?xml version='1.0' encoding='UTF-8' ?>\r\n<response>${written}</response>`);
    },
  );

  test('makes SOAP replies as xmlbuilder2 writes the same tree', () => {
    const property = fc.property(
      fc.array(fc.tuple(name, value.value), { maxLength: 4 }),
      text,
      fc.constantFrom<UnknownNumberStyle>('nil', 'omit', 'zero'),
      fc.constantFrom(encodedStyle, literalStyle),
      fc.constantFrom(soap11, soap12),
      (entries, status, unknownNumbers, style, version) => {
        const result = Object.fromEntries(entries);
        const parts = [partOf('status', status), ...Object.entries(result).map(([key, each]) => partOf(key, each))];
        const answer: Answer = { action: 'act', status, result };
        const write = createOperationWriters({ responseParts: () => parts }, style)('act', version);
        const isMarked = !style.isLiteral && version === soap12;
        const tree: XmlNode = {
          name: 'ns4:actResponse',
          ...(isMarked && { attributes: { 'SOAP-ENV:encodingStyle': version.encoding } }),
          content: parts.flatMap((part) =>
            nodesOf(part, { ...result, status }[part.name] ?? null, style, unknownNumbers),
          ),
        };
        expect(written((reply) => write(answer, unknownNumbers, reply))).toBe(writeNode(tree));
      },
    );
    fc.assert(property, { numRuns: rounds(150, 500) });
  });
});

test('a reply counts its characters, with what was taken back', () => {
  const reply = createReply();
  reply.add('abc');
  reply.takeBack(2);
  reply.add('xy');
  expect([reply.length(), reply.content()]).toEqual([3, 'axy']);
});

describe('a failure in SOAP', () => {
  const parts: readonly SoapPart[] = [
    { name: 'status', type: { name: 'xsd:string' } },
    { name: 'ticket', type: { name: 'xsd:string' } },
    { name: 'space', type: { name: 'xsd:long' } },
    { name: 'level', type: { name: 'xsd:int' } },
    { name: 'user', type: { name: 'ns4:SOAPUser', parts: [] } },
    { name: 'message', type: { name: 'xsd:string' } },
  ];

  test.each<[UnknownNumberStyle, string]>([
    ['nil', '<space xsi:type="xsd:long" xsi:nil="true"/><level xsi:type="xsd:int" xsi:nil="true"/>'],
    ['omit', ''],
    ['zero', '<space xsi:type="xsd:long">0</space><level xsi:type="xsd:int">0</level>'],
  ])('has an empty text, a number as %s says, and nil for the rest', (unknownNumbers, numbers) => {
    const write = createOperationWriters({ responseParts: () => parts }, encodedStyle)('act', soap11);
    const answer: Answer = { action: 'act', status: 'not_logged_in', reason: 'unauthenticated', result: {} };
    expect(written((reply) => write(answer, unknownNumbers, reply))).toBe(
      `<ns4:actResponse><status xsi:type="xsd:string">not_logged_in</status><ticket xsi:type="xsd:string"></ticket>${numbers}<user xsi:type="ns4:SOAPUser" xsi:nil="true"/><message xsi:type="xsd:string" xsi:nil="true"/></ns4:actResponse>`,
    );
  });

  test('has what is known of the result, in the style of its request', () => {
    const write = createOperationWriters({ responseParts: () => parts }, literalStyle)('act', soap12);
    const result = { ticket: 't', space: 5n, user: {}, message: 'why' };
    const answer: Answer = { action: 'act', status: 'e_act', reason: 'invalid', result };
    expect(written((reply) => write(answer, 'omit', reply))).toBe(
      '<ns4:actResponse><ns4:status>e_act</ns4:status><ns4:ticket>t</ns4:ticket><ns4:space>5</ns4:space><ns4:user/><ns4:message>why</ns4:message></ns4:actResponse>',
    );
  });

  test('of an action that the WSDL lacks has the status alone', () => {
    const write = createOperationWriters({ responseParts: () => undefined }, encodedStyle)('act', soap12);
    const answer: Answer = { action: 'act', status: 'application_restricted', reason: 'restricted', result: {} };
    expect(written((reply) => write(answer, 'nil', reply))).toBe(
      `<ns4:actResponse SOAP-ENV:encodingStyle="${soap12.encoding}"><status xsi:type="xsd:string">application_restricted</status></ns4:actResponse>`,
    );
  });
});

/** A part that the value fits into, as a WSDL would describe it. */
function partOf(tag: string, each: Value): SoapPart {
  if (typeof each !== 'object' || each === null) return { name: tag, type: { name: 'xsd:string' } };
  const fields = isList(each) ? { item: Object.assign({}, ...each) } : each;
  return {
    name: tag,
    type: { name: `ns4:${tag}`, parts: Object.entries(fields).map(([key, inner]) => partOf(key, inner)) },
  };
}

function nodesOf(part: SoapPart, each: Value, style: PartStyle, unknownNumbers: UnknownNumberStyle): XmlNode[] {
  const node = (content: XmlNode['content'], nil: Record<string, string> = {}): XmlNode[] => [
    { name: style.nameOf(part), attributes: { ...style.attributesOf(part), ...nil }, content },
  ];
  const parts = part.type.parts ?? [];
  if (each === null) return node('', { 'xsi:nil': 'true' });
  if (typeof each === 'string') return node(each);
  if (typeof each === 'bigint') return node(each.toString());
  if (each === unknownNumber) {
    if (unknownNumbers === 'omit') return [];
    return unknownNumbers === 'zero' ? node('0') : node('', { 'xsi:nil': 'true' });
  }
  if (!isList(each)) {
    return node(parts.flatMap((child) => nodesOf(child, each[child.name] ?? null, style, unknownNumbers)));
  }
  return node(each.flatMap((item) => parts.flatMap((child) => nodesOf(child, item, style, unknownNumbers))));
}
