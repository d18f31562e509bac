import type { RequestListener } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { Listener } from '../../src/http/listener.js';
import { createMetrics } from '../../src/observability/metrics.js';
import { createShadowObserver } from '../../src/observability/shadow-observer.js';
import { golemAccounts } from '../../src/sandbox/golem.js';
import { sandboxPaths, startSandbox } from '../../src/sandbox/sandbox.js';
import { afterwards } from '../support/cleanup.js';
import { callBridge, formats } from '../support/clients/legacy.js';
import { startBridge } from '../support/servers/bridge.js';
import { startUpstream } from '../support/servers/upstream.js';

/** The reads of an application go to a second modern API too, of which no caller hears. */

let sandbox: Listener;

beforeAll(async () => {
  sandbox = await startSandbox({ host: '127.0.0.1', port: 0 });
});
afterAll(() => sandbox.close());

const old = { api_key: 'key', name: 'old', provider: 'golem' };

const golem = () => sandbox.url + sandboxPaths.golem;

/** The sandbox, with another text in its replies. */
function altered(text: string, other: string): RequestListener {
  return async ({ method = '', url = '', headers: { authorization = '' } }, response) => {
    const reply = await fetch(golem() + url, { method, headers: { authorization } });
    response.writeHead(reply.status, { 'Content-Type': 'application/json' });
    response.end((await reply.text()).replaceAll(text, other));
  };
}

/** A bridge with a shadow, which is there already or is given by a handler. */
async function start(shadowed: RequestListener | string, application: object = {}) {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const shadow = typeof shadowed === 'string' ? undefined : await startUpstream(shadowed);
  if (shadow) afterwards(shadow.close);
  const url = typeof shadowed === 'string' ? shadowed : (shadow?.url ?? '');
  const bridge = await startBridge(
    { applications: [{ ...old, base_url: golem(), shadow: { provider: 'golem', base_url: url }, ...application }] },
    { log },
  );
  afterwards(bridge.close);
  return { bridge, shadow, lines };
}

const token = golemAccounts.developer.token;
const call = (bridge: string, action: string, format: (typeof formats)[number] = 'rest') =>
  callBridge(bridge, format, action, [
    ['api_key', 'key'],
    ['auth_token', token],
  ]);

/** The metrics of shadows, once they have this. */
async function metricsWith(bridge: string, pattern: RegExp): Promise<string> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const text = await (await fetch(`${bridge}/metrics`)).text();
    const shown = text.split('\n').filter((line) => line.startsWith('boxbridge_shadow'));
    if (pattern.test(shown.join('\n'))) return shown.sort().join('\n');
    if (performance.now() > deadline) throw new Error(`no ${pattern} in ${shown.join('\n')}`);
  }
}

describe.each(['get_account_info', 'get_account_details', 'find_accounts', 'get_account_plan'])('%s', (action) => {
  test('of a shadow that is alike is equal', async () => {
    const { bridge } = await start(golem());
    expect((await call(bridge.url, action)).status).toBe(`${action}_ok`);
    expect(await metricsWith(bridge.url, /outcome="equal"/)).toBe(
      'boxbridge_shadow_reads_total{application="old",outcome="equal"} 1',
    );
  });
});

test.each([
  ['get_account_info', 'dan@example.com', ['login', 'email']],
  ['get_account_details', 'Dan Developer', ['name']],
  ['find_accounts', 'Dan Developer', ['name']],
  ['find_accounts', '22222222-0000-4000-8000-00000000000b', ['accounts']],
  ['get_account_plan', '500000000', ['storage_limit']],
])('of %s, what differs is told by its elements, and the caller gets the first one', async (action, text, elements) => {
  const { bridge, lines } = await start(altered(text, '12345678'));
  const { result } = await call(bridge.url, action);
  expect(JSON.stringify(result)).not.toContain('12345678');
  const counted = elements.map(
    (element) => `boxbridge_shadow_differences_total{application="old",element="${element}"} 1`,
  );
  expect(await metricsWith(bridge.url, /outcome="different"/)).toBe(
    [...counted.sort(), 'boxbridge_shadow_reads_total{application="old",outcome="different"} 1'].join('\n'),
  );
  const told = lines.filter((line) => line.includes('a shadow differs'));
  expect(told.map((line) => JSON.parse(line).element)).toEqual(elements);
  expect(told.join()).not.toMatch(/12345678|dan@|Dan D/);
});

test('a shadow that never answers slows and fails no call, and gets no more than a few reads', async () => {
  const { bridge, shadow } = await start(() => {});
  // The calls would wait for ten seconds each, with the shadow.
  for (let index = 0; index < 40; index += 1)
    expect((await call(bridge.url, 'get_account_info', formats[index % 3])).status).toBe('get_account_info_ok');
  const metrics = await metricsWith(bridge.url, /left out/);
  expect(Number(/left out"} (\d+)/.exec(metrics)?.[1])).toBeGreaterThanOrEqual(24);
  expect(shadow?.received.length).toBeLessThanOrEqual(16);
});

test('a shadow that is down is told of, and is no outage of the API of its application', async () => {
  const { bridge, shadow, lines } = await start((request) => request.socket.destroy());
  for (let index = 0; index < 60; index += 1)
    expect((await call(bridge.url, 'get_account_info')).status).toBe('get_account_info_ok');
  const metrics = await metricsWith(bridge.url, /unavailable/);
  expect(metrics).not.toMatch(/equal|different/);
  const all = await (await fetch(`${bridge.url}/metrics`)).text();
  expect(all.match(/(?<=^boxbridge_upstream_seconds_count.*outcome=")\w+/gm)).toEqual(['200']);
  expect(all).not.toContain(shadow?.url);
  expect(lines.filter((line) => line.includes('a shadow was not read') && line.includes('unavailable'))).toHaveLength(
    1,
  );
});

test('a read that fails and a write are not sent to a shadow', async () => {
  const { bridge, shadow } = await start(altered('', ''));
  await callBridge(bridge.url, 'rest', 'get_account_info', [
    ['api_key', 'key'],
    ['auth_token', '00000000-0000-4000-8000-00000000000f'],
  ]);
  await callBridge(bridge.url, 'rest', 'update_account', [
    ['api_key', 'key'],
    ['auth_token', golemAccounts.partner.token],
    ['name', 'Pia Partner'],
  ]);
  // The account is read after it was written.
  await metricsWith(bridge.url, /reads_total/);
  const methods = shadow?.received.map(({ method }) => method) ?? [];
  expect(methods.length).toBeGreaterThan(0);
  expect(methods.filter((method) => method !== 'GET')).toEqual([]);
});

test('an account that is kept is read from the shadow once', async () => {
  const { bridge } = await start(golem(), { cache_seconds: 60 });
  for (let index = 0; index < 3; index += 1) await call(bridge.url, 'get_account_info');
  expect(await metricsWith(bridge.url, /equal/)).toContain('outcome="equal"} 1');
});

test('of the same difference there is one line at once, and one for each minute after it', () => {
  const lines: object[] = [];
  let now = 0;
  const metrics = createMetrics({ inFlight: () => 0, lostLines: () => 0 });
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const observe = createShadowObserver({ log, metrics, now: () => now });
  for (now = 0; now < 130_000; now += 10_000) observe('old', 'different', ['email']);
  observe('other', 'different', ['email']);
  const about = { level: 40, msg: 'a shadow differs', element: 'email' };
  expect(lines).toEqual([
    { ...about, application: 'old', times: 1 },
    { ...about, application: 'old', times: 6 },
    { ...about, application: 'old', times: 6 },
    { ...about, application: 'other', times: 1 },
  ]);
});
