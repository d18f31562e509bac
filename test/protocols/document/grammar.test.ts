import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { toFault } from '../../../src/core/fault.js';
import { readDocument } from '../../../src/protocols/document/reader.js';
import { decodeBody } from '../../../src/shared/charset.js';

/** Documents for the productions of https://www.w3.org/TR/xml/ and https://www.w3.org/TR/xml-names/. */
interface Rule {
  readonly production: string;
  readonly rule: string;
  /** Well-formed, namespaces looked at or not. */
  readonly good?: readonly string[];
  /** Well-formed, but not namespace-well-formed. */
  readonly plain?: readonly string[];
  readonly bad?: readonly string[];
}

const rules: readonly Rule[] = JSON.parse(
  readFileSync(new URL('../../../../test/fixtures/xml/grammar.json', import.meta.url), 'utf8'),
);

/** `well-formed` or the reason of the fault. */
function judged(read: () => unknown): string {
  try {
    read();
    return 'well-formed';
  } catch (error) {
    return toFault(error).reason;
  }
}

const judgedText = (text: string, namespaces: boolean) => judged(() => readDocument(text, { depth: 32, namespaces }));
const judgedBytes = (bytes: Buffer, contentType: string) =>
  judged(() => readDocument(decodeBody(bytes, contentType), { depth: 32, namespaces: false }));

/** The documents that are not judged as they should be. */
function misjudged(documents: readonly string[] = [], namespaces: boolean, verdict: string): string[] {
  return documents.filter((document) => judgedText(document, namespaces) !== verdict);
}

describe.each(rules)('$production: $rule', ({ good, plain, bad }) => {
  test('lets the well-formed pass', () => {
    expect(misjudged(good, false, 'well-formed')).toEqual([]);
    expect(misjudged(good, true, 'well-formed')).toEqual([]);
    expect(misjudged(plain, false, 'well-formed')).toEqual([]);
  });

  test('rejects the ill-formed', () => {
    expect(misjudged(bad, false, 'malformed')).toEqual([]);
    expect(misjudged(bad, true, 'malformed')).toEqual([]);
    expect(misjudged(plain, true, 'malformed')).toEqual([]);
  });
});

describe('from bytes', () => {
  const ascii = (text: string, ...more: readonly number[]) =>
    Buffer.concat([Buffer.from(text, 'latin1'), Buffer.from(more)]);
  const within = (...bytes: readonly number[]) => Buffer.concat([ascii('<a>', ...bytes), ascii('</a>')]);
  const utf16le = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');
  const utf16be = (text: string) => utf16le(text).swap16();
  const marked = (text: string) => Buffer.from(`\uFEFF${text}`);
  const declared = (encoding: string) => `<?xml version="1.0" encoding="${encoding}"?><a>x</a>`;

  test.each<[string, Buffer, string?]>([
    ['two, three and four bytes a character', within(0xc3, 0xa9, 0xe2, 0x98, 0x83, 0xf0, 0x9f, 0x98, 0x80)],
    ['the first character of two bytes', within(0xc2, 0x80)],
    ['the first character of three bytes', within(0xe0, 0xa0, 0x80)],
    ['the last character before the surrogates', within(0xed, 0x9f, 0xbf)],
    ['the first character of four bytes', within(0xf0, 0x90, 0x80, 0x80)],
    ['the last character', within(0xf4, 0x8f, 0xbf, 0xbf)],
    ['Windows-1252 without a declaration', within(0xe9)],
    ['Western text that looks like UTF-8 in one word', within(0xc3, 0xa9, 0x20, 0xe9)],
    ['Western text with impossible UTF-8 in one word', within(0xc0, 0x80, 0x20, 0xe9)],
    ['Western text with bare continuation bytes', within(0x93, 0x61, 0x94)],
    ['UTF-8 with its mark', marked(declared('UTF-8'))],
    ['UTF-8 with its mark, named otherwise', marked(declared('utf8'))],
    ['UTF-8 with its mark and no declaration', marked('<a>é</a>')],
    ['UTF-8 declared in small letters', ascii(declared('utf-8'))],
    ['UTF-16, little end first', utf16le('<a>é😀</a>')],
    ['UTF-16, big end first', utf16be('<a>é😀</a>')],
    ['UTF-16, declared', utf16le(declared('UTF-16'))],
    ['UTF-16, big end first, declared', utf16be(declared('utf-16'))],
    ['UTF-16 by the name with the end in it', utf16le(declared('UTF-16LE'))],
    ['UTF-16 by its older name', utf16be(declared('ISO-10646-UCS-2'))],
    ['UTF-16 without its mark', Buffer.from('<a>é😀</a>', 'utf16le')],
    ['UTF-16 without its mark, behind a line feed', Buffer.from('\n<a>é😀</a>', 'utf16le')],
    ['UTF-16 without its mark, declared', Buffer.from(declared('UTF-16'), 'utf16le')],
    ['UTF-16 without its mark, with the declaration of another', Buffer.from(declared('UTF-8'), 'utf16le')],
    ['UTF-16 without its mark, big end first', Buffer.from('<a>é😀</a>', 'utf16le').swap16()],
    ['UTF-16 without its mark, big end first, declared', Buffer.from(declared('UTF-16'), 'utf16le').swap16()],
    ['an unknown charset', ascii('<a/>'), 'text/xml; charset=klingon'],
    ['a declaration behind an unknown charset', ascii(declared('ISO-8859-1')), 'text/xml; charset=none'],
    [
      'UTF-16 with another declaration that the charset overrules',
      utf16le(declared('UTF-8')),
      'text/xml; charset=utf-16',
    ],
    ['ASCII', ascii(declared('US-ASCII'))],
    ['ISO-8859-1', ascii('<?xml version="1.0" encoding="ISO-8859-1"?><a>', 0xe9, 0x3c, 0x2f, 0x61, 0x3e)],
    ['Shift_JIS', ascii('<?xml version="1.0" encoding="Shift_JIS"?><a>', 0x93, 0xfa, 0x3c, 0x2f, 0x61, 0x3e)],
    [
      'an encoding declared after much white space',
      ascii(`<?xml version="1.0"${' '.repeat(400)}encoding="koi8-r"?><a/>`),
    ],
    ['a false declaration that the charset overrules', ascii(declared('UTF-16')), 'text/xml; charset=utf-8'],
  ])('lets pass %s', (_what, bytes, contentType = '') => {
    expect(judgedBytes(bytes, contentType)).toBe('well-formed');
  });

  test.each<[string, Buffer, string?]>([
    ['a surrogate in UTF-8', within(0xed, 0xa0, 0x80)],
    ['the last surrogate in UTF-8', within(0xed, 0xbf, 0xbf)],
    ['a pair of surrogates in UTF-8', within(0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80)],
    ['two bytes for NUL', within(0xc0, 0x80)],
    ['two bytes for a letter', within(0xc1, 0x81)],
    ['three bytes for a slash', within(0xe0, 0x80, 0xaf)],
    ['four bytes for a slash', within(0xf0, 0x80, 0x80, 0xaf)],
    ['a character above 10FFFF', within(0xf7, 0x80, 0x80, 0x80)],
    ['the first character above 10FFFF', within(0xf4, 0x90, 0x80, 0x80)],
    ['five bytes a character', within(0xf8, 0x88, 0x80, 0x80, 0x80)],
    ['six bytes a character', within(0xfc, 0x84, 0x80, 0x80, 0x80, 0x80)],
    ['valid characters and a surrogate', within(0xc3, 0xa9, 0x20, 0xed, 0xa0, 0x80)],
    [
      'a surrogate in UTF-8 with its mark',
      Buffer.concat([marked('<a>'), Buffer.from([0xed, 0xa0, 0x80]), ascii('</a>')]),
    ],
    [
      'a surrogate in declared UTF-8',
      ascii('<?xml version="1.0" encoding="UTF-8"?><a>', 0xed, 0xa0, 0x80, 0x3c, 0x2f, 0x61, 0x3e),
    ],
    [
      'Western text in declared UTF-8',
      ascii('<?xml version="1.0" encoding="UTF-8"?><a>', 0xe9, 0x3c, 0x2f, 0x61, 0x3e),
    ],
    ['Western text in UTF-8 with its mark', Buffer.concat([marked('<a>'), Buffer.from([0xe9]), ascii('</a>')])],
    ['U+FFFE', within(0xef, 0xbf, 0xbe)],
    ['U+FFFF', within(0xef, 0xbf, 0xbf)],
    ['U+FFFE in UTF-16', utf16le('<a>\uFFFE</a>')],
    ['NUL', within(0)],
    ['half a surrogate pair in UTF-16', utf16le('<a>\uD800</a>')],
    ['half a surrogate pair in front of a letter in UTF-16', utf16be('<a>\uD800x</a>')],
    ['the other half in UTF-16', utf16be('<a>\uDC00</a>')],
    ['half a character of UTF-16', Buffer.concat([utf16le('<a/>'), Buffer.from([0x20])])],
    ['half a character of UTF-16, big end first', Buffer.concat([utf16be('<a/>'), Buffer.from([0x20])])],
    ['UTF-16 declared in bytes of ASCII', ascii(declared('UTF-16'))],
    ['UTF-16LE declared in bytes of ASCII', ascii(declared('utf-16le'))],
    ['UTF-32 declared in bytes of ASCII', ascii(declared('UTF-32'))],
    ['ISO-10646-UCS-4 declared in bytes of ASCII', ascii(declared('ISO-10646-UCS-4'))],
    ['UTF-16 declared behind the mark of UTF-8', marked(declared('UTF-16'))],
    ['ISO-8859-1 declared behind the mark of UTF-8', marked(declared('ISO-8859-1'))],
    ['UTF-8 declared behind the mark of UTF-16', utf16le(declared('UTF-8'))],
    ['ISO-8859-1 declared behind the mark of UTF-16', utf16be(declared('ISO-8859-1'))],
    ['the wrong end declared behind the mark of UTF-16', utf16le(declared('UTF-16BE'))],
    ['bytes behind the mark of UTF-16', Buffer.concat([Buffer.from([0xff, 0xfe]), ascii('<a/>')])],
    ['an unknown encoding', ascii(declared('klingon'))],
    ['an encoding with the name of a property', ascii(declared('constructor'))],
    ['an encoding with the name of another property', ascii(declared('__proto__'))],
    ['an empty encoding', ascii(declared(''))],
    ['an unknown encoding behind an unknown charset', ascii(declared('klingon')), 'text/xml; charset=none'],
    ['UTF-7', ascii('<a/>'), 'text/xml; charset=utf-7'],
    ['UTF-7 by another name', ascii('<a/>'), 'text/xml; charset=unicode-1-1-utf-7'],
  ])('rejects %s', (_what, bytes, contentType = '') => {
    expect(judgedBytes(bytes, contentType)).toBe('malformed');
  });
});

test('takes 4,096 elements', () => {
  const document = `<a>${'<b/>'.repeat(4095)}</a>`;
  expect(readDocument(document, { depth: 32, namespaces: true }).children).toHaveLength(4095);
});

test.each([
  ['line and column', '<a>\n  <b x="1"x="2"/></a>', 'line 2, column'],
  ['a DOCTYPE', '<!DOCTYPE a><a/>', 'a DOCTYPE at line 1'],
  ['too many levels', '<a>'.repeat(33), 'more than 32 levels of XML'],
  [
    'too many attributes',
    `<a ${Array.from({ length: 65 }, (_, at) => `b${at}=""`).join(' ')}/>`,
    'more than 64 attributes',
  ],
  ['too many elements', `<a>${'<b/>'.repeat(4096)}</a>`, 'more than 4096 elements at line 1'],
  ['half a surrogate pair', '<a>\n\uD800x</a>', 'half a surrogate pair) at line 2, column 0'],
])('explains %s', (_what, document, explanation) => {
  expect(() => readDocument(document, { depth: 32, namespaces: false })).toThrow(explanation);
});
