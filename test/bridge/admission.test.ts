import { describe, expect, jest, test } from '@jest/globals';
import { createAdmission } from '../../src/bridge/admission.js';
import { createMemoryRateLimiter } from '../../src/shared/rate-limiter.js';
import { createScope } from '../../src/shared/scope.js';
import { afterwards } from '../support/cleanup.js';
import { callBridge, type Format, formats, type Parameters, post } from '../support/clients/legacy.js';
import { exchange } from '../support/clients/raw.js';
import { startBridge } from '../support/servers/bridge.js';
import { startHolding } from '../support/servers/holding-api.js';
import { enter, newTicket, pageAddress, visit } from '../support/servers/modern-apis.js';

const calling = (apiKey: string): Parameters => [
  ['api_key', apiKey],
  ['auth_token', 'sk_1'],
];

async function startBusy(count: number, configuration: object, more: object = {}) {
  const api = await startHolding();
  afterwards(api.close);
  const keys = Array.from({ length: count }, (_, n) => `key-${n}`);
  const applications = keys.map((key) => ({ ...api.application(key), ...more }));
  const bridge = await startBridge({ ...configuration, applications });
  afterwards(bridge.close);
  const read = (format: Format, key: string) => callBridge(bridge.url, format, 'get_account_info', calling(key));
  return { api, bridge, keys, read };
}

describe('beyond concurrent_calls', () => {
  test.each(formats)(
    'a %s call is rejected at once, in its format, and calls in flight are answered',
    async (format) => {
      const { api, bridge, keys, read } = await startBusy(4, { limits: { concurrent_calls: 4 } });
      const inFlight = keys.map((key) => read(format, key));
      await api.arrived(4);
      let best = Number.POSITIVE_INFINITY;
      for (let n = 0; n < 10; n += 1) {
        const begin = performance.now();
        const response = await post(bridge.url, format, 'get_account_info', calling('key-0'));
        const text = await response.text();
        best = Math.min(best, performance.now() - begin);
        expect(response.headers.get('retry-after')).toBe('10');
        expect(response.status).toBe(format === 'soap' ? 500 : 503);
        expect(text).toContain(
          format === 'soap' ? '<faultcode>SOAP-ENV:Server</faultcode>' : '<status>service_unavailable</status>',
        );
        expect(text).toContain('service_unavailable');
      }
      expect(best).toBeLessThan(50);
      api.release();
      for (const reply of await Promise.all(inFlight)) {
        expect(reply).toMatchObject({ http: 200, status: 'get_account_info_ok' });
      }
      expect(api.received).toHaveLength(4);
      expect(await read(format, 'key-0')).toMatchObject({ status: 'get_account_info_ok' });
    },
  );

  test('simultaneous calls are rejected too, and do not count for the rate limit', async () => {
    const { api, keys, read } = await startBusy(16, { limits: { concurrent_calls: 8 } }, { rate: { per_minute: 2 } });
    const replies = keys.map((key) => read('rest', key));
    await api.arrived(8);
    let rejected = 0;
    await new Promise<void>((resolve) => {
      for (const reply of replies) {
        void reply.then(() => {
          rejected += 1;
          if (rejected === 8) resolve();
        });
      }
    });
    api.release();
    const statuses = (await Promise.all(replies)).map(({ http, status }) => `${http} ${status}`).sort();
    expect(statuses).toEqual([
      ...Array(8).fill('200 get_account_info_ok'),
      ...Array(8).fill('503 service_unavailable'),
    ]);
    expect(api.received).toHaveLength(8);
    for (const key of keys) expect(await read('rest', key)).toMatchObject({ http: 200 });
  });

  test('a failed call frees its slot', async () => {
    const { api, bridge, read } = await startBusy(1, { limits: { concurrent_calls: 2 } });
    for (let n = 0; n < 5; n += 1) {
      const parameters: Parameters = [['api_key', `unknown-${n}`]];
      const { status } = await callBridge(bridge.url, 'rest', 'get_account_info', parameters);
      expect(status).toBe('application_restricted');
    }
    api.release();
    expect(await read('rest', 'key-0')).toMatchObject({ status: 'get_account_info_ok' });
  });
});

/** A call from another address, for a bridge that trusts the proxy. */
async function from(address: string, url: string, format: Format, apiKey: string): Promise<Response> {
  const action = `action=get_account_info&api_key=${apiKey}&auth_token=sk_1`;
  const headers = { 'X-Forwarded-For': address };
  if (format === 'rest') return fetch(`${url}/api/1.0/rest?${action}`, { headers });
  const fields = `<api_key>${apiKey}</api_key><auth_token>sk_1</auth_token>`;
  const body =
    format === 'xml'
      ? `<request><action>get_account_info</action>${fields}</request>`
      : `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><get_account_info xmlns="urn:boxnet">${fields}</get_account_info></Body></Envelope>`;
  return fetch(`${url}/api/1.0/${format}`, { method: 'POST', body, headers });
}

async function expectTooMany(response: Response, format: Format): Promise<void> {
  expect(response.status).toBe(429);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(Number(response.headers.get('retry-after'))).toBeLessThanOrEqual(60);
  const text = await response.text();
  if (format === 'soap') expect(text).toContain('<faultcode>SOAP-ENV:Server</faultcode>');
  else expect(text).toContain('<response><status>service_unavailable</status></response>');
}

describe('the rate limit', () => {
  test.each(formats)('of an address, in %s', async (format) => {
    const { api, bridge } = await startBusy(1, { trust_proxy: true, rate: { per_minute: 3 } });
    api.release();
    for (let n = 0; n < 3; n += 1) {
      expect((await from('192.0.2.1', bridge.url, format, 'key-0')).status).toBe(200);
    }
    api.received.length = 0;
    await expectTooMany(await from('192.0.2.1', bridge.url, format, 'key-0'), format);
    // A request that HTTP rejects counts as well.
    const rejected = await fetch(`${bridge.url}/api/1.0/rest`, {
      method: 'DELETE',
      headers: { 'X-Forwarded-For': '192.0.2.1' },
    });
    await expectTooMany(rejected, 'rest');
    expect(api.received).toEqual([]);
    expect((await from('192.0.2.2', bridge.url, format, 'key-0')).status).toBe(200);
  });

  test.each(formats)('of an api_key, in %s', async (format) => {
    const { api, bridge, keys } = await startBusy(2, { trust_proxy: true }, { rate: { per_minute: 3 } });
    api.release();
    const [first = '', second = ''] = keys;
    for (let n = 0; n < 3; n += 1) {
      expect((await from(`192.0.2.${n}`, bridge.url, format, first)).status).toBe(200);
    }
    api.received.length = 0;
    await expectTooMany(await from('192.0.2.9', bridge.url, format, first), format);
    expect(api.received).toEqual([]);
    expect((await from('192.0.2.9', bridge.url, format, second)).status).toBe(200);
  });

  test('says that it is over within a minute, after a clock was set back too', async () => {
    const { api, bridge } = await startBusy(1, {}, { rate: { per_minute: 1 } });
    api.release();
    expect((await from('192.0.2.1', bridge.url, 'rest', 'key-0')).status).toBe(200);
    const real = Date.now;
    const set = jest.spyOn(Date, 'now').mockImplementation(() => real() - 3_600_000);
    afterwards(async () => set.mockRestore());
    await expectTooMany(await from('192.0.2.1', bridge.url, 'rest', 'key-0'), 'rest');
  });

  test('a forwarded address counts only from a trusted proxy', async () => {
    const { api, bridge } = await startBusy(1, { rate: { per_minute: 3 } });
    api.release();
    const statuses: number[] = [];
    for (let n = 0; n < 5; n += 1) statuses.push((await from(`192.0.2.${n}`, bridge.url, 'rest', 'key-0')).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
  });
});

test.each<[trusted: number, statuses: number[]]>([
  [1, [200, 200, 429]],
  [2, [200, 200, 200]],
])(
  'with %d proxies in front, what a caller itself writes before their words counts for nothing',
  async (trusted, statuses) => {
    const { api, bridge } = await startBusy(1, { trust_proxy: trusted, rate: { per_minute: 2 } });
    api.release();
    const found: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      found.push((await from(`192.0.2.${n}, 198.51.100.1`, bridge.url, 'rest', 'key-0')).status);
    }
    expect(found).toEqual(statuses);
  },
);

describe('tickets', () => {
  test.each(formats)('of an address with an api_key are limited, in %s', async (format) => {
    const limits = { tickets_per_minute: 2 };
    const { bridge } = await startBusy(2, { limits, trust_proxy: 1 }, { credentials: 'vault' });
    const ask = (address: string, apiKey: string) =>
      post(bridge.url, format, 'get_ticket', [['api_key', apiKey]], { 'X-Forwarded-For': address });
    const texts: string[] = [];
    for (let n = 0; n < 2; n += 1) texts.push(await (await ask('192.0.2.1', 'key-0')).text());
    expect(texts.map((text) => text.includes('get_ticket_ok'))).toEqual([true, true]);
    await expectTooMany(await ask('192.0.2.1', 'key-0'), format);
    expect(await (await ask('192.0.2.2', 'key-0')).text()).toContain('get_ticket_ok');
    expect(await (await ask('192.0.2.1', 'key-1')).text()).toContain('get_ticket_ok');
  });

  test('are a minute sixty unless configured', async () => {
    const { bridge } = await startBusy(1, {}, { credentials: 'vault' });
    const words: string[] = [];
    for (let n = 0; n < 61; n += 1)
      words.push((await callBridge(bridge.url, 'rest', 'get_ticket', [['api_key', 'key-0']])).status);
    expect(words).toEqual([...Array(60).fill('get_ticket_ok'), 'service_unavailable']);
  });
});

describe('the sign-in page', () => {
  test('counts for the rate of an address', async () => {
    const { bridge } = await startBusy(1, { rate: { per_minute: 3 } }, { credentials: 'vault' });
    const page = pageAddress(bridge.url, await newTicket(bridge.url, 'key-0'));
    expect([(await visit(page)).status, (await enter(page, '')).status]).toEqual([200, 200]);
    for (const rejected of [await visit(page), await enter(page, 'secret')]) {
      expect([rejected.status, rejected.headers.get('content-type')]).toEqual([429, 'text/html; charset=utf-8']);
      expect(Number(rejected.headers.get('retry-after'))).toBeGreaterThan(0);
    }
  });

  test('counts for concurrent_calls', async () => {
    const { api, bridge } = await startBusy(1, { limits: { concurrent_calls: 1 } }, { credentials: 'vault' });
    const page = pageAddress(bridge.url, await newTicket(bridge.url, 'key-0'));
    const entered = enter(page, 'secret');
    await api.arrived(1);
    const rejected = await visit(page);
    expect([rejected.status, rejected.headers.get('retry-after')]).toEqual([503, '10']);
    expect(await callBridge(bridge.url, 'rest', 'get_ticket', calling('key-0'))).toMatchObject({
      status: 'service_unavailable',
    });
    expect(await (await fetch(`${bridge.url}/metrics`)).text()).toContain('boxbridge_calls_in_flight 1\n');
    api.release();
    expect((await entered).text).toContain('You are signed in');
  });
});

test('malformed HTTP counts for the rate limit of its address', async () => {
  const { bridge } = await startBusy(1, { rate: { per_minute: 1 } });
  const outcomes: unknown[] = [];
  for (let n = 0; n < 2; n += 1) {
    const { replies } = await exchange(bridge.url, Buffer.from('GARBAGE\r\n\r\n'), { replies: 1 });
    expect(replies[0]?.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
    outcomes.push([replies[0]?.status, replies[0]?.headers.has('retry-after')]);
  }
  expect(outcomes).toEqual([
    [400, false],
    [429, true],
  ]);
});

test('work that throws at once gives its place back', async () => {
  const admission = createAdmission({ concurrentCalls: 1, callMs: 1000, createRate: createMemoryRateLimiter });
  const work = () => {
    throw new Error('at once');
  };
  await expect(admission.run(createScope(), undefined, work)).rejects.toThrow('at once');
  expect(admission.inFlight()).toBe(0);
});
