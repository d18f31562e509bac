import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, jest, test } from '@jest/globals';
import { toFault } from '../../src/core/fault.js';
import { createScope, type Scope } from '../../src/shared/scope.js';
import { createUpstreams, type UpstreamObservation } from '../../src/upstream/client.js';
import type { Send, UpstreamRequest } from '../../src/upstream/request.js';
import type { ErrorMapping } from '../../src/upstream/response.js';
import { afterwards } from '../support/cleanup.js';
import { type CannedReply, startUpstream, type Upstream } from '../support/servers/upstream.js';
import { until } from '../support/until.js';

const methods = ['POST', 'PUT', 'PATCH', 'DELETE'] as const;
const GOOD: CannedReply = { body: { good: 'yes' } };

const answering =
  ({ status = 200, headers = {}, body = {} }: CannedReply): RequestListener =>
  (_request, response) => {
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  };

/** A modern API with a behaviour for each request, in order; the last one applies to all that follow. */
async function upstreamWith(...behaviours: readonly (RequestListener | CannedReply)[]): Promise<Upstream> {
  const upstream = await startUpstream((request, response) => {
    const behaviour = behaviours[Math.min(upstream.received.length, behaviours.length) - 1] ?? GOOD;
    (typeof behaviour === 'function' ? behaviour : answering(behaviour))(request, response);
  });
  afterwards(upstream.close);
  return upstream;
}

const silent: RequestListener = () => {};
const closes: RequestListener = (request) => void request.socket.destroy();
const half: RequestListener = (request, response) => {
  response.writeHead(200, { 'Content-Length': 100 }).write('{"good":');
  setImmediate(() => request.socket.destroy());
};

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  return address.port;
}

/** A latch that opens once. */
function createLatch(): { readonly open: () => void; readonly opened: Promise<void> } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

function requestSender(send: Send, url: string) {
  return (method: UpstreamRequest['method'] = 'GET'): Promise<Readonly<Record<string, unknown>>> =>
    send({
      method,
      url: `${url}/path`,
      headers: {},
      ...(method !== 'GET' && { body: { type: 'text/plain', text: 'written' } }),
    }).catch((error: unknown) => {
      const { reason, retryAfter, cause } = toFault(error);
      return { reason, retryAfter, cause };
    });
}

function senderTo({ url }: { url: string }, options: Partial<Parameters<typeof createUpstreams>[0]> = {}) {
  const upstreams = createUpstreams({ timeoutMs: 2000, ...options });
  return requestSender(upstreams.sendFor({ baseUrl: url }), url);
}

const unavailable = { reason: 'unavailable' };

describe('a read', () => {
  test.each<[string, RequestListener | CannedReply]>([
    ['a closed connection', closes],
    ['half a reply', half],
    ['502', { status: 502, body: '<html>Bad gateway</html>' }],
    ['503', { status: 503 }],
    ['504', { status: 504 }],
  ])('is repeated once after %s', async (_what, trouble) => {
    const recovering = await upstreamWith(trouble, GOOD);
    expect(await senderTo(recovering)()).toEqual({ good: 'yes' });
    expect(recovering.received).toHaveLength(2);
    const lasting = await upstreamWith(trouble);
    expect(await senderTo(lasting)()).toMatchObject(unavailable);
    expect(lasting.received).toHaveLength(2);
  });

  test.each<[string, RequestListener | CannedReply]>([
    ['a 503 with Retry-After', { status: 503, headers: { 'Retry-After': '3' } }],
    ['500', { status: 500 }],
    ['429', { status: 429 }],
    ['a 503 with a Retry-After of a week', { status: 503, headers: { 'Retry-After': '604800' } }],
    ['a 503 with an invalid Retry-After', { status: 503, headers: { 'Retry-After': 'soon' } }],
    ['a redirect', { status: 302, headers: { Location: '/elsewhere' } }],
    ['HTML', { body: '<html>Welcome</html>' }],
    ['too much', { body: `{"much":"${'x'.repeat(1024 * 1024)}"}` }],
    ['silence', silent],
  ])('is not repeated after %s', async (_what, trouble) => {
    const upstream = await upstreamWith(trouble, GOOD);
    expect(await senderTo(upstream, { timeoutMs: 300 })()).toMatchObject(unavailable);
    expect(upstream.received).toHaveLength(1);
  });

  test('is repeated after a jittered backoff', async () => {
    const waited = async () => {
      const times: number[] = [];
      const upstream = await upstreamWith((request, response) => {
        times.push(performance.now());
        answering({ status: 503 })(request, response);
      });
      await senderTo(upstream)();
      const [first = 0, second = 0] = times;
      return Math.round(second - first);
    };
    // A busy machine may end several waits at the same moment.
    const waits = new Set<number>();
    for (let n = 0; n < 10 && waits.size < 2; n += 1) {
      for (const wait of await Promise.all(Array.from({ length: 5 }, waited))) waits.add(wait);
    }
    expect(waits.size).toBeGreaterThan(1);
  });
});

describe('a write is sent once', () => {
  const troubles: readonly (readonly [string, RequestListener | CannedReply])[] = [
    ['a closed connection', closes],
    ['silence', silent],
    ...[500, 502, 503, 504, 429].map((status) => [`${status}`, { status }] as const),
  ];
  test.each(methods.flatMap((method) => troubles.map(([what, trouble]) => ({ method, what, trouble }))))(
    '$method, and the outcome is $what',
    async ({ method, trouble }) => {
      const upstream = await upstreamWith(trouble, GOOD);
      expect(await senderTo(upstream, { timeoutMs: 300 })(method)).toMatchObject(unavailable);
      expect(upstream.received).toHaveLength(1);
    },
  );

  test.each(methods)('%s on a kept-alive connection that the server closes', async (method) => {
    const heads: string[] = [];
    const sockets = new Set<Socket>();
    // Answers the first request of a connection, and closes the connection at the second.
    const server = createServer((socket) => {
      sockets.add(socket);
      let count = 0;
      socket
        .on('error', () => {})
        .on('data', (data) => {
          const [head = ''] = data.toString().split(' ');
          if (!/^[A-Z]+$/.test(head)) return;
          heads.push(head);
          count += 1;
          if (count > 1) socket.destroy();
          else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
        });
    }).listen(0, '127.0.0.1');
    afterwards(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    await once(server, 'listening');
    const port = portOf(server);
    const sendRequest = senderTo({ url: `http://127.0.0.1:${port}` });
    expect(await sendRequest()).toEqual({});
    // In the next turn of the event loop the connection is idle again.
    await new Promise(setImmediate);
    expect(await sendRequest(method)).toMatchObject({ ...unavailable, cause: { message: 'other side closed' } });
    expect(sockets.size).toBe(1);
    expect(heads).toEqual(['GET', method]);
  });
});

describe('a write that got a 2xx has succeeded', () => {
  const broken: RequestListener = (_request, response) => {
    response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('{}');
  };
  const unended: RequestListener = (_request, response) => {
    response.writeHead(200).write('{"good":');
  };
  test.each<[string, RequestListener | CannedReply]>([
    ['half a reply', half],
    ['a reply without an end', unended],
    ['a reply in another encoding', broken],
    ['too much', { body: `{"much":"${'x'.repeat(1024 * 1024)}"}` }],
    ['HTML', { body: '<html>Welcome</html>' }],
    ['nothing', { body: '' }],
    ['204', { status: 204, body: '' }],
    ['202 with a list', { status: 202, body: '[1]' }],
    ['null', { body: 'null' }],
  ])('with %s', async (_what, trouble) => {
    const upstream = await upstreamWith(trouble);
    const sendRequest = senderTo(upstream, { timeoutMs: 300 });
    expect(await Promise.all(methods.map((method) => sendRequest(method)))).toEqual(methods.map(() => ({})));
    expect(upstream.received).toHaveLength(methods.length);
  });
});

describe('a reply', () => {
  const large = JSON.stringify({ text: 'x'.repeat(100_000) });
  const packed = (body: string, encoding: string): RequestListener => {
    const packers: Readonly<Record<string, (body: string) => Buffer>> = {
      gzip: gzipSync,
      'X-GZIP': gzipSync,
      deflate: deflateSync,
      br: brotliCompressSync,
    };
    const pack = packers[encoding];
    return (_request, response) => void response.setHeader('Content-Encoding', encoding).end(pack?.(body) ?? body);
  };

  test.each(['gzip', 'deflate', 'br'])('may be compressed with %s', async (encoding) => {
    const upstream = await upstreamWith(packed(large, encoding));
    expect(JSON.stringify(await senderTo(upstream)())).toBe(large);
    expect(upstream.received[0]?.headers['accept-encoding']).toContain(encoding);
  });

  test('may be compressed with deflate without its header, and with a name of gzip as of old', async () => {
    const raw: RequestListener = (_request, response) =>
      void response.setHeader('Content-Encoding', 'deflate').end(deflateRawSync(large));
    expect(JSON.stringify(await senderTo(await upstreamWith(raw))())).toBe(large);
    expect(JSON.stringify(await senderTo(await upstreamWith(packed(large, 'X-GZIP')))())).toBe(large);
  });

  test('may have a byte order mark', async () => {
    expect(await senderTo(await upstreamWith({ body: '\ufeff{"good":"yes"}' }))()).toEqual({ good: 'yes' });
  });

  test.each([
    ['UTF-8 that is labelled as Latin-1', 'application/json; charset=iso-8859-1', Buffer.from('{"name":"Jürgen"}')],
    ['Latin-1', 'application/json; charset=ISO-8859-1', Buffer.from('{"name":"Jürgen"}', 'latin1')],
    ['Latin-1 without a label', 'application/json', Buffer.from('{"name":"Jürgen"}', 'latin1')],
    ['UTF-16 with its mark', 'application/json', Buffer.from('\ufeff{"name":"Jürgen"}', 'utf16le')],
  ])('may be in %s', async (_charset, type, bytes) => {
    const upstream = await upstreamWith((_request, response) => response.setHeader('Content-Type', type).end(bytes));
    expect(await senderTo(upstream)()).toEqual({ name: 'Jürgen' });
  });

  test.each([
    [60, { good: 'yes' }],
    [70, unavailable],
  ])('may have a head of 64 KiB: %i', async (kibibytes, expected) => {
    const upstream = await upstreamWith({ ...GOOD, headers: { 'X-Policy': 'x'.repeat(kibibytes * 1024) } });
    expect(await senderTo(upstream)()).toMatchObject(expected);
  });

  test.each(['gzip', 'deflate', 'br'])(
    'is rejected where %s decompresses to more than a mebibyte',
    async (encoding) => {
      const upstream = await upstreamWith(packed(JSON.stringify({ text: 'x'.repeat(2_000_000) }), encoding));
      expect(await senderTo(upstream)()).toMatchObject({ ...unavailable, cause: { message: 'ERR_BUFFER_TOO_LARGE' } });
    },
  );

  test.each(['gzip', 'unheard-of'])('is rejected where it is not in its declared encoding, %s', async (encoding) => {
    const upstream = await upstreamWith((_request, response) => {
      response.setHeader('Content-Encoding', encoding).end('{}');
    });
    expect(await senderTo(upstream)()).toMatchObject(unavailable);
  });

  test('without an end is aborted after a mebibyte', async () => {
    let sent = 0;
    const closed = createLatch();
    const upstream = await upstreamWith((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const write = () => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
      };
      response.on('drain', write).on('close', closed.open);
      write();
    });
    expect(await senderTo(upstream)()).toMatchObject({ ...unavailable, cause: { message: 'ERR_REPLY_TOO_LARGE' } });
    await closed.opened;
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });
});

describe('Retry-After', () => {
  const inAMinute = () => new Date(Date.now() + 60_000);
  const asctime = (date: Date) => date.toUTCString().replace(/, (\d\d) (...) (\d{4}) (.*) GMT/, ' $2 $1 $4 $3');
  test.each<[number, Record<string, string>, unknown]>([
    [429, { 'Retry-After': '7' }, 7],
    [503, { 'Retry-After': '7' }, 7],
    [503, { 'Retry-After': '0' }, 0],
    [429, { 'X-RateLimit-Reset': '0.238' }, 1],
    [429, { 'X-RateLimit-Reset': '12.4', 'X-RateLimit-Limit': '30' }, 13],
    [429, { 'X-RateLimit-Reset': '12.4', 'Retry-After': '20' }, 20],
    [429, { 'Retry-After': new Date(0).toUTCString() }, 0],
    // A point in time more than a day away, or gone.
    [429, { 'X-RateLimit-Reset': '9999999999' }, undefined],
    [429, { 'X-RateLimit-Reset': '1000000000' }, 0],
    [429, { 'Retry-After': '1000000000000' }, 0],
    [429, { 'RateLimit-Reset': '30' }, 30],
    [429, { 'X-Rate-Limit-Reset': '30' }, 30],
    [503, { 'RateLimit-Reset': '30' }, 30],
    [429, { RateLimit: '"default";r=0;t=12' }, 12],
    [429, { RateLimit: '"burst";r=5;t=90, "day";r=0;t=40;pk=:YQ==:' }, 40],
    [429, { RateLimit: 'limit=100, remaining=0, reset=7' }, 7],
    [429, { RateLimit: '"default";r=0' }, undefined],
    [429, { 'Retry-After': '3', RateLimit: '"default";r=0;t=12' }, 3],
    // Limits that are told by another status.
    [403, { 'Retry-After': '60' }, 60],
    [403, { 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': '45' }, 45],
    [403, { 'RateLimit-Remaining': '0', 'RateLimit-Reset': '45' }, 45],
    [403, { RateLimit: '"default";r=0;t=12' }, 12],
    [401, { 'Retry-After': '60' }, 60],
    [409, { 'Retry-After': '1' }, 1],
    [403, { 'X-Rate-Limit-Remaining': '0', 'X-Rate-Limit-Reset': '45' }, 45],
    [403, { 'X-RateLimit-Remaining': '0, 70', 'X-RateLimit-Reset': '45, 30' }, 45],
    [403, { 'X-RateLimit-Remaining': '-1', 'X-RateLimit-Reset': '45' }, 45],
    // Several values, of which the longest counts.
    [429, { 'Retry-After': '7, 9, soon' }, 9],
    [429, { RateLimit: 'limit = 100, remaining = 0, reset = 7' }, 7],
    // Dates of old, without a zone: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7.
    [429, { 'Retry-After': 'Sun Nov  6 08:49:37 1994' }, 0],
    [429, { 'Retry-After': 'Sunday, 06-Nov-94 08:49:37 GMT' }, 0],
    [429, { 'Retry-After': 'sometime, at 10:00:00' }, undefined],
    [429, { 'Retry-After': '1.5' }, 2],
    [429, { 'Retry-After': '99999999999999999999' }, undefined],
    [429, { 'Retry-After': 'soon' }, undefined],
    [429, { 'Retry-After': '-1' }, undefined],
    [429, {}, undefined],
    [500, { 'Retry-After': '7' }, undefined],
  ])('of %i with %j is %j seconds', async (status, headers, retryAfter) => {
    const upstream = await upstreamWith({ status, headers });
    expect(await senderTo(upstream)()).toMatchObject({ ...unavailable, retryAfter });
  });

  test.each<[number, Record<string, string>]>([
    [429, { 'Retry-After': inAMinute().toUTCString() }],
    [503, { 'Retry-After': inAMinute().toUTCString() }],
    [429, { 'X-RateLimit-Reset': `${Math.floor(inAMinute().getTime() / 1000)}` }],
    [403, { 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': `${Math.floor(inAMinute().getTime() / 1000)}` }],
    [429, { 'X-Rate-Limit-Reset': `${inAMinute().getTime()}` }],
    [429, { 'RateLimit-Reset': inAMinute().toISOString() }],
    [
      429,
      {
        'RateLimit-Reset': inAMinute()
          .toISOString()
          .replace(/T(.*)\..*/, ' $1'),
      },
    ],
    [429, { 'Retry-After': inAMinute().toUTCString().toLowerCase() }],
    [429, { 'Retry-After': inAMinute().toUTCString().replace('GMT', '+0000') }],
    [429, { 'Retry-After': asctime(inAMinute()) }],
  ])('of %i as a point in time: %j', async (status, headers) => {
    const upstream = await upstreamWith({ status, headers });
    const fault = await senderTo(upstream)();
    expect(fault).toMatchObject(unavailable);
    expect(Number(fault.retryAfter)).toBeGreaterThan(20);
    expect(Number(fault.retryAfter)).toBeLessThanOrEqual(60);
  });
});

test('a 403 that is no limit stays one, and an error mapping sees the headers', async () => {
  const left = await upstreamWith({
    status: 403,
    headers: { 'X-RateLimit-Remaining': '1', 'X-RateLimit-Reset': '45' },
  });
  expect(await senderTo(left)()).toMatchObject({ reason: 'restricted' });
  const coded = await upstreamWith({ status: 403, headers: { 'X-Error-Code': 'gone' } });
  const send = createUpstreams({ timeoutMs: 2000 }).sendFor({ baseUrl: coded.url });
  const errorMapping: ErrorMapping = (_status, _body, headers) =>
    headers['x-error-code'] === 'gone' ? 'missing' : undefined;
  const sent = send({ method: 'GET', url: coded.url, headers: {}, errorMapping });
  await expect(sent).rejects.toMatchObject({ reason: 'missing' });
});

describe('the timeout', () => {
  test('of a call holds for all its requests together', async () => {
    const upstream = await upstreamWith(GOOD, silent, GOOD);
    const send = createUpstreams({ timeoutMs: 120_000 }).sendFor({ baseUrl: upstream.url });
    const scope = { ...createScope(), deadline: performance.now() + 60_000 };
    const sendRequest = requestSender((request) => send(request, scope), upstream.url);
    expect(await sendRequest()).toEqual({ good: 'yes' });
    scope.deadline = performance.now() + 300.5;
    expect(await sendRequest()).toMatchObject(unavailable);
    expect(performance.now()).toBeGreaterThanOrEqual(scope.deadline);
    // Not sent: the deadline has passed.
    expect(await sendRequest()).toMatchObject(unavailable);
    expect(upstream.received).toHaveLength(2);
    expect(await requestSender(send, upstream.url)()).toEqual({ good: 'yes' });
  });

  test('of connecting holds where the server is silent', async () => {
    // Accepts connections and sends nothing.
    const server = createServer((socket) => void afterwards(async () => void socket.destroy())).listen(0, '127.0.0.1');
    afterwards(() => new Promise((resolve) => void server.close(() => resolve())));
    await once(server, 'listening');
    const port = portOf(server);
    const observations: UpstreamObservation[] = [];
    const sendRequest = senderTo(
      { url: `https://127.0.0.1:${port}` },
      { timeoutMs: 5000, connectMs: 200, observe: (observation) => void observations.push(observation) },
    );
    const begin = performance.now();
    expect(await sendRequest()).toMatchObject({
      ...unavailable,
      cause: { message: expect.stringContaining('Connect Timeout') },
    });
    expect(performance.now() - begin).toBeLessThan(4000);
    expect(observations).toHaveLength(2);
  });
});

describe('the breaker and the bulkhead of a base_url', () => {
  const OUTAGES = 20;
  const times = <T>(count: number, work: () => Promise<T>) => Promise.all(Array.from({ length: count }, work));

  test.each<[string, RequestListener | CannedReply]>([
    ['500', { status: 500 }],
    ['503', { status: 503 }],
    ['closed connections', closes],
    ['silence', silent],
  ])('opens after consecutive outages: %s', async (_what, trouble) => {
    const upstream = await upstreamWith(trouble);
    const states: unknown[] = [];
    const upstreams = createUpstreams({ timeoutMs: 200, onState: (...change) => void states.push(change) });
    const sendRequest = requestSender(upstreams.sendFor({ baseUrl: upstream.url }), upstream.url);
    await times(OUTAGES - 1, () => sendRequest('PUT'));
    expect(upstreams.states()).toEqual(new Map([[upstream.url, 'closed']]));
    await sendRequest('PUT');
    expect(upstreams.states()).toEqual(new Map([[upstream.url, 'open']]));
    expect(states).toEqual([[upstream.url, 'open']]);
    const sent = upstream.received.length;
    const begin = performance.now();
    for (const fault of await times(100, sendRequest)) {
      expect(fault).toMatchObject(unavailable);
      expect([1, 2, 3, 4, 5]).toContain(fault.retryAfter);
    }
    expect(performance.now() - begin).toBeLessThan(1000);
    expect(upstream.received).toHaveLength(sent);
  });

  test.each([400, 401, 403, 404, 409, 422, 429, 200, 302])('stays closed at %i', async (status) => {
    const upstream = await upstreamWith({ status, body: '[]' });
    const sendRequest = senderTo(upstream);
    await times(2 * OUTAGES, sendRequest);
    await sendRequest();
    expect(upstream.received).toHaveLength(2 * OUTAGES + 1);
  });

  test('stays closed where the provider maps a 500 to a reason', async () => {
    const upstream = await upstreamWith({ status: 500 });
    const send = createUpstreams({ timeoutMs: 2000 }).sendFor({ baseUrl: upstream.url });
    const sendRequest = () =>
      send({ method: 'POST', url: upstream.url, headers: {}, errorMapping: () => 'conflict' }).catch(toFault);
    for (const fault of await times(2 * OUTAGES, sendRequest)) expect(fault).toMatchObject({ reason: 'conflict' });
  });

  test('stays closed where a success comes in between', async () => {
    const upstream = await upstreamWith(...Array(OUTAGES - 1).fill({ status: 500 }), GOOD, { status: 500 });
    const sendRequest = senderTo(upstream);
    for (let count = 0; count < 2 * OUTAGES - 1; count += 1) await sendRequest('PUT');
    expect(upstream.received).toHaveLength(2 * OUTAGES - 1);
  });

  test('sends one probe after a while, rejects other requests meanwhile, and closes when it succeeds', async () => {
    let reply = (): void => {};
    const arrived = createLatch();
    const waiting: RequestListener = (request, response) => {
      reply = () => answering(GOOD)(request, response);
      arrived.open();
    };
    const failures = Array(OUTAGES).fill({ status: 500 });
    const upstream = await upstreamWith(...failures, { status: 500 }, waiting, GOOD);
    const states: string[] = [];
    const options = {
      timeoutMs: 2000,
      tryAfterMs: 100,
      onState: (_url: string, state: string) => void states.push(state),
    };
    const sendRequest = senderTo(upstream, options);
    const untilSent = async () => {
      const sent = upstream.received.length;
      for (;;) {
        const answer = sendRequest();
        await Promise.race([answer, arrived.opened]);
        if (upstream.received.length > sent) return answer;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    await times(OUTAGES, () => sendRequest('PUT'));
    expect(await untilSent()).toMatchObject(unavailable);
    expect(states).toEqual(['open', 'half-open', 'open']);
    const probe = untilSent();
    await arrived.opened;
    expect(states).toEqual(['open', 'half-open', 'open', 'half-open']);
    expect(await sendRequest()).toMatchObject({ ...unavailable, retryAfter: 1 });
    reply();
    expect(await probe).toEqual({ good: 'yes' });
    expect(await times(5, sendRequest)).toEqual(Array(5).fill({ good: 'yes' }));
    expect(states).toEqual(['open', 'half-open', 'open', 'half-open', 'closed']);
  });

  test.each([
    ['back', -3_600_000],
    ['forward', 3_600_000],
  ])('open, it sends a probe after a while by a clock that nobody sets: the other is set %s', async (_way, jump) => {
    const [late, early] = await Promise.all(
      [60_000, 100].map(async (tryAfterMs) => {
        const sendRequest = senderTo(await upstreamWith(...Array(OUTAGES).fill({ status: 500 }), GOOD), { tryAfterMs });
        await times(OUTAGES, () => sendRequest('PUT'));
        return sendRequest;
      }),
    );
    if (!late || !early) throw new Error('a sender is missing');
    const real = Date.now;
    const set = jest.spyOn(Date, 'now').mockImplementation(() => real() + jump);
    afterwards(async () => set.mockRestore());
    const { reason, retryAfter } = await late();
    expect(reason).toBe('unavailable');
    expect(retryAfter).toBeLessThanOrEqual(60);
    await until(async () => 'good' in (await early()));
  });

  test('is shared by one base_url, and by no other on the same host', async () => {
    const upstream = await upstreamWith((request, response) => {
      answering(request.url?.startsWith('/bad') ? { status: 500 } : GOOD)(request, response);
    });
    const { sendFor } = createUpstreams({ timeoutMs: 2000 });
    const [bad, alsoBad, good] = ['/bad', '/bad', '/good'].map((path) => {
      const url = upstream.url + path;
      return requestSender(sendFor({ baseUrl: url }), url);
    });
    if (!bad || !alsoBad || !good) throw new Error('a sender is missing');
    await times(OUTAGES, () => bad('PUT'));
    const sent = upstream.received.length;
    expect(await alsoBad('PUT')).toMatchObject({ ...unavailable, retryAfter: 5 });
    expect(upstream.received).toHaveLength(sent);
    expect(await good()).toEqual({ good: 'yes' });
  });

  test('open, it lets those pass who were served before, until one of them has an outage', async () => {
    let isDown = false;
    const upstream = await upstreamWith((request, response) => {
      if (request.headers['x-token'] === 'bad') request.socket.destroy();
      else answering(isDown ? { status: 500 } : GOOD)(request, response);
    });
    const upstreams = createUpstreams({ timeoutMs: 2000, tryAfterMs: 60_000 });
    const send = upstreams.sendFor({ baseUrl: upstream.url });
    const sendRequest = (credential: string, token = credential) => {
      const scope = { ...createScope(), secrets: [credential] };
      return requestSender(
        (request) => send({ ...request, headers: { 'X-Token': token } }, scope),
        upstream.url,
      )('PUT');
    };
    const state = () => upstreams.states().get(upstream.url);
    const open = async () => {
      await times(OUTAGES, () => sendRequest('stranger', 'bad'));
      expect(state()).toBe('open');
    };
    const known = ['first', 'second', 'third'];
    for (const credential of known) expect(await sendRequest(credential)).toEqual({ good: 'yes' });

    await open();
    expect(await sendRequest('never served')).toMatchObject({ ...unavailable, retryAfter: 60 });
    expect(await sendRequest('first')).toEqual({ good: 'yes' });
    expect(state()).toBe('open');
    expect(await Promise.all(known.map((credential) => sendRequest(credential)))).toEqual(
      Array(3).fill({ good: 'yes' }),
    );
    // Where they are served, the next of anyone is a probe at once.
    expect(await sendRequest('never served')).toEqual({ good: 'yes' });
    expect(state()).toBe('closed');

    await open();
    isDown = true;
    const sent = upstream.received.length;
    for (const credential of known) await times(3, () => sendRequest(credential));
    // One of each.
    expect(upstream.received).toHaveLength(sent + known.length);
    expect(state()).toBe('open');
  });

  test('sends up to its slots, queues three times as many, and rejects the rest at once', async () => {
    const all = createLatch();
    const held: (() => void)[] = [];
    const upstream = await upstreamWith((request, response) => {
      held.push(() => answering(GOOD)(request, response));
      if (held.length === 4) all.open();
    });
    const sendRequest = senderTo(upstream, { timeoutMs: 10_000, concurrentCalls: 32 });
    const replies = times(20, sendRequest);
    await all.opened;
    expect(upstream.received).toHaveLength(4);
    expect(await sendRequest()).toMatchObject({
      ...unavailable,
      cause: { message: expect.stringContaining('Bulkhead') },
    });
    const free = setInterval(() => held.pop()?.(), 5);
    const answers = await replies;
    clearInterval(free);
    expect(answers.filter((answer) => answer.good === 'yes')).toHaveLength(16);
    expect(answers.filter((answer) => answer.reason === 'unavailable')).toHaveLength(4);
  });

  test('keeps no request in the queue beyond its timeout', async () => {
    const upstream = await upstreamWith(silent);
    const sendRequest = senderTo(upstream, { timeoutMs: 300, concurrentCalls: 32 });
    for (const wave of [1, 2]) {
      const faults = await times(16, () => sendRequest('PUT'));
      expect([wave, faults.map(({ reason }) => reason)]).toEqual([wave, Array(16).fill('unavailable')]);
    }
  });

  test('keeps the scope of a queued request', async () => {
    const upstream = await upstreamWith(GOOD);
    const scopes = [1, 2, 3, 4].map(createScope);
    const observed: Scope[] = [];
    const { sendFor } = createUpstreams({
      timeoutMs: 2000,
      concurrentCalls: 8,
      observe: (_observation, scope) => void observed.push(scope),
    });
    const send = sendFor({ baseUrl: upstream.url });
    await Promise.all(scopes.map((scope) => send({ method: 'GET', url: upstream.url, headers: {} }, scope)));
    expect(observed.map((scope) => scopes.indexOf(scope))).toEqual([0, 1, 2, 3]);
    expect(scopes.map(({ outcomes }) => outcomes)).toEqual([[200], [200], [200], [200]]);
  });

  test('passes on the wait that the API asked for', async () => {
    const upstream = await upstreamWith({ status: 503, headers: { 'Retry-After': '120' } });
    const sendRequest = senderTo(upstream);
    await times(OUTAGES, () => sendRequest('PUT'));
    expect(Number((await sendRequest()).retryAfter)).toBeGreaterThan(60);
    expect(upstream.received).toHaveLength(OUTAGES);
  });

  test('counts the time in the queue', async () => {
    const upstream = await upstreamWith(silent);
    const sendRequest = senderTo(upstream, { timeoutMs: 300, concurrentCalls: 8 });
    const begin = performance.now();
    for (const fault of await times(2, () => sendRequest('PUT'))) expect(fault).toMatchObject(unavailable);
    expect(performance.now() - begin).toBeLessThan(1500);
    expect(upstream.received).toHaveLength(1);
  });
});

test.each([
  ['Bearer sk_of-the_vault', 'No such key: sk_of-the_vault'],
  ['Bearer sk_of-the_vault', `Got ${Buffer.from('Bearer sk_of-the_vault').toString()}`],
  ['Bearer sk_of-the_vault', `Got ${Buffer.from('sk_of-the_vault').toString('base64')}`],
  [`Basic ${Buffer.from('sk_of-the_vault:').toString('base64')}`, 'No such key: sk_of-the_vault'],
  [
    `Basic ${Buffer.from('sk_of-the_vault:').toString('base64')}`,
    `Got ${Buffer.from('sk_of-the_vault:').toString('base64')}`,
  ],
])('%s is never part of a message', async (authorization, message) => {
  const upstream = await upstreamWith(
    { status: 400, body: { message } },
    { status: 400, body: { message: 'Bad name' } },
  );
  const send = createUpstreams({ timeoutMs: 2000 }).sendFor({ baseUrl: upstream.url });
  const sendRequest = () =>
    send({ method: 'PUT', url: upstream.url, headers: { Authorization: authorization } }).then(
      () => undefined,
      toFault,
    );
  expect(await sendRequest()).toMatchObject({ reason: 'invalid', upstreamMessage: undefined });
  expect(await sendRequest()).toMatchObject({ reason: 'invalid', upstreamMessage: 'Bad name' });
});

describe('the secrets of a call', () => {
  const credential = 'key-of/the+vault 1';
  const words: readonly string[] = [
    credential,
    credential.toUpperCase(),
    encodeURIComponent(credential),
    new URLSearchParams({ credential }).toString().slice('credential='.length),
    Buffer.from(credential).toString('hex'),
    Buffer.from(`user:${credential}:`).toString('base64'),
    Buffer.from(`x${credential}`).toString('base64url'),
    JSON.stringify({ credential }).replaceAll('/', '\\/'),
    `${'x'.repeat(490)}${credential}`,
    `${'x'.repeat(190)}${credential}`,
  ];
  const parts = [credential, encodeURIComponent(credential), 'key-of', 'a2V5LW9m', '6b65792d6f66'];

  test.each(words)('are in no message and in no cause, whatever carried them: %s', async (said) => {
    const upstream = await upstreamWith({ status: 422, body: { errors: [`Bad: ${said}`] } });
    const scope = { ...createScope(), secrets: [credential] };
    const send = createUpstreams({ timeoutMs: 2000 }).sendFor({ baseUrl: upstream.url });
    const headers = { 'X-Api-Key': credential };
    for (const method of ['GET', 'PUT'] as const) {
      const fault = await send({ method, url: upstream.url, headers }, scope).then(() => undefined, toFault);
      expect(fault).toMatchObject({ reason: method === 'GET' ? 'unavailable' : 'invalid', upstreamMessage: undefined });
      const told = `${fault?.message} ${fault?.upstreamMessage} ${fault?.cause}`.toLowerCase();
      for (const part of parts) expect(told).not.toContain(part.toLowerCase());
    }
  });

  test('are hidden from an error mapping too, which may pass on what it reads', async () => {
    const upstream = await upstreamWith({ status: 422, body: { code: [{ text: `no ${credential}` }], n: 1 } });
    const scope = { ...createScope(), secrets: [credential] };
    const send = createUpstreams({ timeoutMs: 2000 }).sendFor({ baseUrl: upstream.url });
    const bodies: unknown[] = [];
    const errorMapping: ErrorMapping = (_status, body) => void bodies.push(body);
    await send({ method: 'PUT', url: upstream.url, headers: {}, errorMapping }, scope).catch(() => {});
    expect(bodies).toEqual([{ code: [{ text: 'no ***' }], n: 1 }]);
  });
});

test.each([
  [{ body: { detail: 'Invalid\ntoken' }, status: 401 }, 'reply 401: Invalid token'],
  [{ body: { message: 'x'.repeat(300) }, status: 400 }, `reply 400: ${'x'.repeat(200)}`],
  [{ body: 'no healthy upstream', status: 503 }, 'reply 503: no healthy upstream'],
  [{ body: '<html>down</html>', status: 404 }, 'reply 404'],
])('what the API says of a read that it refuses is in the cause: %j', async (reply, message) => {
  expect(await senderTo(await upstreamWith(reply))()).toMatchObject({ cause: { message } });
});

test('every request is observed, with its outcome and without its credential', async () => {
  const upstream = await upstreamWith({ status: 503 }, GOOD, closes);
  const observations: UpstreamObservation[] = [];
  const { sendFor } = createUpstreams({
    timeoutMs: 2000,
    observe: (observation) => void observations.push(observation),
  });
  const sendRequest = requestSender(
    sendFor({ baseUrl: upstream.url, name: 'Importer', provider: 'golem' }),
    upstream.url,
  );
  await sendRequest();
  await sendRequest('POST');
  const common = { application: 'Importer', provider: 'golem', seconds: expect.any(Number) };
  expect(observations).toEqual([
    { ...common, method: 'GET', outcome: 503 },
    { ...common, method: 'GET', outcome: 200 },
    { ...common, method: 'POST', outcome: 'UND_ERR_SOCKET' },
  ]);
});
