import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { afterwards } from '../support/cleanup.js';
import { at, callBridge, formats, post, type Reply } from '../support/clients/legacy.js';
import { oldClients } from '../support/clients/old-clients.js';
import { startBridge } from '../support/servers/bridge.js';
import { startHolding } from '../support/servers/holding-api.js';
import {
  credentials,
  enter,
  newTicket,
  pageAddress,
  signedInTicket,
  startModernApis,
} from '../support/servers/modern-apis.js';
import { startTwinConfigurations } from '../support/servers/twin-configurations.js';
import { until } from '../support/until.js';

const read = (url: string, apiKey: string, token = 'token'): Promise<Reply> =>
  callBridge(url, 'rest', 'get_account_info', [
    ['api_key', apiKey],
    ['auth_token', token],
  ]);

/** A Previsto API that tells how many connections are open, and fails when told to. */
async function startCounted() {
  const api = { open: 0, accepted: 0, requests: 0, isDown: false };
  const server = createServer((_request: IncomingMessage, response: ServerResponse) => {
    api.requests += 1;
    response.writeHead(api.isDown ? 500 : 200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ id: 'a', login: 'john', name: 'John', email: 'john@example.com' }));
  });
  server.on('connection', (socket) => {
    api.open += 1;
    api.accepted += 1;
    socket.once('close', () => {
      api.open -= 1;
    });
  });
  // Neither side closes an idle connection by itself in the time of a test.
  server.keepAliveTimeout = 300_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(async () => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const application = (apiKey: string, path = apiKey) => ({
    api_key: apiKey,
    provider: 'previsto',
    base_url: `http://127.0.0.1:${port}/${path}`,
  });
  return { api, application };
}

test('every call is answered by one configuration, whole, while they take turns', async () => {
  const { configuration, learn, ask, load } = await startTwinConfigurations();
  const bridge = await startBridge(configuration('b'));
  afterwards(bridge.close);
  await learn(bridge.url, 'b');
  await bridge.reload(configuration('a'));
  await learn(bridge.url, 'a');
  const calls = 400;
  let reloads = 0;
  let reloading = Promise.resolve();
  const answered = await load(bridge.url, calls, (begun) => {
    if (begun % (calls / 20) !== 0) return;
    reloading = reloading.then(async () => {
      reloads += 1;
      const twin = reloads % 2 === 1 ? 'b' : 'a';
      await bridge.reload(configuration(twin));
      expect(await Promise.all(formats.map((format) => ask(bridge.url, format)))).toEqual([twin, twin, twin]);
    });
  });
  await reloading;
  expect(reloads).toBe(20);
  expect(answered.a + answered.b).toBeGreaterThanOrEqual(calls);
  expect(Math.min(answered.a, answered.b)).toBeGreaterThan(0);
});

test('a call in flight ends with the application that it began with, and its connection with it', async () => {
  const held = await startHolding();
  afterwards(held.close);
  const { api, application } = await startCounted();
  const bridge = await startBridge({ applications: [held.application('removed'), application('kept')] });
  afterwards(bridge.close);
  await read(bridge.url, 'kept');
  const inFlight = read(bridge.url, 'removed');
  await held.arrived(1);
  await bridge.reload({ applications: [application('kept'), application('added')] });
  expect(await read(bridge.url, 'removed')).toMatchObject({ status: 'application_restricted' });
  expect(await read(bridge.url, 'added')).toMatchObject({ status: 'get_account_info_ok' });
  held.release();
  expect(await inFlight).toMatchObject({ status: 'get_account_info_ok' });
  expect(api.open).toBe(2);
  await bridge.reload({ applications: [application('added')] });
  await until(() => api.open === 1);
});

test('a hundred reloads leave no connection behind, and what stays keeps its own', async () => {
  const { api, application } = await startCounted();
  const bridge = await startBridge({ applications: [application('kept'), application('turn', '0')] });
  afterwards(bridge.close);
  for (let n = 1; n <= 100; n += 1) {
    if (n % 10 === 0) await read(bridge.url, 'kept');
    await read(bridge.url, 'turn');
    await bridge.reload({ applications: [application('kept'), application('turn', `${n}`)] });
  }
  await until(() => api.open === 1);
  expect(api.accepted).toBe(101);
});

describe('what outlasts a reload', () => {
  test('the breaker of an application that stays, and the metric of no other', async () => {
    const { api, application } = await startCounted();
    const bridge = await startBridge({ applications: [application('kept'), application('gone')] });
    afterwards(bridge.close);
    api.isDown = true;
    for (let n = 0; n < 25; n += 1) await read(bridge.url, 'kept', `token-${n}`);
    const asked = api.requests;
    await bridge.reload({ applications: [application('kept'), application('new')], limits: { concurrent_calls: 512 } });
    api.isDown = false;
    expect(await read(bridge.url, 'kept')).toMatchObject({ status: 'service_unavailable' });
    expect(api.requests).toBe(asked);
    expect(await read(bridge.url, 'new')).toMatchObject({ status: 'get_account_info_ok' });
    const metrics = await fetch(`${bridge.url}/metrics`).then((response) => response.text());
    expect(metrics).toMatch(/^boxbridge_breaker_state{base_url="[^"]*\/kept"} 2$/m);
    expect(metrics).toMatch(/^boxbridge_breaker_state{base_url="[^"]*\/new"} 0$/m);
    expect(metrics).not.toMatch(/^boxbridge_breaker_state{base_url="[^"]*\/gone"}/m);
    // Counters go on.
    expect(metrics).toMatch(/^boxbridge_calls_total{.*service_unavailable.*} 26$/m);
  });

  test('the count of a rate that stays; another rate is in force at once', async () => {
    const { application } = await startCounted();
    const limited = (perMinute: number) => ({
      applications: [{ ...application('key'), rate: { per_minute: perMinute } }],
    });
    const bridge = await startBridge(limited(2));
    afterwards(bridge.close);
    const http = async () => (await read(bridge.url, 'key')).http;
    expect([await http(), await http()]).toEqual([200, 200]);
    await bridge.reload(limited(2));
    expect(await http()).toBe(429);
    await bridge.reload(limited(3));
    expect(await http()).toBe(200);
    await bridge.reload({ ...limited(3), rate: { per_minute: 1 } });
    expect([await http(), await http()]).toEqual([200, 429]);
  });

  test('the accounts that are kept, as long as they are read in the same way', async () => {
    const { api, application } = await startCounted();
    const cached = (seconds: number) => ({ applications: [{ ...application('key'), cache_seconds: seconds }] });
    const bridge = await startBridge(cached(600));
    afterwards(bridge.close);
    await read(bridge.url, 'key');
    await bridge.reload({ ...cached(600), limits: { body_bytes: 1000 } });
    await read(bridge.url, 'key');
    expect(api.requests).toBe(1);
    await bridge.reload(cached(601));
    await read(bridge.url, 'key');
    expect(api.requests).toBe(2);
  });

  test('tickets, auth_tokens, user_ids and wrong tries', async () => {
    const modern = await startModernApis();
    afterwards(modern.close);
    const configuration = (tokenDays: number) => ({
      applications: [{ ...modern.application('previsto', 'key'), credentials: 'vault', token_days: tokenDays }],
    });
    const bridge = await startBridge(configuration(1));
    afterwards(bridge.close);
    const ticket = await signedInTicket(bridge.url, 'key', credentials.previsto);
    const tried = await newTicket(bridge.url, 'key');
    const tries: number[] = [];
    for (let n = 0; n < 11; n += 1) {
      await bridge.reload(configuration(2 + n));
      tries.push((await enter(pageAddress(bridge.url, tried), 'wrong')).status);
    }
    expect(tries).toEqual([...Array.from({ length: 10 }, () => 200), 429]);
    const redeemed = await oldClients.rest(bridge.url, 'get_auth_token', { api_key: 'key', ticket });
    await bridge.reload(configuration(1));
    const { status, result } = await read(bridge.url, 'key', redeemed.authToken);
    expect(status).toBe('get_account_info_ok');
    expect(at(result, 'user', 'user_id')).toBe('1');
  });
});

test('limits, the public URL and the depth of XML are those of the last reload', async () => {
  const { application } = await startCounted();
  const applications = [application('key')];
  const bridge = await startBridge({ applications });
  afterwards(bridge.close);
  const status = async () => (await post(bridge.url, 'xml', 'get_account_info', [['api_key', 'key']])).status;
  const wsdl = () => fetch(`${bridge.url}/api/1.0/soap?wsdl`).then((response) => response.text());
  expect(await status()).toBe(200);
  expect(await wsdl()).toContain(`location="${bridge.url}/api/1.0/soap"`);
  await bridge.reload({ applications, limits: { body_bytes: 20 }, public_url: 'https://box.example.com' });
  expect(await status()).toBe(413);
  expect(await wsdl()).toContain('location="https://box.example.com/api/1.0/soap"');
  await bridge.reload({ applications, limits: { connections_per_address: 1, request_timeout_ms: 200 } });
  expect(await status()).toBe(200);
  const slow = createConnection(Number(new URL(bridge.url).port), '127.0.0.1');
  slow.write('POST /api/1.0/xml HTTP/1.1\r\nContent-Length: 10\r\n\r\n<');
  const [reply] = await once(slow, 'data');
  expect(String(reply)).toMatch(/^HTTP\/1.1 408 /);
  slow.destroy();
});

test('a recording begins and ends with a reload, and has the calls in between', async () => {
  const { application } = await startCounted();
  const applications = [application('key')];
  const bridge = await startBridge({ applications });
  afterwards(bridge.close);
  const record = { file: './recordings/calls' };
  const folder = join(bridge.folder, 'recordings');
  const ended = async () =>
    (await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')))).filter((text) => {
      try {
        return JSON.parse(text);
      } catch {
        return false;
      }
    }).length;
  await read(bridge.url, 'key');
  await bridge.reload({ applications, record });
  await read(bridge.url, 'key');
  await bridge.reload({ applications, record, limits: { body_bytes: 1000 } });
  await read(bridge.url, 'key');
  await bridge.reload({ applications });
  await read(bridge.url, 'key');
  await until(async () => (await ended()) === 1);
  const [file = ''] = await readdir(folder);
  expect(JSON.parse(await readFile(join(folder, file), 'utf8')).log.entries).toHaveLength(2);
});

test('a configuration that cannot be used changes nothing, and neither does one for a bridge that is closed', async () => {
  const { api, application } = await startCounted();
  const bridge = await startBridge({ applications: [application('old')] });
  let isOpen = true;
  const close = async () => {
    if (isOpen) await bridge.close();
    isOpen = false;
  };
  afterwards(close);
  await read(bridge.url, 'old');
  const own = join(bridge.folder, 'own.js');
  const applications = [application('old', 'other'), { ...application('new'), provider: own }];
  await writeFile(own, 'throw new Error("not today");');
  await expect(bridge.reload({ applications })).rejects.toThrow('not today');
  const blocked = { file: join(own, 'calls') };
  await expect(bridge.reload({ applications: [application('new')], record: blocked })).rejects.toThrow('record.file');
  expect(await read(bridge.url, 'new')).toMatchObject({ status: 'application_restricted' });
  expect(await read(bridge.url, 'old')).toMatchObject({ status: 'get_account_info_ok' });
  expect(api.accepted).toBe(1);
  await close();
  await expect(bridge.reload({ applications: [application('new')] })).rejects.toThrow('the bridge is stopping');
});
