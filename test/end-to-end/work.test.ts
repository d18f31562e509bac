import { AsyncLocalStorage } from 'node:async_hooks';
import * as crypto from 'node:crypto';
import { once } from 'node:events';
import { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { SaxesParser } from 'saxes';
import { afterwards } from '../support/cleanup.js';
import { call, type Format, formats } from '../support/clients/legacy.js';
import { startUpstream, type Upstream } from '../support/servers/upstream.js';

/** The texts that were hashed at once. */
const hashed: unknown[] = [];
const hash = (...parameters: Parameters<typeof crypto.hash>) => {
  hashed.push(parameters[1]);
  return crypto.hash(...parameters);
};
jest.unstable_mockModule('node:crypto', () => ({ ...crypto, hash }));
const { startBridge } = await import('../support/servers/bridge.js');

/** What calls may cost in work, so that a layer that is added to their way shows, whatever the machine's speed. */
const CALLS = 20;

let upstream: Upstream;
let bridge: string;
let lines: string[];
let onLine: () => void;

beforeEach(async () => {
  upstream = await startUpstream((_request, response) =>
    response.end(JSON.stringify({ email: 'a@auth.local', contact_email: 'a@example.com', total: 5, usage: 1 })),
  );
  afterwards(upstream.close);
  lines = [];
  onLine = () => {};
  const log = pino(
    {},
    {
      write: (line: string) => {
        lines.push(line);
        onLine();
      },
    },
  );
  const application = { provider: 'seatable', base_url: upstream.url };
  const applications = [
    { ...application, api_key: 'plain' },
    { ...application, api_key: 'kept', cache_seconds: 60 },
  ];
  const started = await startBridge({ applications }, { log });
  afterwards(started.close);
  bridge = started.url;
  for (const format of formats) await read(format);
  upstream.received.length = 0;
  lines.length = 0;
});

const read = (format: Format, apiKey = 'plain') =>
  call(bridge, format, 'get_account_info', { api_key: apiKey, auth_token: 'token' });

/** Counts the calls of a method of a class of somebody else's, until the test is over. */
function counting(prototype: object, method: string, onCall: () => void = () => {}): () => number {
  const original = Object.getOwnPropertyDescriptor(prototype, method);
  if (typeof original?.value !== 'function') throw new Error(`no method ${method}`);
  const { value } = original;
  let count = 0;
  Object.defineProperty(prototype, method, {
    ...original,
    value(...parameters: unknown[]) {
      count += 1;
      onCall();
      return value.apply(this, parameters);
    },
  });
  restore.push(() => Object.defineProperty(prototype, method, original));
  return () => count;
}

const restore: (() => void)[] = [];
afterEach(() => {
  for (const each of restore.splice(0)) each();
});

describe.each(formats)('a %s call of a known account', (format) => {
  test('is one request to the modern API and one line of the log', async () => {
    for (let n = 0; n < CALLS; n += 1) await read(format);
    expect(upstream.received).toHaveLength(CALLS);
    expect(lines).toHaveLength(CALLS);
  });

  test('parses XML once, where it is XML', async () => {
    const parses = counting(SaxesParser.prototype, 'close');
    for (let n = 0; n < CALLS; n += 1) await read(format);
    expect(parses()).toBe(format === 'rest' ? 0 : CALLS);
  });

  test('needs no asynchronous context', async () => {
    const contexts = ['run', 'enterWith'].map((method) => counting(AsyncLocalStorage.prototype, method));
    for (let n = 0; n < CALLS; n += 1) await read(format);
    expect(contexts.map((count) => count())).toEqual([0, 0]);
  });

  test('hashes the api_key alone', async () => {
    const hashes = counting(Object.getPrototypeOf(crypto.createHash('sha256')), 'update');
    hashed.length = 0;
    for (let n = 0; n < CALLS; n += 1) await read(format);
    expect(hashed).toEqual(Array.from({ length: CALLS }, () => 'plain'));
    expect(hashes()).toBe(0);
  });

  test('that is kept asks nobody', async () => {
    await read(format, 'kept');
    upstream.received.length = 0;
    for (let n = 0; n < CALLS; n += 1) await read(format, 'kept');
    expect(upstream.received).toEqual([]);
  });
});

test('requests that arrive together are all performed before a reply is written', async () => {
  const events: string[] = [];
  const { port } = new URL(bridge);
  const request = 'GET /api/1.0/rest?action=none HTTP/1.1\r\nHost: box\r\n\r\n';
  const sockets = await Promise.all(
    [1, 2, 3].map(async () => {
      const socket = connect(Number(port), '127.0.0.1');
      afterwards(async () => void socket.destroy());
      socket.write(request);
      await once(socket, 'data');
      return socket;
    }),
  );
  counting(ServerResponse.prototype, 'writeHead', () => void events.push('written'));
  const replies = sockets.map((socket) => once(socket, 'data'));
  onLine = () => void events.push('performed');
  for (const socket of sockets) socket.write(request);
  await Promise.all(replies);
  expect(events).toEqual([...Array(3).fill('performed'), ...Array(3).fill('written')]);
});
