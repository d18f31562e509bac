import { expect, test } from '@jest/globals';
import { toFault } from '../../../src/core/fault.js';
import { readDocument } from '../../../src/protocols/document/reader.js';
import { decodeBody } from '../../../src/shared/charset.js';
import { bestCpuOf } from '../../support/time.js';

const BYTES = 65_536;
const LIMIT_MS = 100;

/** As many units between a beginning and an end as a request may have bytes. */
function filled(beginning: string, unit: string | ((at: number) => string), end: string): string {
  let text = beginning;
  for (let at = 0; ; at += 1) {
    const next = typeof unit === 'string' ? unit : unit(at);
    if (text.length + next.length + end.length > BYTES) return text + end;
    text += next;
  }
}

const many = (count: number, one: (at: number) => string) => Array.from({ length: count }, (_, at) => one(at)).join('');
const prefixes = (level: number) => many(64, (at) => ` xmlns:p${level}_${at}="u"`);

const documents: Readonly<Record<string, string>> = {
  'levels beyond the limit': '<a>'.repeat(9362) + '</a>'.repeat(9362),
  'elements without text': filled('<a>', '<b/>', '</a>'),
  'elements on the last level': filled('<a>'.repeat(31), '<b/>', '</a>'.repeat(31)),
  'elements and text alternating': filled('<a>', 'x<b/>', '</a>'),
  'elements with a name each': filled('<a>', (at) => `<b${at}/>`, '</a>'),
  'prefixed elements on the last level': filled(
    `<p:a xmlns:p="u">${'<a>'.repeat(30)}`,
    '<p:b/>',
    `${'</a>'.repeat(30)}</p:a>`,
  ),
  'elements below long names': filled(`<${'a'.repeat(1000)}>`.repeat(16), '<b/>', `</${'a'.repeat(1000)}>`.repeat(16)),
  'a namespace each': filled('<a>', (at) => `<p:b xmlns:p="${at}"/>`, '</a>'),
  'namespaces on every level': filled(
    many(20, (at) => `<a${prefixes(at)}>`),
    '<b xmlns=""/>',
    '</a>'.repeat(20),
  ),
  'a namespace again and again': filled(
    `<a xmlns="u">${'<a xmlns:q="u">'.repeat(30)}`,
    '<b xmlns:q="v"/>',
    '</a>'.repeat(31),
  ),
  'thousands of attributes on one element': filled('<a', (at) => ` b${at}=""`, '/>'),
  'thousands of attributes on many elements': filled('<a>', `<b${many(64, (at) => ` c${at}=""`)}/>`, '</a>'),
  'an attribute each': filled('<a>', '<b c=""/>', '</a>'),
  'a long name': `<${'a'.repeat(65_000)}/>`,
  'a long name of an attribute': `<a ${'b'.repeat(65_000)}=""/>`,
  'a long attribute': filled('<a b="', 'x', '"/>'),
  'an attribute of quotes': filled('<a b="', "'", '"/>'),
  'an attribute of references': filled('<a b="', '&#65;', '"/>'),
  'character references': filled('<a>', '&#65;', '</a>'),
  entities: filled('<a>', '&amp;', '</a>'),
  zeros: filled('<a>&#', '0', '65;</a>'),
  'zeros without an end': filled('<a>', '&#0', ''),
  'a long comment': filled('<!--', '- ', '--><a/>'),
  'many comments': filled('<a>', '<!---->', '</a>'),
  'many instructions': filled('<a>', '<?p?>', '</a>'),
  'an instruction of question marks': filled('<a><?p ', '?', '?></a>'),
  'an instruction of quotes': filled('<a><?p ', `"'`, '?></a>'),
  'many CDATA sections': filled('<a>', '<![CDATA[]]>', '</a>'),
  'CDATA sections and text alternating': filled('<a>', 'x<![CDATA[y]]>', '</a>'),
  'brackets in a CDATA section': filled('<a><![CDATA[', ']', ']]></a>'),
  brackets: filled('<a>', ']', '</a>'),
  'less-than signs': filled('<a>', '<', ''),
  'greater-than signs': filled('<a>', '>', '</a>'),
  ampersands: filled('<a>', '&', ''),
  quotes: filled('<a>', '"', '</a>'),
  'white space in a tag': filled('<a', ' ', '/>'),
  'white space in the declaration': filled('<?xml version="1.0"', ' ', '?><a/>'),
  'a declaration of one word': filled('<?xml version="1.0" ', 'encoding ', '?><a/>'),
  'white space in front': filled('', '\n', '<a/>'),
  'carriage returns': filled('<a>', '\r', '</a>'),
  'carriage returns in an attribute': filled('<a b="', '\r', '"/>'),
  'halves of surrogate pairs': filled('<a>', '\uD800', '</a>'),
  'open elements': filled('', '<a>', ''),
  'open tags': filled('', '<a ', ''),
  'open attributes': filled('<a ', 'b="', ''),
  'open comments': filled('<a>', '<!--', ''),
  'open instructions': filled('<a>', '<?p ', ''),
  'open CDATA sections': filled('<a>', '<![CDATA[', ''),
  'a DOCTYPE': filled('<!DOCTYPE a [', '<!ENTITY a "b">', ']><a/>'),
  'end tags': filled('<a>', '</b>', ''),
};

test.each(Object.entries(documents))('64 KiB of %s are read or rejected at once', (_what, document) => {
  expect(document.length).toBeLessThanOrEqual(BYTES);
  const bytes = Buffer.from(document);
  for (const namespaces of [false, true]) {
    const read = () => {
      try {
        decodeBody(bytes, '');
        readDocument(document, { depth: 32, namespaces });
      } catch (error) {
        expect(toFault(error).reason).toBe('malformed');
      }
    };
    expect(bestCpuOf(LIMIT_MS, read)).toBeLessThan(LIMIT_MS);
  }
});
