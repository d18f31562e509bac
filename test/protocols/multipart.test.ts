import { describe, expect, test } from '@jest/globals';
import { multipartFields, relatedParts } from '../../src/protocols/multipart.js';

const FORM = 'multipart/form-data; boundary=b';
const NAMED = 'Content-Disposition: form-data; name="n"';

function fieldsOf(body: string | Buffer, contentType = FORM, isWanted = (_name: string) => true) {
  const fields = multipartFields(Buffer.from(body), contentType, isWanted);
  return fields && [...fields];
}

const malformed = (explanation: unknown) => expect.objectContaining({ reason: 'malformed', explanation });

describe('of a form', () => {
  const withPreamble = `any text\r\n--b\r\n${NAMED}\r\n\r\nv\r\n--b--\r\n`;
  const long = 'x'.repeat(200);

  test.each([
    'multipart/form-data; boundary=b',
    '\t MULTIPART/Form-Data ; charset=utf-8; BOUNDARY = "b"',
    'multipart/form-data;boundary=b;charset=utf-8',
    'multipart/form-data; boundary=b charset=utf-8',
  ])('the boundary is that of the Content-Type %j', (contentType) => {
    expect(fieldsOf(withPreamble, contentType)).toEqual([['n', 'v']]);
  });

  test.each([
    '',
    'text/plain; was=multipart/form-data; boundary=b',
    'multipart/form-data boundary=b',
    'multipart/form-data; myboundary=b',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary=""',
    'multipart/form-data; boundary=c',
    'multipart/related; boundary=b',
  ])('there is none in the Content-Type %j', (contentType) => {
    expect(fieldsOf(withPreamble, contentType)).toBeUndefined();
  });

  test.each<[what: string, body: string]>([
    ['at the begin', `--b\r\n${NAMED}\r\n\r\nv\r\n--b--`],
    ['behind empty lines', `\r\n\n\r\n--b\r\n${NAMED}\r\n\r\nv\r\n--b--`],
    ['with blanks behind it', `--b \t\r\n${NAMED}\r\n\r\nv\r\n--b--`],
    ['with another field of the header first', `--b\r\nContent-Type: text/plain\r\n${NAMED}\r\n\r\nv\r\n--b--`],
    ['in another case', `--b\r\n${NAMED.toUpperCase().replace('NAME="N"', 'name="n"')}\r\n\r\nv\r\n--b--`],
    ['with line feeds alone', `--b\n${NAMED}\n\nv\n--b--\n`],
    ['of two hundred characters', `--${long}\r\n${NAMED}\r\n\r\nv\r\n--${long}--`],
    ['of characters that mean something elsewhere', `--a.b+(c)?[d]$\r\n${NAMED}\r\n\r\nv\r\n--a.b+(c)?[d]$--`],
  ])('whatever the Content-Type, the boundary of the body is found %s', (_what, body) => {
    for (const contentType of ['', 'multipart/form-data; boundary=other'])
      expect(fieldsOf(body, contentType)).toEqual([['n', 'v']]);
  });

  test.each<[what: string, body: string]>([
    ['a form of name=value', 'n=v'],
    ['a delimiter with no header', '--b\r\n\r\nv\r\n--b--'],
    ['a header of something else', '--b\r\nContent-Type: text/plain\r\n\r\nv\r\n--b--'],
    ['text first', withPreamble],
    ['one hyphen', `-b\r\n${NAMED}\r\n\r\nv\r\n-b-`],
    ['a longer boundary', `--${long}x\r\n${NAMED}\r\n\r\nv\r\n--${long}x--`],
    ['a header that begins later', `--b\r\nX: ${'x'.repeat(1000)}\r\n${NAMED}\r\n\r\nv\r\n--b--`],
  ])('%s alone is no multipart form', (_what, body) => {
    expect(fieldsOf(body, '')).toBeUndefined();
  });

  test.each<[what: string, end: string]>([
    ['two hyphens', '\r\n--b--'],
    ['two hyphens, and an epilogue', '\r\n--b--\r\nmore'],
    ['two hyphens, and a line end', '\n--b--\n'],
    ['one hyphen', '\r\n--b-'],
    ['no hyphen', '\r\n--b'],
    ['no hyphen, and lines', '\r\n--b \r\n\r\n'],
  ])('the last boundary may have %s', (_what, end) => {
    expect(fieldsOf(`--b\r\n${NAMED}\r\n\r\nv${end}`)).toEqual([['n', 'v']]);
  });

  test.each(['x--b', ' --b', '--B', '-b'])('a value may have the line %j', (line) => {
    expect(fieldsOf(`--b\r\n${NAMED}\r\n\r\nv\r\n${line}\r\nw\r\n--b--`)).toEqual([['n', `v\r\n${line}\r\nw`]]);
  });

  test('parts are in order, files are left out, and a part may lack a name or a header', () => {
    const parts = [
      `${NAMED}\r\n\r\n1`,
      'Content-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\nfile',
      'Content-Disposition: form-data; name="f"; filename=""\r\n\r\n',
      `${NAMED}\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n2`,
      '\r\n3',
    ];
    expect(fieldsOf(`${parts.map((part) => `--b\r\n${part}\r\n`).join('')}--b--`)).toEqual([
      ['n', '1'],
      ['n', '2'],
      ['', '3'],
    ]);
  });

  test('a value is in the charset of its part, else in that of the form, and is read only where it is wanted', () => {
    const body = (type: string) => Buffer.from(`--b\r\n${NAMED}\r\n${type}\r\n\xe4\r\n--b--`, 'latin1');
    expect(fieldsOf(body('Content-Type: text/plain; charset=koi8-r\r\n'))).toEqual([['n', 'Д']]);
    expect(fieldsOf(body(''), `${FORM}; charset=iso-8859-5`)).toEqual([['n', 'ф']]);
    expect(() => fieldsOf(body('Content-Type: text/plain; charset=utf-8\r\n'))).toThrow(malformed(expect.anything()));
    const unwanted = fieldsOf(body('Content-Type: text/plain; charset=utf-8\r\n'), FORM, (name) => name !== 'n');
    expect(unwanted).toEqual([['n', '']]);
  });

  test.each<[encoding: string, sent: string, value: string]>([
    ['quoted-printable', 'J=C3=BCrgen =3D=\r\n 1', 'Jürgen = 1'],
    ['Base64', 'SsO8cmdlbg==', 'Jürgen'],
    ['8bit', 'a=3D', 'a=3D'],
    ['', 'a=3D', 'a=3D'],
  ])('the transfer encoding %j of a part is undone before its charset', (encoding, sent, value) => {
    const header = `${NAMED}\r\nContent-Transfer-Encoding: ${encoding}`;
    expect(fieldsOf(`--b\r\n${header}\r\n\r\n${sent}\r\n--b--`)).toEqual([['n', value]]);
  });

  test('what has no end is told', () => {
    expect(() => fieldsOf(`--b\r\n${NAMED}\r\n\r\nv`)).toThrow(
      malformed(expect.stringMatching(/^not a multipart form \(.+\)$/)),
    );
  });
});

describe('of a message', () => {
  const RELATED = 'multipart/related; type="text/xml"; boundary="b"';
  const messageOf = (...parts: string[]) => `${parts.map((part) => `--b\r\n${part}\r\n`).join('')}--b--`;
  const partsOf = (body: string, contentType = RELATED) => relatedParts(Buffer.from(body, 'latin1'), contentType);

  test.each<[contentId: string, expected: string]>([
    ['<a@b>', 'a@b'],
    [' <a@b> ', 'a@b'],
    ['a@b', 'a@b'],
    ['a<b>c', 'a<b>c'],
    ['', ''],
  ])('the Content-ID %j is %j', (contentId, expected) => {
    const parts = partsOf(messageOf(`Content-ID: ${contentId}\r\nContent-Type: text/xml\r\n\r\n<a/>`));
    expect(parts).toEqual([{ contentId: expected, contentType: 'text/xml', bytes: Buffer.from('<a/>') }]);
  });

  test.each(['\r\n ', '\n ', '\r\n\t', '\r\n \t ', ' \r\n ', '\r\n \r\n '])(
    'a field of the header may be folded by %j',
    (fold) => {
      const fields = [`Content-Type: text/xml;${fold}charset=koi8-r`, `Content-ID:${fold}<a>`, `X:${fold}y`];
      const parts = partsOf(messageOf(`${fields.join('\r\n')}\r\n\r\n<a/>\r\n b`));
      expect(parts).toHaveLength(1);
      expect(parts?.[0]?.contentType).toMatch(/^text\/xml;[ \t]+charset=koi8-r$/);
      expect(parts?.[0]).toMatchObject({ contentId: 'a', bytes: Buffer.from('<a/>\r\n b') });
    },
  );

  test.each<[encoding: string, sent: string, bytes: string]>([
    ['base64', 'w7w\r\n=', '\xc3\xbc'],
    ['BASE64', 'w7w=', '\xc3\xbc'],
    ['quoted-printable', '=C3=bc a=3D1=\r\n2= \t\n3=zz', '\xc3\xbc a=123=zz'],
    ['8bit', 'w7w= =3D', 'w7w= =3D'],
    ['x-base64', 'w7w=', 'w7w='],
    ['base64-x', 'w7w=', 'w7w='],
    ['x-quoted-printable', '=3D', '=3D'],
    ['quoted-printable-x', '=3D', '=3D'],
  ])('%s is undone: %j', (encoding, sent, bytes) => {
    const [part] = partsOf(messageOf(`Content-Transfer-Encoding: ${encoding}\r\n\r\n${sent}`)) ?? [];
    expect(part).toEqual({ contentId: '', contentType: '', bytes: Buffer.from(bytes, 'latin1') });
  });

  test('a body that begins with a delimiter is one, whatever its Content-Type', () => {
    const body = messageOf('Content-ID: <a>\r\n\r\n<a/>', '\r\nmore');
    for (const contentType of [RELATED, 'MULTIPART/mixed;boundary=b', 'text/xml', ''])
      expect(partsOf(body, contentType)?.map(({ bytes }) => bytes.toString())).toEqual(['<a/>', 'more']);
    for (const other of ['<a/>', `text\r\n${body}`, '--b', '-b\r\n\r\n'])
      expect(partsOf(other, 'text/xml')).toBeUndefined();
    expect(partsOf(`text\r\n${body}`, 'multipart/x; a=b; boundary=b')).toHaveLength(2);
    for (const wrong of ['x-multipart/x; boundary=b', 'multipart/x boundary=b', 'multipart/x; aboundary=b'])
      expect(partsOf(`text\r\n${body}`, wrong)).toBeUndefined();
  });

  test('what has no end, or too many parts, is told', () => {
    expect(() => partsOf('--b\r\n\r\nv')).toThrow(malformed(expect.stringMatching(/^not a multipart message \(.+\)$/)));
    expect(partsOf(messageOf(...Array<string>(256).fill('\r\nv')))).toHaveLength(256);
    expect(() => partsOf(messageOf(...Array<string>(257).fill('\r\nv')))).toThrow(malformed(expect.anything()));
  });
});
