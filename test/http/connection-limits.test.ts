import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createConnection, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import type { ClosedConnections } from '../../src/http/connection-limits.js';
import { type Listener, type ListenOptions, listen } from '../../src/http/listener.js';
import { afterwards } from '../support/cleanup.js';
import { until } from '../support/until.js';

const anyPort = { host: '127.0.0.1', port: 0 };
const MEBIBYTE = 2 ** 20;
const LONG = Buffer.alloc(16 * MEBIBYTE, 'x');
const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

/** Answers `/` with a long reply; any other path when the test says so. */
async function start(options: ListenOptions = {}) {
  const waiting: ServerResponse[] = [];
  const closed: ClosedConnections[] = [];
  const listener = await listen(
    (request, response) => void (request.url === '/' ? response.end(LONG) : waiting.push(response)),
    anyPort,
    { checkMs: 10, onClosed: (each) => closed.push(each), ...options },
  );
  afterwards(listener.close);
  return { ...listener, waiting, closed };
}

async function connect({ url }: Listener, localAddress = '127.0.0.1'): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = createConnection({ host: hostname, port: Number(port), localAddress });
  afterwards(async () => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Waits until the connection is closed, be it by a reset. */
function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.resume().once('close', () => resolve()));
}

async function readAll(socket: Socket): Promise<number> {
  let length = 0;
  socket.on('data', (bytes) => {
    length += bytes.length;
  });
  await closeOf(socket);
  return length;
}

test('a reply that is being sent when the server closes is sent to its last byte', async () => {
  const server = await start();
  const socket = await connect(server);
  socket.pause().write(GET);
  // The first bytes have arrived: the reply has been written, and cannot have been sent.
  await once(socket, 'readable');
  const closing = server.close(20_000);
  expect(await readAll(socket)).toBeGreaterThan(LONG.length);
  await closing;
});

test('a reply of which nothing is read ends after the limit, and one that is read slowly does not', async () => {
  const server = await start({ sendMs: 1000 });
  const [silent, slow] = [await connect(server), await connect(server)];
  for (const socket of [silent, slow]) socket.pause().write(GET);
  let length = 0;
  slow.on('data', (bytes) => {
    const isPause = Math.floor(length / MEBIBYTE) < Math.floor((length + bytes.length) / MEBIBYTE);
    length += bytes.length;
    if (isPause) setTimeout(() => slow.resume(), 120).unref();
    if (isPause) slow.pause();
  });
  slow.resume();
  await until(() => length > LONG.length);
  await until(() => server.closed.length > 0);
  expect(server.closed).toEqual([{ why: 'the reply is not being read', connections: 1, address: '127.0.0.1' }]);
  expect(slow.destroyed).toBe(false);
});

test('each further reply that is read slowly adds nothing to its connection', async () => {
  const accepted: Socket[] = [];
  const server = await start({ attach: (it) => it.on('connection', (each) => accepted.push(each)), sendMs: 20_000 });
  const socket = await connect(server);
  let length = 0;
  socket.on('data', (bytes) => {
    length += bytes.length;
  });
  const counts: (number | undefined)[] = [];
  for (let replies = 1; replies <= 3; replies += 1) {
    socket.pause().write(GET);
    await until(() => accepted[0]?.timeout === 20_000);
    counts.push(accepted[0]?.listenerCount('timeout'));
    socket.resume();
    await until(() => length > replies * LONG.length && accepted[0]?.timeout !== 20_000);
  }
  expect(new Set(counts).size).toBe(1);
});

test('a connection on which only blank lines arrive ends after the limit', async () => {
  const server = await start({ idleMs: 100 });
  const socket = await connect(server);
  const lines = setInterval(() => socket.write('\r\n'), 5);
  await closeOf(socket);
  clearInterval(lines);
});

test('a connection of a proxy outlasts that of a caller, and the minute for which proxies keep it', async () => {
  let timeouts: () => (number | undefined)[] = () => [];
  const attach: ListenOptions['attach'] = (_server, connections) => {
    timeouts = () => [...connections.values()].map(({ socket }) => socket.timeout);
  };
  const server = await start({ idleMs: 100, attach });
  const [proxy, caller] = [await connect(server), await connect(server)];
  const ask = (socket: Socket, more = '') => socket.write(`GET /wait HTTP/1.1\r\nHost: x\r\n${more}\r\n`);
  ask(caller);
  ask(proxy, 'X-Forwarded-For: 192.0.2.1\r\n');
  await until(() => server.waiting.length === 2);
  for (const response of server.waiting) response.end('done');
  await closeOf(caller);
  await until(() => timeouts().length < 2);
  expect(timeouts()).toEqual([75_000]);
  ask(proxy);
  await until(() => server.waiting.length === 3);
});

test('of too many connections, the one that has been idle for longest makes room', async () => {
  const server = await start({ maxConnections: 3 });
  const busy = await connect(server);
  busy.write('GET /wait HTTP/1.1\r\nHost: x\r\n\r\n');
  await until(() => server.waiting.length === 1);
  const [first, second] = [await connect(server), await connect(server)];
  const ended = closeOf(first);
  const third = await connect(server);
  await ended;
  third.write('GET /wait HTTP/1.1\r\nHost: x\r\n\r\n');
  await until(() => server.waiting.length === 2);
  expect([busy, first, second, third].map(({ destroyed }) => destroyed)).toEqual([false, true, false, false]);
  await until(() => server.closed.length > 0);
  expect(server.closed).toEqual([{ why: 'too many connections', connections: 1, address: '127.0.0.1' }]);
});

test('a new connection is closed where none is idle', async () => {
  const server = await start({ maxConnections: 1 });
  const busy = await connect(server);
  busy.write('GET /wait HTTP/1.1\r\nHost: x\r\n\r\n');
  await until(() => server.waiting.length === 1);
  const other = await connect(server);
  await closeOf(other);
  server.waiting[0]?.end('done');
  const [reply] = await once(busy, 'data');
  expect(`${reply}`).toMatch(/done/);
});

test('of too many connections of one address, one of its own makes room', async () => {
  const server = await start({ maxConnectionsPerAddress: 2 });
  const other = await connect(server, '127.0.0.2');
  const [first, second] = [await connect(server), await connect(server)];
  const ended = closeOf(first);
  await connect(server);
  await ended;
  expect([other, second].map(({ destroyed }) => destroyed)).toEqual([false, false]);
  await until(() => server.closed.length > 0);
  expect(server.closed).toEqual([{ why: 'too many connections of one address', connections: 1, address: '127.0.0.1' }]);
});
