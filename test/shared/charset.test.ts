import { expect, test } from '@jest/globals';
import { toFault } from '../../src/core/fault.js';
import { decodeBody } from '../../src/shared/charset.js';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const utf16be = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16();
const declared = (encoding: string) => `<?xml version='1.0' encoding='${encoding}' ?><a>ü</a>`;

test.each<[string, Buffer, string, string]>([
  ['UTF-8', Buffer.from('ü☃😀'), '', 'ü☃😀'],
  ['UTF-8 with its mark', Buffer.from('\uFEFFü☃'), '', 'ü☃'],
  ['UTF-16, little end first', Buffer.from('\uFEFFü☃', 'utf16le'), '', 'ü☃'],
  ['UTF-16, big end first', utf16be('ü☃'), '', 'ü☃'],
  ['a byte order mark over the charset', Buffer.from('\uFEFFü'), 'text/xml; charset=iso-8859-1', 'ü'],
  ['the charset', latin1('ü'), 'text/xml; charset=ISO-8859-1', 'ü'],
  ['the charset in quotes', latin1('ü'), 'text/xml;charset="iso-8859-1"', 'ü'],
  [
    'the charset over the declaration',
    Buffer.from(declared('iso-8859-1')),
    'text/xml; charset=utf-8',
    declared('iso-8859-1'),
  ],
  ['the declaration', latin1(declared('ISO-8859-1')), 'text/xml', declared('ISO-8859-1')],
  [
    'the declaration of Windows',
    Buffer.from([...Buffer.from(declared('windows-1252').replace('ü', '')), 0x80]),
    '',
    `${declared('windows-1252').replace('ü', '')}€`,
  ],
  [
    'the declaration behind much white space',
    latin1(`<?xml version="1.0"${' '.repeat(400)}encoding="koi8-r"?><a>\xc1</a>`),
    '',
    `<?xml version="1.0"${' '.repeat(400)}encoding="koi8-r"?><a>а</a>`,
  ],
  ['Windows-1252 without a declaration', latin1('ü'), '', 'ü'],
  ['ISO 8859-1 where Windows has no letter', latin1('\x81ü\x80'), 'text/xml; charset=iso-8859-1', '\x81ü\x80'],
  ['UTF-16 without its mark', Buffer.from('ab=ü☃', 'utf16le'), '', 'ab=ü☃'],
  ['UTF-16 without its mark, big end first', Buffer.from('ab=ü☃', 'utf16le').swap16(), 'text/plain', 'ab=ü☃'],
  ['a NUL in front, which makes no UTF-16', Buffer.from('\0<a/>'), '', '\0<a/>'],
  [
    'the declaration behind a NUL',
    latin1(`\0\n${declared('koi8-r')}`),
    '',
    `\0\n${declared('koi8-r').replace('ü', 'Э')}`,
  ],
  ['UTF-8 whose label means nothing', Buffer.from('ü☃'), 'text/xml; charset=utf-8-strict', 'ü☃'],
  ['Windows-1252 whose label means nothing', latin1('ü'), 'text/xml; charset=undefined', 'ü'],
  ['UTF-16 whose label means nothing', Buffer.from('<a>ü</a>', 'utf16le'), 'text/xml; charset=null', '<a>ü</a>'],
  [
    'the declaration behind a label that means nothing',
    latin1(declared('latin1')),
    'a/b; charset=8859_1',
    declared('latin1'),
  ],
  ['text whose label is a transfer encoding', Buffer.from('4142'), 'text/xml; charset=hex', '4142'],
  ['an encoded replacement character', Buffer.from('8431a437', 'hex'), 'text/xml; charset=gb18030', '\uFFFD'],
  ['UTF-8 under another of its labels', Buffer.from('ü☃'), 'text/xml; charset=UTF_8', 'ü☃'],
  ['a label in quotes and blanks', latin1('ü'), 'text/xml; charset=" latin1 "', 'ü'],
  ['UTF-8 whose charset is said to be UTF-16', Buffer.from('\n<a>ü</a>'), 'text/xml; charset=utf-16', '\n<a>ü</a>'],
  ['a declaration behind UTF-16', latin1(declared('latin1')), 'text/xml; charset=utf-16', declared('latin1')],
  [
    'UTF-16 whose charset is said to be UTF-8',
    Buffer.from('<a>ü☃</a>', 'utf16le'),
    'text/xml; charset=utf-8',
    '<a>ü☃</a>',
  ],
  [
    'UTF-16 that is said to have the other end first',
    Buffer.from('<a>ü☃</a>', 'utf16le').swap16(),
    'text/xml; charset=utf-16le',
    '<a>ü☃</a>',
  ],
  ['UTF-16 behind NUL and a line end', Buffer.from('\0\r\n<a>ü☃</a>', 'utf16le'), '', '\0\r\n<a>ü☃</a>'],
  [
    'UTF-16 behind NUL and a line end, big end first',
    Buffer.from('\0\r\n<a>ü☃</a>', 'utf16le').swap16(),
    '',
    '\0\r\n<a>ü☃</a>',
  ],
  ['NUL and blanks in turn, which make no UTF-16', Buffer.from(' \0 \0\n<a/>'), '', ' \0 \0\n<a/>'],
  ['blanks and NUL in turn, which make no UTF-16', Buffer.from('\0 \0 \0<a/>'), '', '\0 \0 \0<a/>'],
  ['nothing', Buffer.alloc(0), '', ''],
])('reads %s', (_what, bytes, contentType, text) => {
  expect(decodeBody(bytes, contentType)).toBe(text);
});

test.each(['none', 'undefined', 'null', 'utf-8-strict', '8859_1', 'x-mac-roman', 'X-WINDOWS-949', 'binary'])(
  'takes the label %s as none',
  (label) => {
    expect(decodeBody(Buffer.from('ü'), `text/xml; charset=${label}`)).toBe('ü');
    expect(decodeBody(latin1('ü'), `text/xml; charset=${label}`)).toBe('ü');
    expect(() => decodeBody(Buffer.from(declared(label)), '')).toThrow(`unknown character set ${label}`);
  },
);

test.each(['iso8859_1', 'ISO_8859-1:1987', 'ascii', 'ANSI_X3.4-1968', 'cp819', 'l1', 'latin-1', 'us-ascii'])(
  'takes %s for Windows-1252, and for ISO 8859-1 where that has no letter',
  (label) => {
    expect(decodeBody(latin1('ü\x93'), `text/xml; charset=${label}`)).toBe('ü“');
    expect(decodeBody(latin1('ü\x81'), `text/xml; charset=${label}`)).toBe('ü\x81');
  },
);

test.each<[string, Buffer, string]>([
  ['bytes that are not in UTF-8, under another of its labels', latin1('ü'), 'text/xml; charset=UTF_8'],
  ['a byte order mark and another declaration', Buffer.from(`\uFEFF${declared('latin1')}`), ''],
  ['an unknown declaration', Buffer.from(declared('klingon')), ''],
  ['an unknown declaration in UTF-16', utf16be(declared('klingon')), ''],
  ['bytes that are not in the charset', latin1('ü'), 'text/xml; charset=utf-8'],
  ['bytes that are in no character of Shift_JIS', latin1('p\xffw'), 'text/xml; charset=Shift_JIS'],
  ['bytes that are in no character of EUC-KR', latin1('p\xffw'), 'text/xml; charset=EUC-KR'],
  ['bytes that Windows-1252 lacks', latin1('\x81'), ''],
  ['two byte order marks', Buffer.from('\uFEFF\uFEFFx'), ''],
  ['half a character of UTF-16', Buffer.from('a\0b\0c'), ''],
  ['UTF-7', Buffer.from('x'), 'text/xml; charset=utf-7'],
])('rejects %s', (_what, bytes, contentType) => {
  let fault: unknown;
  try {
    decodeBody(bytes, contentType);
  } catch (error) {
    fault = error;
  }
  expect(toFault(fault).reason).toBe('malformed');
});
