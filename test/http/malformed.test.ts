import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { Fault } from '../../src/core/fault.js';
import { rootOf } from '../support/cases/well-formed.js';
import { afterwards } from '../support/cleanup.js';
import { formats } from '../support/clients/legacy.js';
import { connectTo, exchange, exchangeOn, type RawReply } from '../support/clients/raw.js';
import { type ErrorReply, errorReplyIn, MAY_TAKE_MS, rejectingHandler } from '../support/servers/rejecting-handler.js';
import { startRequestHandler } from '../support/servers/request-handler.js';

const handler = rejectingHandler();
const { rejection } = handler;

const post = (format: string, body: string | Buffer, headers = '') =>
  Buffer.concat([
    Buffer.from(
      `POST /api/1.0/${format} HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`,
    ),
    Buffer.from(body),
  ]);

const inEnvelope = (operation: string) =>
  `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>${operation}</e:Body></e:Envelope>`;
const good = 'GET /api/1.0/rest?action=logout&api_key=k HTTP/1.1\r\nHost: x\r\n\r\n';

describe('is rejected at once, in the format of the caller', () => {
  const attributes = Array.from({ length: 5000 }, (_, n) => `a${n}=""`).join(' ');
  const deep = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth);
  const references = (value: string, count: number, type = '') =>
    inEnvelope(
      `<logout>${'<p href="#b"/>'.repeat(count)}</logout><m xmlns:i="http://www.w3.org/2001/XMLSchema-instance" id="b"${type}>${value}</m>`,
    );
  const form = (unit: string, count: number, charset: string) =>
    post(
      'rest',
      `action=x&${unit.repeat(count)}`,
      `Content-Type: application/x-www-form-urlencoded; charset=${charset}\r\n`,
    );
  const multipart = (body: string) => post('rest', body, 'Content-Type: multipart/form-data; boundary=b\r\n');
  const bomb = gzipSync(Buffer.alloc(30_000_000));
  const head = (start: string, more: string) => Buffer.from(`${start} HTTP/1.1\r\nHost: x\r\n${more}\r\n`);
  const client = (http = 500): ErrorReply => ({ http, fault: 'Client' });
  const plain = (http = 200): ErrorReply => ({ http, status: 'wrong_input' });

  test.each<[string, Buffer, ErrorReply]>([
    ['xml with 5,000 attributes', post('xml', `<request ${attributes}><action>logout</action></request>`), plain()],
    ['soap with 5,000 attributes', post('soap', inEnvelope(`<logout ${attributes}/>`)), client()],
    ['xml of 5,000 elements', post('xml', `<request><action>logout</action>${'<a/>'.repeat(5000)}</request>`), plain()],
    ['xml of 33 levels', post('xml', `<request><action>logout</action>${deep(32)}</request>`), plain()],
    ['xml of 9,000 levels', post('xml', `<request><action>logout</action>${deep(9000)}</request>`), plain()],
    ['soap of 9,000 levels', post('soap', inEnvelope(`<logout>${deep(9000)}</logout>`)), client()],
    ['xml of 20,000 open elements', post('xml', '<a>'.repeat(20_000)), plain()],
    ['soap with 500 references to 3,000 values', post('soap', references('<i/>'.repeat(3000), 500)), client()],
    [
      'soap with 2,000 references to a long value',
      post('soap', references('QUJD'.repeat(8000), 2000, ' i:type="base64"')),
      client(),
    ],
    ['rest with 32,000 names in a declared charset', form('a&', 32_000, 'utf-8'), plain()],
    [
      'rest with 16,000 escapes of no text, packed in 103 bytes',
      post(
        'rest',
        gzipSync('%ff&'.repeat(16_384)),
        'Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\nContent-Encoding: gzip\r\n',
      ),
      plain(),
    ],
    ['rest with 16,000 escapes in a declared charset', form('&%41', 16_000, 'Shift_JIS'), plain()],
    ['rest with 16,000 delimiters of a multipart form', multipart('--b\n'.repeat(16_000)), plain()],
    ['rest with blanks behind a delimiter', multipart(`--b${' \n'.repeat(30_000)}x`), plain()],
    ['rest with 8,000 parts without an end', multipart('--b\n\n\n'.repeat(8000)), plain()],
    [
      'rest with blanks behind a charset',
      post('rest', 'x', `Content-Type: a/b; charset=${' '.repeat(15_000)}!\r\n`),
      plain(),
    ],
    ['rest with a body over the limit', post('rest', 'x'.repeat(65_537)), plain(413)],
    ['xml with a body over the limit', post('xml', ' '.repeat(70_000)), plain(413)],
    ['soap with a body over the limit', post('soap', ' '.repeat(70_000)), client(413)],
    ['rest with a gzip bomb', post('rest', bomb, 'Content-Encoding: gzip\r\n'), plain(413)],
    ['xml with a gzip bomb', post('xml', bomb, 'Content-Encoding: gzip\r\n'), plain(413)],
    ['soap with a gzip bomb', post('soap', bomb, 'Content-Encoding: gzip\r\n'), client(413)],
    [
      'soap with chunks over the limit, and no end',
      Buffer.from(
        `POST /api/1.0/soap HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n11170\r\n${'a'.repeat(70_000)}\r\n`,
      ),
      client(413),
    ],
    ['rest with a long URL', head(`GET /api/1.0/rest?${'a'.repeat(20_000)}`, ''), plain(431)],
    ['xml with a long header', head('POST /api/1.0/xml', `X: ${'a'.repeat(20_000)}\r\n`), plain(431)],
    ['soap with a long header', head('POST /api/1.0/soap', `X: ${'a'.repeat(20_000)}\r\n`), client(431)],
    ['soap with many headers', head('POST /api/1.0/soap', 'X-Name: some value\r\n'.repeat(2000)), client(431)],
  ])('%s', async (_what, request, wanted) => {
    expect(await rejection(request)).toEqual(wanted);
  });
});

describe('on one connection', () => {
  const statusesOf = ({ replies }: { replies: readonly RawReply[] }) => replies.map(({ status }) => status);

  test('what follows a well-formed request is rejected after that is answered', async () => {
    const slow = await startRequestHandler({ dispatch: () => new Promise((resolve) => setTimeout(resolve, 50, {})) });
    afterwards(slow.close);
    const soap = post('soap', inEnvelope('<logout/>'));
    const more = [Buffer.from('more\r\n'), Buffer.from('more\r\n')];
    const outcome = await exchange(slow.url, [
      Buffer.concat([Buffer.from(good), soap, Buffer.from('GARBAGE\r\n')]),
      ...more,
    ]);
    expect(statusesOf(outcome)).toEqual([200, 200, 400]);
    expect(errorReplyIn(outcome.replies[2])).toEqual({ http: 400, fault: 'Client' });
  });

  test('a malformed request is answered in its own format, not in that of the request before', async () => {
    const socket = await connectTo(handler.url());
    await exchangeOn(socket, Buffer.from(good), { replies: 1 });
    const { replies, isClosed } = await exchangeOn(
      socket,
      Buffer.from('POST /api/1.0/soap HTTP/1.1\r\nbroken\r\n\r\n'),
    );
    socket.destroy();
    expect([errorReplyIn(replies[0]), isClosed]).toEqual([{ http: 400, fault: 'Client' }, true]);
  });

  test('a line with the path of a call in its midst is not taken for a request line', async () => {
    const soap = 'POST /api/1.0/soap HTTP/1.1\r\nHost: x\r\nContent-Type: application/dime\r\n\r\n';
    const { replies } = await exchange(
      handler.url(),
      Buffer.from(`${soap}X: 1\r\nlope <a>xmln/api/1.0/rest</a>\r\n\r\n`),
    );
    expect(replies.map(errorReplyIn)).toEqual([
      { http: 500, fault: 'Client' },
      { http: 400, fault: 'Client' },
    ]);
  });

  test.each(formats)(
    'a malformed request by %s is answered although its sender has closed its side',
    async (format) => {
      const load = () => new Promise<void>((resolve) => setTimeout(resolve, 50));
      const slow = await startRequestHandler({ protocol: (real) => ({ ...real, load }) });
      afterwards(slow.close);
      const request = Buffer.from(`POST /api/1.0/${format} HTTP/1.1\nHost: x\n\nwith a body`);
      expect(statusesOf(await exchange(slow.url, request, { isHalfClosed: true }))).toEqual([400]);
    },
  );

  test('a malformed request is answered once, even if its sender continues', async () => {
    const socket = await connectTo(handler.url());
    const more = Array.from({ length: 50 }, () => Buffer.from('more\r\n'));
    const outcome = await exchangeOn(socket, [Buffer.from('POST /api/1.0/soap HTTP/1.1\r\nbroken\r\n'), ...more]);
    socket.destroy();
    expect(statusesOf(outcome)).toEqual([400]);
    expect(outcome.rest).toHaveLength(0);
  });

  test('pipelined requests are performed one at a time, up to a limit', async () => {
    let inFlight = 0;
    let most = 0;
    const slow = await startRequestHandler({
      dispatch: async () => {
        inFlight += 1;
        most = Math.max(most, inFlight);
        await new Promise((resolve) => setImmediate(resolve));
        inFlight -= 1;
        return {};
      },
    });
    afterwards(slow.close);
    const { replies, rest, isClosed } = await exchange(slow.url, Buffer.from(good.repeat(500)));
    expect([rest.length, isClosed]).toEqual([0, true]);
    expect(replies.map(({ status, headers }) => [status, headers.get('connection')])).toEqual([
      ...Array(32).fill([200, 'keep-alive']),
      [200, 'close'],
    ]);
    expect([most, slow.calls.length]).toEqual([1, 33]);
  });

  test('a request hidden in the body of another is not performed', async () => {
    const hidden = 'GET /api/1.0/rest?action=delete_account HTTP/1.1\r\nHost: x\r\n\r\n';
    const smuggled = `POST /api/1.0/rest HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`;
    for (const bytes of [post('xml', hidden), Buffer.from(smuggled)]) {
      await exchange(handler.url(), bytes, { replies: 1 });
      expect(handler.calls()).toEqual([]);
    }
  });

  test.each([
    ['Transfer-Encoding: gzip, chunked', 501],
    ['Host: www.example.com\r\nTransfer-Encoding: chunked', 400],
  ])('a request behind one that may be framed otherwise is not performed (%s)', async (header, status) => {
    const first = `POST /api/1.0/rest HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n0\r\n\r\n`;
    const { replies, rest, isClosed } = await exchange(handler.url(), Buffer.from(first + good));
    expect(replies.map((reply) => [reply.status, reply.headers.get('connection')])).toEqual([[status, 'close']]);
    expect([rest.length, isClosed, handler.calls().length]).toEqual([0, true, 0]);
  });

  test.each(['', 'Connection: Upgrade\r\nUpgrade: h2c\r\nExpect: 200-maybe\r\n'])(
    'an incomplete request is rejected (%j)',
    async (headers) => {
      const bytes = `POST /api/1.0/soap HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: 100\r\n\r\n<e:`;
      const start = performance.now();
      const { replies } = await exchange(handler.url(), Buffer.from(bytes), { isHalfClosed: true });
      expect(errorReplyIn(replies[0])).toEqual({ http: 400, fault: 'Client' });
      expect(performance.now() - start).toBeLessThan(5000);
    },
  );

  test.each<[string, number, string]>([
    ['an incomplete body', 400, 'Content-Length: 100\r\n\r\n<e:'],
    ['a malformed chunk', 400, 'Transfer-Encoding: chunked\r\n\r\nno number\r\n'],
    ['a malformed header', 400, 'broken\r\n\r\n'],
    ['a long header', 431, `X: ${'a'.repeat(20_000)}\r\n\r\n`],
    ['a body that does not arrive', 408, 'Content-Length: 100\r\n\r\n'],
  ])('%s of SOAP 1.2 is rejected in SOAP 1.2', async (_what, http, rest) => {
    const strict = await startRequestHandler({ requestMs: 300 });
    afterwards(strict.close);
    const start = `POST /api/1.0/soap HTTP/1.1\r\nHost: x\r\nContent-Type: application/soap+xml\r\n${rest}`;
    const { replies } = await exchange(strict.url, Buffer.from(start), { isHalfClosed: http === 400 });
    expect(errorReplyIn(replies[0])).toEqual({ http, fault: 'Sender' });
    expect(replies[0]?.headers.get('content-type')).toBe('application/soap+xml; charset=utf-8');
  });

  test.each(['broken\r\n\r\n', `X: ${'a'.repeat(20_000)}\r\n\r\n`])(
    'a rejected HEAD request gets no body',
    async (rest) => {
      const request = Buffer.from(`HEAD /api/1.0/rest HTTP/1.1\r\nHost: x\r\n${rest}`);
      const outcome = await exchange(handler.url(), request, { methods: ['HEAD'] });
      expect(statusesOf(outcome)).toEqual([rest.startsWith('X') ? 431 : 400]);
      expect(outcome.rest).toHaveLength(0);
    },
  );

  test('what exceeds the Content-Length begins the next request', async () => {
    const outcome = await exchange(
      handler.url(),
      Buffer.from(`POST /api/1.0/xml HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcdef`),
    );
    expect(statusesOf(outcome)).toEqual([200, 400]);
  });
});

describe('a slow caller', () => {
  /** Sends a byte every 20 ms until the server closes the connection. */
  async function drip(url: string, text: string): Promise<RawReply | undefined> {
    const socket = await connectTo(url);
    const bytes = Buffer.from(text);
    let sent = 0;
    const timer = setInterval(() => {
      if (socket.writable && sent < bytes.length) socket.write(bytes.subarray(sent, ++sent));
    }, 20);
    const { replies } = await exchangeOn(socket, []);
    clearInterval(timer);
    socket.destroy();
    return replies[0];
  }

  test('times out in every format, in head and body, while others are answered', async () => {
    const strict = await startRequestHandler({ requestMs: 1000 });
    afterwards(strict.close);
    const slow = formats.map(async (format) => {
      const start = `POST /api/1.0/${format} HTTP/1.1\r\n`;
      const replies = await Promise.all([
        drip(strict.url, `${start}X: ${'a'.repeat(5000)}`),
        drip(strict.url, `${start}Content-Length: 5000\r\n\r\n${'a'.repeat(5000)}`),
      ]);
      return [format, ...replies.map(errorReplyIn)];
    });
    const { replies } = await exchange(strict.url, Buffer.from(good), { replies: 1 });
    expect(replies.map(({ status }) => status)).toEqual([200]);
    const plain = { http: 408, status: 'wrong_input' };
    const fault = { http: 408, fault: 'Client' };
    expect(await Promise.all(slow)).toEqual([
      ['rest', plain, plain],
      ['xml', plain, plain],
      ['soap', fault, fault],
    ]);
    expect(strict.calls).toHaveLength(1);
  });

  test('delays no other by 2,000 idle connections', async () => {
    const idle = await Promise.all(Array.from({ length: 2000 }, () => connectTo(handler.url())));
    afterwards(async () => {
      for (const socket of idle) socket.destroy();
    });
    const times: number[] = [];
    for (let n = 0; n < 3; n++) {
      const start = performance.now();
      const { replies } = await exchange(handler.url(), Buffer.from(good), { replies: 1 });
      expect(replies[0]?.status).toBe(200);
      times.push(performance.now() - start);
    }
    expect(Math.min(...times)).toBeLessThan(MAY_TAKE_MS);
  });
});

describe('reflects no input unescaped', () => {
  const MARK = 'mark-7f3a';
  const hostile = `${MARK}"'><script>${MARK}`;
  const escapes = encodeURIComponent(`${hostile}\r\nX-Mark: ${MARK}`);
  const xml = `${MARK}&quot;&gt;&lt;script&gt;`;
  const get = (target: string, headers = '') =>
    Buffer.from(`GET ${target} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`, 'latin1');

  test.each<[string, Buffer]>([
    ['path', get(`/api/1.0/${hostile}`)],
    ['path, escaped', get(`/api/1.0/${escapes}`)],
    ['path below soap', get(`/api/1.0/soap/${escapes}`)],
    ['name in the query', get(`/api/1.0/rest?${escapes}=1`)],
    ['value in the query', get(`/api/1.0/rest?action=${escapes}&api_key=${escapes}`)],
    ['method', Buffer.from(`${MARK}<script> /api/1.0/soap HTTP/1.1\r\n\r\n`)],
    [
      'header value',
      get('/api/1.0/soap', `User-Agent: ${hostile}\r\nSOAPAction: ${hostile}\r\nOrigin: ${hostile}\r\n`),
    ],
    ['host', get('/api/1.0/soap?wsdl', `X-Forwarded-Host: ${hostile}\r\nX-Forwarded-Proto: ${hostile}\r\n`)],
    ['charset', post('soap', 'x', `Content-Type: text/xml; charset=${MARK}\r\n`)],
    ['content coding', post('soap', 'x', `Content-Encoding: ${hostile}\r\n`)],
    ['boundary', post('rest', `--${hostile}\r\nContent-Disposition: form-data; name="${hostile}"\r\n\r\nx`)],
    ['element name', post('xml', `<${MARK}"><script>`)],
    ['attribute name', post('soap', `<a ${MARK}"='1' ${MARK}`)],
    ['attribute value', post('soap', `<a b="${xml}" b="${xml}"/>`)],
    ['prefix', post('soap', inEnvelope(`<${MARK}:x/>`))],
    ['entity', post('soap', `<a>&${MARK}"><script>;</a>`)],
    ['operation', post('soap', inEnvelope(`<${MARK}><api_key>${xml}</api_key></${MARK}>`))],
    ['namespace of the envelope', post('soap', `<Envelope xmlns="${xml}"/>`)],
    ...['http://schemas.xmlsoap.org/soap/envelope/', 'http://www.w3.org/2003/05/soap-envelope'].map(
      (namespace): [string, Buffer] => [
        `mandatory header of ${namespace}`,
        post(
          'soap',
          `<e:Envelope xmlns:e="${namespace}"><e:Header><h:${MARK} xmlns:h="${xml}" e:mustUnderstand="1"/></e:Header></e:Envelope>`,
        ),
      ],
    ),
  ])('%s', async (_where, request) => {
    const trusting = await startRequestHandler({
      trustProxy: true,
      dispatch: () => Promise.reject(new Fault('malformed')),
    });
    afterwards(trusting.close);
    const [reply] = (await exchange(trusting.url, request, { replies: 1 })).replies;
    const document = reply?.body.toString() ?? '';
    rootOf(document);
    expect(reply?.head).not.toContain(MARK);
    expect(document.toLowerCase()).not.toContain('<script');
    expect(document).not.toContain(`${MARK}"'`);
  });
});
