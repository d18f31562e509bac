import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { rootOf } from '../support/cases/well-formed.js';
import { wireBytes, wireCases, wireFile } from '../support/cases/wire.js';
import { bytewise, connectTo, exchange, exchangeOn, type RawReply } from '../support/clients/raw.js';
import { type RunningRequestHandler, startRequestHandler } from '../support/servers/request-handler.js';

let server: RunningRequestHandler;

beforeAll(async () => {
  server = await startRequestHandler();
});

afterAll(() => server.close());

beforeEach(() => {
  server.calls.length = 0;
});

const examples = wireCases('old-clients', 'request.http', 'call.json');
const bytesOf = (example: string) => wireBytes(`old-clients/${example}/request.http`);

/** Beside the call, the data may have the `cause` for which a whole bridge does not answer it. */
function expected(example: string) {
  const { cause: _cause, ...call } = JSON.parse(wireFile(`old-clients/${example}/call.json`));
  return call;
}

function dispatched() {
  return server.calls.map(({ action, parameters }) => ({ action, parameters: Object.fromEntries(parameters) }));
}

/** What every old client needs of a reply: a Content-Length, no chunks, the format of its path. */
function expectReply(reply: RawReply | undefined, example: string, action: string): void {
  const request = bytesOf(example).toString('latin1');
  const isSoap = /^\s*POST \S*\/soap/i.test(request);
  const is12 = request.includes('http://www.w3.org/2003/05/soap-envelope');
  expect(reply?.status).toBe(200);
  expect(reply?.headers.get('content-length')).toBe(`${reply?.body.length}`);
  expect(reply?.headers.has('transfer-encoding')).toBe(false);
  expect(reply?.headers.get('content-type')).toBe(is12 ? 'application/soap+xml; charset=utf-8' : 'text/xml');
  expect(reply?.headers.get('cache-control')).toBe('no-store');
  const envelope = is12 ? 'http://www.w3.org/2003/05/soap-envelope' : 'http://schemas.xmlsoap.org/soap/envelope/';
  expect(rootOf(reply?.body.toString() ?? '')).toEqual(
    isSoap ? { local: 'Envelope', uri: envelope } : { local: 'response', uri: '' },
  );
  expect(reply?.body.toString()).toMatch(new RegExp(`<(\\w+:)?status( xsi:type="xsd:string")?>${action}_ok</`));
}

describe('a recorded request of an old client', () => {
  test.each(examples)('%s', async (example) => {
    const { replies, rest } = await exchange(server.url, bytesOf(example), { replies: 1 });
    expect(dispatched()).toEqual([expected(example)]);
    expectReply(replies.at(-1), example, expected(example).action);
    expect(rest).toHaveLength(0);
  });

  test.each(examples)('%s, byte by byte', async (example) => {
    await exchange(server.url, bytewise(bytesOf(example)), { replies: 1 });
    expect(dispatched()).toEqual([expected(example)]);
  });

  test.each(examples)('%s, twice on one connection', async (example) => {
    const bytes = bytesOf(example);
    const isKeptAlive = !/connection: .*close/i.test(bytes.toString('latin1')) && !/HTTP\/1\.0\r/.test(`${bytes}`);
    const socket = await connectTo(server.url);
    const first = await exchangeOn(socket, bytes, { replies: 1 });
    if (isKeptAlive) await exchangeOn(socket, bytes, { replies: 1 });
    socket.destroy();
    expect(dispatched()).toEqual(isKeptAlive ? [expected(example), expected(example)] : [expected(example)]);
    expect(first.replies.at(-1)?.headers.get('connection')).toBe(
      isKeptAlive || /connection: keep-alive/i.test(`${bytes}`) ? 'keep-alive' : 'close',
    );
  });

  test.each(examples)('%s, by a client that half-closes the connection', async (example) => {
    const { replies, isClosed } = await exchange(server.url, bytesOf(example), { isHalfClosed: true });
    expectReply(replies.at(-1), example, expected(example).action);
    expect(isClosed).toBe(true);
  });
});

test('a client that has half-closed the connection gets a late reply', async () => {
  const slow = await startRequestHandler({ dispatch: () => new Promise((resolve) => setTimeout(resolve, 50, {})) });
  const { replies } = await exchange(slow.url, bytesOf('libwww-perl-form'), { isHalfClosed: true });
  await slow.close();
  expect(replies.map(({ status }) => status)).toEqual([200]);
});

test.each(['curl-form', 'dotnet-1.1'])('%s gets 100 Continue before its reply', async (example) => {
  const bytes = bytesOf(example);
  const end = bytes.indexOf('\r\n\r\n') + 4;
  const socket = await connectTo(server.url);
  const interim = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
  socket.write(bytes.subarray(0, end));
  expect(await interim).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  const { replies } = await exchangeOn(socket, bytes.subarray(end), { replies: 1 });
  socket.destroy();
  expect(replies.map(({ status }) => status)).toEqual([200]);
});

const rest = '/api/1.0/rest?action=logout&api_key=k&auth_token=t';

async function ask(method: string, target: string): Promise<RawReply | undefined> {
  const request = Buffer.from(`${method} ${target} HTTP/1.1\r\nHost: www.box.net\r\nConnection: close\r\n\r\n`);
  const { replies, rest, isClosed } = await exchange(server.url, request, { methods: [method] });
  expect([rest.length, isClosed]).toEqual([0, true]);
  return replies[0];
}

test.each([rest, '/api/1.0/soap?wsdl', '/api/1.0/soap?wsdl=literal', '/healthz'])(
  'HEAD of %s has the headers of GET, and no body',
  async (target) => {
    const withoutDate = ({ head = '' }: Partial<RawReply> = {}) => head.replace(/\r\n(Date|X-Request-Id): [^\r]*/g, '');
    expect(withoutDate(await ask('HEAD', target))).toBe(withoutDate(await ask('GET', target)));
  },
);

test('HEAD and GET of SOAP are rejected with the allowed methods', async () => {
  for (const method of ['HEAD', 'GET', 'PUT']) {
    const reply = await ask(method, '/api/1.0/soap');
    expect([reply?.status, reply?.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
  }
});

test.each([
  ['*', 'GET, POST, HEAD, OPTIONS'],
  ['/api/1.0/rest', 'GET, POST, HEAD, OPTIONS'],
  ['/api/1.0/xml', 'POST, OPTIONS'],
  ['/api/1.0/soap', 'POST, OPTIONS'],
])('OPTIONS of %s', async (path, methods) => {
  const reply = await ask('OPTIONS', path);
  expect([reply?.status, reply?.headers.get('allow'), reply?.headers.get('content-length')]).toEqual([
    200,
    methods,
    '0',
  ]);
  expect(server.calls).toEqual([]);
});
