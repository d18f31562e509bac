import { gzipSync } from 'node:zlib';
import iconv from 'iconv-lite';

/** Requests of one kind, which numbers vary. */
export interface Family {
  readonly name: string;
  /** The least and the largest of each number; the largest are for requests of 64 KiB. */
  readonly ranges: readonly (readonly [least: number, largest: number])[];
  readonly build: (numbers: readonly number[]) => Buffer;
}

/** Bytes of a body, which leave room for a head. */
const BODY = 65_000;
/** Bytes of a head. */
const HEAD = 15_500;

/** As many units as were asked for and find room. */
function times(unit: string, count: number, room = BODY): string {
  return unit.repeat(Math.max(0, Math.min(count, Math.floor(room / unit.length))));
}

/** The same with units that differ. */
function each(count: number, unit: (index: number) => string, room = BODY): string {
  let text = '';
  for (let index = 0; index < count; index++) {
    const next = unit(index);
    if (text.length + next.length > room) break;
    text += next;
  }
  return text;
}

function post(format: string, body: string | Buffer, ...headers: readonly string[]): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
  const lines = [`POST /api/1.0/${format} HTTP/1.1`, 'Host: x', ...headers, `Content-Length: ${bytes.length}`];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]);
}

const get = (target: string, ...headers: readonly string[]) =>
  Buffer.from([`GET ${target} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n'), 'latin1');
const packed = (format: string, body: string | Buffer, ...headers: readonly string[]) =>
  post(
    format,
    gzipSync(typeof body === 'string' ? Buffer.from(body, 'latin1') : body),
    ...headers,
    'Content-Encoding: gzip',
  );
const typed = (charset: string) => `Content-Type: application/x-www-form-urlencoded; charset=${charset}`;
const pick = <T>(all: readonly [T, ...T[]], index: number): T => all[Math.floor(index) % all.length] ?? all[0];

const xml = (inside: string) => post('xml', `<request><action>logout</action>${inside}</request>`);
const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
const envelope = (inside: string, more = '') =>
  `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:i="${XSI}"${more}>${inside}</e:Envelope>`;
const call = (inside: string, behind = '') =>
  post('soap', envelope(`<e:Body><logout>${inside}</logout>${behind}</e:Body>`));

// biome-ignore format: a list
const charsets = ['utf-8', 'shift_jis', 'gb18030', 'euc-jp', 'big5', 'euc-kr', 'koi8-r', 'windows-1252', 'iso-8859-1', 'cesu-8', 'us-ascii', 'windows-1258', 'iso-2022-jp', 'utf-7', 'klingon'] as const;
const wide = ['utf-16le', 'utf-16be', 'utf-16', 'utf-32le', 'utf-32be', 'utf-32', 'ucs2', 'ucs4'] as const;
/** Characters of one to four bytes, and one that stands for bytes that are none. */
const letters = ['a', 'é', '日', '😀', '\uFFFD'] as const;
const escapes = [
  '%ff',
  '%41',
  '%83%41',
  '%C3%BC',
  '%E2%98%83',
  '%ed%a0%80',
  '%81%30%81',
  '%84%31%a4%37',
  '%',
  '%zz',
  '+',
  '%00',
] as const;
const COUNT = [1, 65_000] as const;
const FEW = [1, 300] as const;
const KIND = [0, 15] as const;

const boundary = 'Content-Type: multipart/form-data; boundary=b';
const part = (more: string, value: string) => `--b\r\nContent-Disposition: form-data; ${more}\r\n\r\n${value}\r\n`;

const forms: readonly Family[] = [
  {
    name: 'form of escapes',
    ranges: [KIND, KIND, COUNT, COUNT],
    build: ([kind = 0, charset = 0, inField = 1, fields = 1]) =>
      packed('rest', times(`${times(pick(escapes, kind), inField, 64_000)}&`, fields), typed(pick(charsets, charset))),
  },
  {
    name: 'form of escapes without a charset',
    ranges: [KIND, KIND, COUNT, COUNT],
    build: ([kind = 0, other = 0, inField = 1, fields = 1]) =>
      packed('rest', times(`${times(pick(escapes, kind) + pick(escapes, other), inField, 64_000)}=&`, fields)),
  },
  {
    name: 'form of many names',
    ranges: [COUNT, [0, 60]],
    build: ([count = 1, length = 0]) =>
      packed(
        'rest',
        each(count, (n) => `${n}${'n'.repeat(length)}=&`),
      ),
  },
  {
    name: 'form of separators',
    ranges: [COUNT, KIND],
    build: ([count = 1, kind = 0]) =>
      packed('rest', times(pick(['&', '=', '&&=', '=&', '[]&', '%5b%5d='], kind), count)),
  },
  {
    name: 'one name in brackets',
    ranges: [COUNT, KIND],
    build: ([count = 1, kind = 0]) => packed('rest', `a${times(pick(['[', '[1', '[]', '0', ']'], kind), count)}=1`),
  },
  {
    name: 'form in a wide charset',
    ranges: [KIND, KIND, COUNT, [0, 3]],
    build: ([charset = 0, letter = 0, count = 1, escaped = 0]) => {
      const label = pick(wide, charset);
      const text = `action=${times(pick(letters, letter) + times('%C3%BC', escaped), Math.min(count, 8000), 16_000)}`;
      return packed('rest', iconv.encode(text, label).subarray(0, 65_536), typed(label));
    },
  },
  {
    name: 'form in a charset',
    ranges: [KIND, KIND, COUNT, [0, 3]],
    build: ([charset = 0, letter = 0, inField = 1, fields = 1]) => {
      const label = pick(charsets, charset);
      const text = `a=${pick(letters, letter).repeat(Math.min(inField, 30_000))}&`.repeat(fields + 1);
      return packed(
        'rest',
        iconv.encode(text, iconv.encodingExists(label) ? label : 'utf-8').subarray(0, 65_536),
        typed(label),
      );
    },
  },
  {
    name: 'form of odd bytes',
    ranges: [KIND, COUNT, [1, 255], [0, 255]],
    build: ([charset = 0, count = 1, step = 1, first = 0]) =>
      packed(
        'rest',
        Buffer.from(Array.from({ length: count }, (_, n) => (first + n * step) % 256)),
        typed(pick(charsets, charset)),
      ),
  },
  {
    name: 'query',
    ranges: [KIND, FEW, COUNT],
    build: ([kind = 0, inField = 1, fields = 1]) =>
      get(`/api/1.0/rest?${times(`${times(pick(escapes, kind), inField, 15_000)}&`, fields, HEAD)}`),
  },
];

const multiparts: readonly Family[] = [
  {
    name: 'multipart of many parts',
    ranges: [COUNT, FEW, [0, 1]],
    build: ([parts = 1, length = 1, isFile = 0]) =>
      packed(
        'rest',
        `${each(parts, () => part(`name="a"${isFile ? '; filename="f"' : ''}`, 'v'.repeat(length)), 64_000)}--b--`,
        boundary,
      ),
  },
  {
    name: 'multipart of delimiters that nearly match',
    ranges: [COUNT, [0, 200], KIND],
    build: ([count = 1, length = 0, end = 0]) => {
      const name = `b${'x'.repeat(Math.min(length, 190))}`;
      const near = `${pick(['\n', '\r\n', '\r'], end)}--${name.slice(0, -1)}${pick(['', ' ', 'y', '-', '--'], end)}`;
      return packed(
        'rest',
        `--${name}\r\n\r\n${times(near, count, 64_000)}\r\n--${name}--`,
        `${boundary}${name.slice(1)}`,
      );
    },
  },
  {
    name: 'multipart of delimiters',
    ranges: [COUNT, [0, 60], KIND],
    build: ([count = 1, blanks = 0, kind = 0]) => {
      const more = pick([' \n', '\n', '\r\n', 'a:b\n', '\t', '-\n', '\na\n'], kind).repeat(blanks);
      return packed('rest', times(`--b${more}\n`, count), boundary);
    },
  },
  {
    name: 'multipart with long headers',
    ranges: [FEW, COUNT, KIND],
    build: ([parts = 1, length = 1, kind = 0]) => {
      const more = times(
        pick(['; a=b', '; a="', '"', ' ', ';', '\\', '; name="', "; filename*=utf-8''%41", '=', '%41'], kind),
        length,
        8000,
      );
      return packed('rest', `${each(parts, () => part(`name="a"${more}`, ''), 64_000)}--b--`, boundary);
    },
  },
  {
    name: 'multipart with many header lines',
    ranges: [FEW, [1, 2000], KIND],
    build: ([parts = 1, lines = 1, kind = 0]) => {
      const header = times(pick(['a:b\r\n', ':\r\n', 'a\r\n', 'Content-Type:a\r\n', 'a: \n'], kind), lines, 8000);
      return packed('rest', `${each(parts, () => `--b\r\n${header}\r\n\r\n`, 64_000)}--b--`, boundary);
    },
  },
  {
    name: 'multipart of charsets',
    ranges: [FEW, KIND, KIND, FEW],
    build: ([parts = 1, charset = 0, letter = 0, length = 1]) => {
      const label = pick(charsets, charset);
      const value = iconv
        .encode(pick(letters, letter).repeat(length), iconv.encodingExists(label) ? label : 'utf-8')
        .toString('latin1');
      return packed(
        'rest',
        `${each(parts, () => part(`name="a"\r\nContent-Type: text/plain; charset=${label}`, value), 64_000)}--b--`,
        boundary,
      );
    },
  },
  {
    name: 'attachments',
    ranges: [COUNT, FEW, KIND, FEW],
    build: ([parts = 1, references = 1, coding = 0, length = 1]) => {
      const root = envelope(`<e:Body><logout>${times('<p href="cid:0"/>', references, 20_000)}</logout></e:Body>`);
      const headers = `Content-Transfer-Encoding: ${pick(['base64', 'quoted-printable', '8bit'], coding)}`;
      const value = times(pick(['=41', '= \t', 'QUJD', '=\n', '====', 'é'], coding), length, 30_000);
      const attached = each(parts, (n) => `--b\r\nContent-ID: <${n}>\r\n${headers}\r\n\r\n${value}\r\n`, 40_000);
      return packed('soap', `--b\r\n\r\n${root}\r\n${attached}--b--`, 'Content-Type: multipart/related; boundary=b');
    },
  },
];

const documents: readonly Family[] = [
  {
    name: 'xml of many elements',
    ranges: [COUNT, [0, 31], [0, 40]],
    build: ([count = 1, depth = 0, length = 0]) => {
      const name = `a${'n'.repeat(length)}`;
      const deep = `${`<${name}>`.repeat(depth)}<${name}/>${`</${name}>`.repeat(depth)}`;
      return xml(times(deep, count, 64_000));
    },
  },
  {
    name: 'soap of many elements',
    ranges: [COUNT, [0, 29], [0, 40]],
    build: ([count = 1, depth = 0, length = 0]) => {
      const name = `a${'n'.repeat(length)}`;
      const deep = `${`<${name}>`.repeat(depth)}<${name}/>${`</${name}>`.repeat(depth)}`;
      return call(times(deep, count, 64_000));
    },
  },
  {
    name: 'elements that end nowhere',
    ranges: [COUNT, KIND],
    build: ([count = 1, kind = 0]) =>
      post(
        pick(['xml', 'soap'], kind),
        times(pick(['<a>', '<a ', '<', '<a b="', '<a b=\'"', '</a', '<a/><a>'], kind), count),
      ),
  },
  {
    name: 'attributes',
    ranges: [COUNT, COUNT, [0, 1], KIND],
    build: ([inElement = 1, elements = 1, isSoap = 0, kind = 0]) => {
      const attributes = each(inElement, (n) => ` a${n}="${pick(['', 'v', '&amp;', '\n', '&#x41;'], kind)}"`, 60_000);
      const inside = times(`<a${attributes}/>`, elements, 64_000);
      return isSoap ? call(inside) : xml(inside);
    },
  },
  {
    name: 'namespaces',
    ranges: [COUNT, [0, 28], COUNT, [0, 64]],
    build: ([declared = 1, depth = 0, elements = 1, used = 0]) => {
      const spaces = each(declared, (n) => ` xmlns:p${n}="u${n}"`, 2000);
      const attributes = each(used, (n) => ` p${n % declared}:a${n}=""`, 1500);
      return call(
        `${`<a${spaces}>`.repeat(Math.min(depth, 14))}${times(`<p0:b${attributes}/>`, elements, 30_000)}${'</a>'.repeat(Math.min(depth, 14))}`,
      );
    },
  },
  {
    name: 'prefixes that are bound far above',
    ranges: [COUNT, [0, 28], [0, 63]],
    build: ([elements = 1, depth = 0, used = 0]) => {
      const attributes = each(used, (n) => ` e:a${n}=""`, 1500);
      return call(`${'<a>'.repeat(depth)}${times(`<e:b${attributes}/>`, elements, 64_000)}${'</a>'.repeat(depth)}`);
    },
  },
  {
    name: 'character data',
    ranges: [KIND, COUNT, [0, 1]],
    build: ([kind = 0, count = 1, isSoap = 0]) => {
      const unit = pick(
        [
          '&amp;',
          '&#x41;',
          '&#65;',
          '<![CDATA[x]]>',
          '<!---->',
          '<?a b?>',
          '<?a?>',
          '\r',
          '\r\n',
          ']]',
          '&#x10FFFF;',
          '<![CDATA[]]>',
          '\n',
          'é',
          '-',
          '&',
        ],
        kind,
      );
      const inside = `<a>${times(unit, count, 64_000)}</a>`;
      return isSoap ? call(inside) : xml(inside);
    },
  },
  {
    name: 'long references, comments and instructions',
    ranges: [KIND, COUNT, COUNT],
    build: ([kind = 0, length = 1, count = 1]) => {
      const long = times(pick(['0', '-', 'a', '?', ']', ' ', '&'], kind), length, 64_000);
      const unit = pick(
        [
          `&#x${long}41;`,
          `<!--${long}-->`,
          `<?a ${long}?>`,
          `<![CDATA[${long}]]>`,
          `<a b="${long}"/>`,
          `<${long}/>`,
          `&${long};`,
          `<a ${long}/>`,
        ],
        count,
      );
      return xml(times(unit, count, 64_000));
    },
  },
  {
    name: 'long names',
    ranges: [COUNT, COUNT, KIND],
    build: ([length = 1, count = 1, kind = 0]) => {
      const name = `a${times(pick(['n', ':n', '.', 'é', '-'], kind), length, 30_000)}`;
      return xml(times(`<${name}></${name}>`, count, 64_000));
    },
  },
  {
    name: 'document in a charset',
    ranges: [KIND, KIND, COUNT, COUNT, [0, 1]],
    build: ([charset = 0, letter = 0, length = 1, count = 1, isSoap = 0]) => {
      const label = pick([...wide, ...charsets], charset);
      const inside = times(`<a>${times(pick(letters, letter), length, 16_000)}</a>`, count, 16_000);
      const text = isSoap ? envelope(`<e:Body><logout>${inside}</logout></e:Body>`) : `<request>${inside}</request>`;
      const bytes = iconv.encode(text, iconv.encodingExists(label) ? label : 'utf-8').subarray(0, 65_536);
      return packed(isSoap ? 'soap' : 'xml', bytes, `Content-Type: text/xml; charset=${label}`);
    },
  },
  {
    name: 'declaration',
    ranges: [KIND, COUNT, [0, 1]],
    build: ([kind = 0, count = 1, isWide = 0]) => {
      const text = `<?xml ${times(pick(['encoding', 'encoding=', ' ', 'encoding="', 'encoding ="a', '\n', 'encoding   '], kind), count, isWide ? 32_000 : 64_000)}`;
      return packed('xml', isWide ? Buffer.from(`\uFEFF${text}`, 'utf16le') : text);
    },
  },
  {
    name: 'what surrounds a document',
    ranges: [KIND, COUNT],
    build: ([kind = 0, count = 1]) =>
      packed('soap', `${times(pick(['\0', ' ', '\n', '\r\n', '\0 ', '--b\n', '\x0c'], kind), count, 64_000)}<a/>`),
  },
];

const envelopes: readonly Family[] = [
  {
    name: 'chain of references',
    ranges: [COUNT, FEW, [0, 1]],
    build: ([count = 1, first = 1, isCircle = 0]) =>
      call(
        times('<p href="#0"/>', first, 5000),
        each(count, (n) => `<m id="${n}"><q href="#${isCircle ? 0 : n + 1}"/></m>`, 58_000),
      ),
  },
  {
    name: 'references to one value',
    ranges: [COUNT, COUNT, COUNT],
    build: ([references = 1, items = 1, length = 1]) =>
      call(
        times('<p href="#b"/>', references, 30_000),
        `<m id="b">${times(`<i>${times('v', length, 20_000)}</i>`, items, 30_000)}</m>`,
      ),
  },
  {
    name: 'references to base64',
    ranges: [FEW, COUNT, KIND],
    build: ([references = 1, length = 1, kind = 0]) =>
      call(
        times('<p href="#b"/>', references, 5000),
        `<m id="b" i:type="e:base64">${times(pick(['QUJD', '====', ' ', '/////', '7aCA', '!', 'w7zi'], kind), length, 58_000)}</m>`,
      ),
  },
  {
    name: 'base64 in many parameters',
    ranges: [COUNT, COUNT],
    build: ([count = 1, length = 1]) =>
      call(times(`<p i:type="e:base64">${times('w7zD', length, 60_000)}</p>`, count, 64_000)),
  },
  {
    name: 'entries of a Map',
    ranges: [COUNT, COUNT, [0, 1]],
    build: ([entries = 1, inEntry = 0, isReferring = 0]) =>
      call(
        `<m>${times(`<item${isReferring ? ' href="#k"' : ''}>${times('<x/>', inEntry, 20_000)}<key>k</key><value>v</value></item>`, entries, 60_000)}</m>`,
        '<item id="k"><key>k</key><value>v</value></item>',
      ),
  },
  {
    name: 'structs in structs',
    ranges: [[0, 28], COUNT, [0, 1]],
    build: ([depth = 0, count = 1, isReferring = 0]) =>
      call(
        `${'<s>'.repeat(depth)}${times(isReferring ? '<p href="#s"/>' : '<p/>', count, 60_000)}${'</s>'.repeat(depth)}`,
        '<s id="s"><p/></s>',
      ),
  },
  {
    name: 'header blocks',
    ranges: [COUNT, COUNT, KIND],
    build: ([count = 1, attributes = 0, kind = 0]) => {
      const block = `<h xmlns="u"${pick(['', ' e:mustUnderstand="0"', ' e:actor="a"', ' e:mustUnderstand="1" e:actor="a"'], kind)}${each(attributes, (n) => ` a${n}=""`, 1000)}/>`;
      return post('soap', envelope(`<e:Header>${times(block, count, 64_000)}</e:Header><e:Body><logout/></e:Body>`));
    },
  },
  {
    name: 'encodingStyles of SOAP 1.2',
    ranges: [COUNT, COUNT],
    build: ([count = 1, length = 0]) => {
      const inside = times(`<a e:encodingStyle="${times(' ', length, 30_000)}"/>`, count, 64_000);
      const text = envelope(`<e:Body><logout>${inside}</logout></e:Body>`);
      return post(
        'soap',
        text.replace('http://schemas.xmlsoap.org/soap/envelope/', 'http://www.w3.org/2003/05/soap-envelope'),
      );
    },
  },
  {
    name: 'children of the Envelope',
    ranges: [COUNT, KIND],
    build: ([count = 1, kind = 0]) =>
      post(
        'soap',
        envelope(`<e:Body><logout/></e:Body>${times(pick(['<e:Body/>', '<a/>', '<e:a/>'], kind), count, 64_000)}`),
      ),
  },
];

const heads: readonly Family[] = [
  {
    name: 'Content-Type',
    ranges: [KIND, KIND, KIND, COUNT, COUNT],
    build: ([format = 0, kind = 0, filler = 0, length = 1, count = 1]) => {
      const unit = pick(
        ['; charset=', ';', '; boundary=', '; start=', ' ', 'charset', '"', '; charset="', ';boundary="', '; type='],
        kind,
      );
      const value = times(
        `${unit}${times(pick([' ', '"', "'", '=', ';', 'a'], filler), length, HEAD - 20)}`,
        count,
        HEAD,
      );
      return post(
        pick(['rest', 'soap', 'xml'], format),
        '--b\n\n<a/>',
        `Content-Type: ${pick(['multipart/form-data', 'multipart/related', 'text/xml'], filler)}${value}!`,
      );
    },
  },
  {
    name: 'many headers',
    ranges: [COUNT, KIND],
    build: ([count = 1, kind = 0]) =>
      get(
        '/api/1.0/rest',
        ...times(
          pick(
            [
              'a:b\n',
              'Cookie:a\n',
              'X-Forwarded-For:1.1.1.1\n',
              'Host:x\n',
              'Content-Encoding:gzip\n',
              'Connection:a\n',
            ],
            kind,
          ),
          count,
          HEAD,
        )
          .split('\n', 1900)
          .filter((line) => line !== ''),
      ),
  },
  {
    name: 'lists in headers',
    ranges: [COUNT, KIND, KIND],
    build: ([count = 1, kind = 0, name = 0]) =>
      get(
        '/api/1.0/soap?wsdl',
        `${pick(['X-Forwarded-For', 'X-Forwarded-Host', 'Content-Encoding', 'X-Request-Id', 'User-Agent', 'Accept', 'X-Forwarded-Proto', 'traceparent'], name)}: ${times(pick(['1.1.1.1,', ',', 'a,', ' ,', 'gzip,', '::1,'], kind), count, HEAD)}x`,
      ),
  },
  {
    name: 'path',
    ranges: [COUNT, KIND, KIND],
    build: ([count = 1, kind = 0, start = 0]) =>
      get(
        `${pick(['/api/1.0/rest', '/', '/api/1.0/auth/', '/api/', '/api/1.0/soap?', 'http://'], start)}${times(pick(['/', '%41', '%2e', '/a', '%zz', '#', '?', '//a', 'wsdl&', '%', 'a:'], kind), count, HEAD)}`,
      ),
  },
  {
    name: 'lines that are no request',
    ranges: [COUNT, COUNT, KIND],
    build: ([length = 1, count = 1, kind = 0]) => {
      const line = `${times(pick(['a', ' ', '/api/', '\t', 'a /api/', 'content-type:', 'http://a'], kind), length, 60_000)}\r\n`;
      return Buffer.from(`GARBAGE\r\n${times(line, count, 64_000)}`, 'latin1');
    },
  },
  {
    name: 'chunks',
    ranges: [[1, 2000], COUNT, [0, 100]],
    build: ([size = 1, count = 1, extension = 0]) => {
      const chunk = `${size.toString(16)}${extension > 0 ? `;${'x'.repeat(extension)}` : ''}\r\n${'a'.repeat(size)}\r\n`;
      return Buffer.from(
        `POST /api/1.0/rest HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${times(chunk, count, 64_000)}0\r\n\r\n`,
      );
    },
  },
  {
    name: 'chunks of a refused coding',
    ranges: [[1, 2000], COUNT],
    build: ([size = 1, count = 1]) =>
      Buffer.from(
        `POST /api/1.0/rest HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n${times(`${size.toString(16)}\r\n${'a'.repeat(size)}\r\n`, count, 64_000)}0\r\n\r\n`,
      ),
  },
  {
    name: 'gzip of many members',
    ranges: [COUNT, FEW],
    build: ([members = 1, length = 0]) => {
      const member = gzipSync('a'.repeat(length));
      const count = Math.min(members, Math.floor(BODY / member.length));
      return post('rest', Buffer.concat(Array(count).fill(member)), 'Content-Encoding: gzip');
    },
  },
  {
    name: 'gzip over the limit',
    ranges: [
      [1, 30_000_000],
      [0, 255],
    ],
    build: ([length = 1, byte = 0]) => packed('soap', Buffer.alloc(length, byte)),
  },
];

/** Everything that is known to make work for a bridge. */
export const families: readonly Family[] = [...forms, ...multiparts, ...documents, ...envelopes, ...heads];
