import { expect, test } from '@jest/globals';
import { formFields, urlencodedFields } from '../../src/protocols/form.js';
import { collectParameters } from '../../src/protocols/parameters.js';
import { rounds } from '../support/rounds.js';

const valueIn = (escaped: string, contentType: string) => [
  ...urlencodedFields(Buffer.from(`v=${escaped}`), contentType),
];
const inCharset = (charset: string) => `application/x-www-form-urlencoded; charset=${charset}`;

test.each([
  ['%C3%BC+%E2%98%83', 'ü ☃'],
  ['%C3%BC%2B', 'ü+'],
  ['%FC', 'ü'],
  ['ü☃', 'ü☃'],
  ['100%', '100%'],
  ['%00', '\0'],
])('decodes %s', (escaped, text) => {
  expect(valueIn(escaped, '')).toEqual([['v', text]]);
});

test.each([
  ['Zo%C3%AB', 'iso-8859-1', 'ZoÃ«'],
  ['Zo%EB', 'ISO-8859-1', 'Zoë'],
  ['%93%FA%96%7B', 'Shift_JIS', '日本'],
  ['%83A+%26 100%', 'shift_jis', 'ア & 100%'],
  ['Zoë %E2%82%AC', 'utf-8', 'Zoë €'],
  ['%EF%BB%BFx', 'utf-8', '\uFEFFx'],
  ['%C3%BC', 'utf-16', 'ü'],
  ['%C3%BC', 'klingon', 'ü'],
])('decodes %s of a form in %s', (escaped, charset, text) => {
  expect(valueIn(escaped, inCharset(charset))).toEqual([['v', text]]);
});

test('rejects escapes that are not in the declared charset', () => {
  expect(() => valueIn('Zo%EB', 'text/plain; charset=utf-8')).toThrow('not text in utf-8');
});

test.each(['%ED%A0%80', 'a=%C0%80', '%F7%80%80%80'])('rejects the escapes %s, which are invalid UTF-8', (escaped) => {
  expect(() => valueIn(escaped, '')).toThrow('not text in UTF-8');
});

/** In a short run each first byte has another share of the second ones, which are all there. */
const STEP = rounds(8, 1);

const charsets = ['', 'utf-8', 'iso-8859-1', 'Shift_JIS', 'EUC-JP', 'GB18030', 'Big5', 'EUC-KR', 'KOI8-R', 'cesu-8'];

test.each(charsets)('takes an escaped byte for what the byte itself is (%s)', (charset) => {
  const type = charset === '' ? '' : inCharset(charset);
  const outcomeOf = (body: Buffer) => {
    try {
      return [...formFields(body, type)];
    } catch (error) {
      return String(error);
    }
  };
  const wrong: string[] = [];
  for (let first = 0x80; first < 0x100; first++) {
    for (let second = 0x30 + (first % STEP); second < 0x100; second += STEP) {
      const bytes = Buffer.from([first, second]);
      const raw = outcomeOf(Buffer.concat([Buffer.from('v='), bytes]));
      const escaped = Array.from(bytes, (byte) => `%${byte.toString(16)}`);
      const mixed = [
        escaped.join(''),
        `${escaped[0]}${bytes.toString('latin1', 1)}`,
        `${bytes.toString('latin1', 0, 1)}${escaped[1]}`,
      ];
      for (const spelling of mixed) {
        const found = outcomeOf(Buffer.from(`v=${spelling}`, 'latin1'));
        if (JSON.stringify(found) !== JSON.stringify(raw)) wrong.push(spelling);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test('makes one fault for a request, however many of its escapes are no text', () => {
  const fields = urlencodedFields(Buffer.from('%ff&'.repeat(16_384)), inCharset('utf-8'));
  expect(() => fields.next()).toThrow('not text in utf-8');
  expect(fields.next().done).toBe(true);
});

test('reads no parameter behind the first that is too many', () => {
  let read = 0;
  function* endless(): Generator<[name: string, value: string], void> {
    for (;;) {
      read += 1;
      yield ['name', 'value'];
    }
  }
  expect(() => collectParameters(endless())).toThrow('more than 256 parameters');
  expect(read).toBe(257);
});

test('decodes no parameter behind the first that is too many', () => {
  const read: string[] = [];
  const readAll = () => {
    for (const [name] of formFields(Buffer.from(`${'a&'.repeat(32_000)}%ff`), inCharset('utf-8'))) read.push(name);
  };
  expect(readAll).toThrow('more than 256 parameters');
  expect(read).toHaveLength(256);
});
