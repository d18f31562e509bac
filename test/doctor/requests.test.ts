import { describe, expect, test } from '@jest/globals';
import { requestsIn } from '../../src/doctor/requests.js';

/** The only request in a file, its lines without CR. */
function requestIn(file: string | Buffer): string {
  const { requests } = requestsIn(Buffer.from(file), 'a file');
  expect(requests).toHaveLength(1);
  return requests[0]?.bytes.toString().replaceAll('\r', '') ?? '';
}

describe('a file', () => {
  test.each([
    ['raw HTTP', 'GET /api/1.0/rest?action=logout HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['raw HTTP without a path of the old API', 'GET / HTTP/1.0\r\n\r\n'],
    ['TLS', Buffer.from([22, 3, 1, 0, 5, 1, 2, 3, 4, 5])],
    ['what else a client sends', 'HELO\r\n\r\n'],
  ])('of %s is sent as it is', (_what, file) => {
    const { requests, skipped } = requestsIn(Buffer.from(file), 'a file');
    expect(requests).toEqual([{ name: 'a file', bytes: Buffer.from(file) }]);
    expect(skipped).toEqual([]);
  });

  const envelope = '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body/></e:Envelope>';
  test.each<[string, string | Buffer, string]>([
    ['a form', 'action=logout&api_key=k\n', 'rest'],
    ['a multipart form', '--b\r\nContent-Disposition: form-data; name="action"\r\n\r\nlogout\r\n--b--\r\n', 'rest'],
    ['a request of XML', '\ufeff<?xml version="1.0"?>\n<request><action>logout</action></request>', 'xml'],
    ['an envelope', envelope, 'soap'],
    ['an envelope in UTF-16', Buffer.from(`\ufeff${envelope}`, 'utf16le'), 'soap'],
    ['an envelope in multipart/related', `--b\r\nContent-Type: text/xml\r\n\r\n${envelope}\r\n--b--\r\n`, 'soap'],
  ])('of %s alone is posted to the path of its format, unchanged and without a type', (_what, file, format) => {
    const bytes = Buffer.from(file);
    const head = `POST /api/1.0/${format} HTTP/1.1\r\nContent-Length: ${bytes.length}\r\nConnection: close\r\n\r\n`;
    expect(requestsIn(bytes, 'a file').requests[0]?.bytes).toEqual(Buffer.concat([Buffer.from(head), bytes]));
  });

  test.each([
    ['nothing', '', /^a file is empty; /],
    ['blanks', ' \n\0', /^a file is empty; /],
    ['text', 'Dear Sir or Madam,\n', /^a file is no request as raw HTTP, HAR file, curl line or body of a call; /],
    ['an image', '\x89PNG\r\n\x1a\n\0\0\0\rIHDR', /^a file is no request as raw HTTP/],
    ['JSON', '{"a": 1}', /^a file is no HAR file, although it begins with \{/],
    ['broken JSON', '{"log": ', /^a file is no HAR file/],
  ])('of %s is refused in one line', (_what, file, message) => {
    expect(() => requestsIn(Buffer.from(file, 'latin1'), 'a file')).toThrow(message);
  });
});

const URL = "'http://www.box.net/api/1.0/rest?a=1'";

describe('a line of curl', () => {
  const head = (method: string, target = '/api/1.0/rest?a=1', host = 'www.box.net') =>
    `${method} ${target} HTTP/1.1\nHost: ${host}\nUser-Agent: curl\nAccept: */*\n`;
  const form = 'Content-Type: application/x-www-form-urlencoded\n';
  const posted = (body: string, method = 'POST') =>
    `${head(method)}${form}Content-Length: ${body.length}\nConnection: close\n\n${body}`;

  test.each([
    ['a URL', `curl ${URL}`, `${head('GET')}Connection: close\n\n`],
    ['--url', `$ curl -sS --url ${URL}`, `${head('GET')}Connection: close\n\n`],
    ['no scheme', 'curl localhost:8080/api/rest', `${head('GET', '/api/rest', 'localhost:8080')}Connection: close\n\n`],
    ['-d, several times', `curl ${URL} -d a=b --data-raw @c=d --data-binary 'e=f'`, posted('a=b&@c=d&e=f')],
    ['an option and its value in one', `curl -XPUT ${URL} -da=b`, posted('a=b', 'PUT')],
    ['--data-urlencode', `curl ${URL} --data-urlencode 'a=b c' --data-urlencode '=d&e'`, posted('a=b%20c&d%26e')],
    ['-G', `curl -G ${URL} -d b=2`, `${head('GET', '/api/1.0/rest?a=1&b=2')}Connection: close\n\n`],
    ['-I', `curl -I ${URL}`, `${head('HEAD')}Connection: close\n\n`],
    [
      'headers',
      `curl ${URL} -H 'Accept:' -H "X: 'y'" -A old/1 -H 'Content-Length: 9'`,
      "GET /api/1.0/rest?a=1 HTTP/1.1\nHost: www.box.net\nUser-Agent: old/1\nX: 'y'\nConnection: close\n\n",
    ],
    ['-u', `curl ${URL} -u a:b`, `${head('GET')}Authorization: Basic YTpi\nConnection: close\n\n`],
    ['lines that go on', `curl \\\n  ${URL} \\\r\n  -d a=b`, posted('a=b')],
    [
      "what a browser copies ($'…')",
      `curl ${URL} --data-raw $'a=\\'\\u00e4\\n'`,
      posted("a='ä\n").replace('Length: 5', 'Length: 6'),
    ],
    ['a variable and what follows', `curl ${URL} -d "a=$b" | xmllint -`, posted('a=$b')],
  ])('with %s is the request that curl sends', (_what, line, request) => {
    expect(requestIn(line)).toBe(request);
  });

  test('with -F is a multipart form', () => {
    const request = requestIn(`curl ${URL} -F 'a=b;type=text/plain' --form-string c=@d`);
    const [, boundary = ''] = /boundary=(\S+)/.exec(request) ?? [];
    const part = (name: string, value: string) =>
      `--${boundary}\nContent-Disposition: form-data; name="${name}"\n\n${value}\n`;
    expect(request).toContain(`\n\n${part('a', 'b')}${part('c', '@d')}--${boundary}--\n`);
  });

  test.each([
    ['-d @secret.txt', /^the curl line sends a file, which is not read/],
    ['--data-binary @secret.txt', /^the curl line sends a file/],
    ['--data-urlencode name@secret.txt', /^the curl line sends a file/],
    ['-F a=@secret.txt', /^the curl line sends a file/],
    ["-F 'a=<secret.txt'", /^the curl line sends a file/],
    ['-H @secret.txt', /^the curl line sends a file/],
    ['--upload-file=secret.txt', /^the option --upload-file of the curl line is not known here; [^\n]*$/],
    ['-H', /^an option of the curl line lacks its value/],
  ])('with %s is refused, and gives nothing away', (more, message) => {
    expect(() => requestIn(`curl ${URL} ${more}`)).toThrow(message);
    expect(() => requestIn(`curl ${URL} ${more}`)).not.toThrow(/secret/);
  });

  test.each([
    ['curl -d a=b', /^the curl line has no URL/],
    ['curl http://x/api/rest?a=b&c=d', /^the URL of the curl line has to be quoted/],
  ])('%s is refused', (line, message) => {
    expect(() => requestIn(line)).toThrow(message);
  });
});

describe('a HAR', () => {
  const entry = (request: object) => ({ request: { method: 'GET', headers: [], ...request } });
  const old = (more: object = {}) => entry({ url: 'https://www.box.net/api/1.0/rest?a=1', ...more });
  const har = (...entries: readonly unknown[]) => Buffer.from(JSON.stringify({ log: { version: '1.2', entries } }));

  test('gives the calls of the old API, and says what it left out', () => {
    const file = har(
      entry({ url: 'https://example.org/' }),
      old(),
      { request: { method: 'GET' } },
      {},
      old({ headers: [1] }),
    );
    const { requests, skipped } = requestsIn(file, 'a.har');
    expect(requests.map(({ name, bytes }) => [name, bytes.toString()])).toEqual([
      ['entry 2', 'GET /api/1.0/rest?a=1 HTTP/1.1\r\nHost: www.box.net\r\nConnection: close\r\n\r\n'],
    ]);
    expect(skipped).toEqual([
      'entry 3 was left out: its request has no URL',
      'entry 4 was left out: it has no request',
      'entry 5 was left out: the headers of its request are no names and values',
      '1 of another service were left out',
      '3 of 5 entries are broken',
    ]);
  });

  test.each<[string, object, string, Buffer]>([
    ['text', { mimeType: 'text/xml', text: 'ä' }, 'text/plain', Buffer.from('ä')],
    [
      'text in the charset of its type',
      { mimeType: 'text/xml; charset=iso-8859-1', text: 'ä' },
      'text/plain',
      Buffer.from([0xe4]),
    ],
    [
      'text in the charset that it declares',
      { mimeType: '', text: '<?xml version="1.0" encoding="iso-8859-1"?><a>ä</a>' },
      'text/plain',
      Buffer.from('<?xml version="1.0" encoding="iso-8859-1"?><a>ä</a>', 'latin1'),
    ],
    [
      'parameters',
      { mimeType: 'x', params: [{ name: 'a', value: 'b c' }, { name: 'd' }] },
      'text/plain',
      Buffer.from('a=b%20c&d='),
    ],
  ])('has the bytes of %s', (_what, postData, type, body) => {
    const headers = [
      { name: 'Content-Type', value: type },
      { name: ':path', value: '/' },
      { name: 'Content-Encoding', value: 'gzip' },
      { name: 'Content-Length', value: '99' },
    ];
    const [request] = requestsIn(har(old({ method: 'POST', headers, postData })), 'a.har').requests;
    const head = `POST /api/1.0/rest?a=1 HTTP/1.1\r\nHost: www.box.net\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
    expect(request?.bytes).toEqual(Buffer.concat([Buffer.from(head), body]));
  });

  test('has a multipart form of parameters alone', () => {
    const postData = { mimeType: 'multipart/form-data; boundary=x', params: [{ name: 'a', value: 'b' }] };
    const [request] = requestsIn(har(old({ method: 'POST', headers: [], postData })), 'a.har').requests;
    expect(request?.bytes.toString()).toMatch(
      /boundary=(\S+)\r\n[\s\S]*\r\n\r\n--\1\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--\1--\r\n$/,
    );
  });

  test('of another service is refused', () => {
    expect(() => requestsIn(har(entry({ url: 'https://example.org/' })), 'a.har')).toThrow(
      /^a\.har has no call at \/api\/1\.0\/rest, xml or soap \(1 of another service were left out\); /,
    );
  });

  test('cannot slip a header in', () => {
    const headers = [{ name: 'X', value: 'a\r\nTransfer-Encoding: chunked' }];
    const [request] = requestsIn(har(old({ headers })), 'a.har').requests;
    expect(request?.bytes.toString()).toContain('\r\nX: a Transfer-Encoding: chunked\r\n');
  });
});
