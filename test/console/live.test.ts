import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { expect, test } from '@jest/globals';
import { createCalls, MAX_CALLS } from '../../src/console/calls.js';
import { createInspector } from '../../src/console/inspector.js';
import { createTallies } from '../../src/console/tallies.js';
import type { Exchange } from '../../src/core/exchange.js';
import { afterwards } from '../support/cleanup.js';
import { startBridge } from '../support/servers/bridge.js';
import { API_KEY, AUTH_TOKEN, ask, startConsole } from '../support/servers/console.js';
import { bestOf } from '../support/time.js';

/** The stream at this address, and what becomes of its text. */
async function openStream(url: string, headers: Record<string, string> = {}) {
  const request = get(url, { headers, agent: false });
  const [response]: [IncomingMessage] = await new Promise((resolve, reject) => {
    request.on('response', (...arrived) => resolve(arrived)).on('error', reject);
  });
  afterwards(async () => void request.destroy());
  let text = '';
  response.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  return {
    response,
    /** Resolves with all that came, once this is in it. */
    until: async (part: string): Promise<string> => {
      while (!text.includes(part)) await once(response, 'data', { signal: AbortSignal.timeout(10_000) });
      return text;
    },
  };
}

const eventsIn = (text: string) => text.split('\n').filter((line) => line.startsWith('event:call')).length;

test('a row arrives within a second of its call, without secrets', async () => {
  const { admin, call } = await startConsole();
  const { response, until } = await openStream(`${admin}/console/calls/events`);
  expect(response.headers['content-type']).toBe('text/event-stream');
  expect(response.headers['content-security-policy']).toMatch(/^default-src 'none'/);
  let calls = 0;
  const arrives = async () => {
    calls += 1;
    await call({ auth_token: 'canary-of-a-token' }, { 'User-Agent': `canary-of-a-token <b> call-${calls}-` });
    await until(`call-${calls}-`);
  };
  expect(await bestOf(1000, arrives)).toBeLessThan(1000);
  const text = await until('get_account_info');
  expect(text).toContain('not_logged_in');
  expect(text).toContain('&lt;b&gt;');
  for (const secret of ['canary', API_KEY, AUTH_TOKEN]) expect(text).not.toContain(secret);
});

test('a reader who comes back gets what it missed, and only what its filter lets through', async () => {
  const { admin, call } = await startConsole();
  await call({}, { 'User-Agent': 'First' });
  const first = /after=(\d+)/.exec((await ask(`${admin}/console/calls`)).body)?.[1] ?? '';
  await call({}, { 'User-Agent': 'Second' });
  await call({ auth_token: 'sk_unknown' }, { 'User-Agent': 'Third' });
  const all = await openStream(`${admin}/console/calls/events?after=${first}`);
  const text = await all.until('Third');
  expect([eventsIn(text), text.includes('First'), text.includes('Second')]).toEqual([2, false, true]);
  const back = await openStream(`${admin}/console/calls/events?after=0`, { 'Last-Event-ID': first });
  expect(eventsIn(await back.until('Third'))).toBe(2);
  const failures = await (await openStream(`${admin}/console/calls/events?failures=on&after=0`)).until('Third');
  expect([eventsIn(failures), failures.includes('Second')]).toEqual([1, false]);
});

test('streams are bounded, and a closed one makes room', async () => {
  const { admin } = await startConsole();
  const streams = await Promise.all(Array.from({ length: 32 }, () => openStream(`${admin}/console/calls/events`)));
  expect(streams.map(({ response }) => response.statusCode)).toEqual(streams.map(() => 200));
  expect((await ask(`${admin}/console/calls/events`)).status).toBe(429);
  streams[0]?.response.destroy();
  const deadline = performance.now() + 10_000;
  let status = 429;
  while (status === 429 && performance.now() < deadline) {
    const { response } = await openStream(`${admin}/console/calls/events`);
    status = response.statusCode ?? 0;
  }
  expect(status).toBe(200);
});

test('an open stream does not hold up the end', async () => {
  const bridge = await startBridge({
    admin: { port: 0 },
    applications: [{ api_key: 'key', provider: 'previsto', base_url: 'http://127.0.0.1:1' }],
  });
  const { response } = await openStream(`${bridge.adminUrl}/console/calls/events`);
  response.on('error', () => {});
  const begin = performance.now();
  await bridge.stop();
  expect(performance.now() - begin).toBeLessThan(2000);
  await bridge.close();
});

const exchange: Exchange = {
  id: 'id',
  protocol: 'rest',
  address: '127.0.0.1',
  userAgent: 'x'.repeat(10_000),
  startedAt: 0,
  ms: 5,
  request: { method: 'GET', target: '/', headers: [], body: Buffer.alloc(0), contentType: '' },
  seen: undefined,
  call: undefined,
  application: undefined,
  upstream: [],
  answer: { action: 'get_account_info', status: 'get_account_info_ok', result: {} },
  cause: undefined,
  reply: { status: 200, headers: {}, body: `<response>${'y'.repeat(50_000)}</response>` },
  secrets: [],
};

test('what is kept is bounded: in number, in size, and in a second', () => {
  const calls = createCalls();
  const watch = createInspector(calls);
  for (let n = 0; n < MAX_CALLS + 200; n++) watch(exchange);
  watch({ ...exchange, cause: 'why' });
  const kept = calls.latest();
  expect(kept.length).toBe(MAX_CALLS);
  // One without success has a budget of its own.
  expect(kept[0]?.summary.cause).toBe('why');
  for (const { summary, detail } of kept) {
    expect(summary.userAgent.length).toBeLessThan(400);
    expect(detail.length).toBeLessThan(40_000);
  }
});

test('large calls leave fewer of them', () => {
  const calls = createCalls();
  const summary = {
    ...{ startedAt: 0, ms: 1, application: undefined, protocol: 'rest', address: '', userAgent: '' },
    ...{ action: undefined, status: '', httpStatus: 200, cause: undefined },
  };
  for (let n = 0; n < 300; n++) calls.keep({ summary, detail: 'x'.repeat(2 ** 17) });
  expect(calls.latest().length).toBe(256);
});

test('calls are counted for an hour', () => {
  let now = 1_000_000_000_000;
  const { count, recent } = createTallies(() => now);
  const one = { calls: 1, failures: 0, unkept: 0, ms: 10, maxMs: 10 };
  count(one);
  count({ ...one, failures: 1, maxMs: 30 });
  expect(recent()).toEqual([{ startedAt: now, calls: 2, failures: 1, unkept: 0, ms: 20, maxMs: 30 }]);
  now += 3_600_000;
  expect(recent().length).toBe(1);
  now += 1;
  count(one);
  expect(recent().map(({ startedAt }) => startedAt)).toEqual([now - 1]);
});
