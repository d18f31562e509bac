import { once } from 'node:events';
import { createConnection } from 'node:net';
import { expect, test } from '@jest/globals';
import { listen } from '../../src/http/listener.js';

const anyPort = { host: '127.0.0.1', port: 0 };

test('gives the URL at which it listens', async () => {
  const server = await listen((_request, response) => response.end('here'), anyPort);
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(await (await fetch(server.url)).text()).toBe('here');
  await server.close();
});

test('puts an IPv6 address in brackets', async () => {
  const server = await listen((_request, response) => response.end('here'), { host: '::1', port: 0 }).catch(() => null);
  if (server === null) return console.warn('skipped: this machine has no IPv6');
  expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
  await server.close();
});

test('reports a port in use, and what to do', async () => {
  const first = await listen(() => {}, anyPort);
  const port = Number(new URL(first.url).port);
  await expect(listen(() => {}, { ...anyPort, port })).rejects.toThrow(
    `cannot listen on 127.0.0.1:${port} (the port is in use); choose another host or port`,
  );
  await first.close();
});

test('closes open connections, and may be closed twice', async () => {
  const server = await listen(() => {}, anyPort);
  const socket = createConnection(Number(new URL(server.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => {});
  const ended = once(socket, 'close');
  await server.close();
  await ended;
  await server.close();
  await expect(fetch(server.url)).rejects.toThrow();
});
