import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { afterwards } from '../support/cleanup.js';
import { callBridge, formats, type Parameters } from '../support/clients/legacy.js';
import { type HoldingApi, startHolding } from '../support/servers/holding-api.js';
import { adminOf, type BridgeProcess, refusing, startServing } from '../support/servers/served.js';

/** In which a second signal is the first one, in milliseconds. */
const SAME_SIGNAL_MS = 500;

let api: HoldingApi;

beforeEach(async () => {
  api = await startHolding();
  afterwards(api.close);
});

const serving = (limits: object = { shutdown_ms: 120_000 }) =>
  startServing({ limits, admin: { port: 0 }, applications: [api.application('key')] });

/** Calls that wait for the modern API, in all formats in rotation. */
function callTimes(count: number, { url }: BridgeProcess) {
  return Array.from({ length: count }, (_, n) => {
    // Distinct tokens: equal concurrent reads would share a single flight.
    const parameters: Parameters = [
      ['api_key', 'key'],
      ['auth_token', `sk_${n}`],
    ];
    return callBridge(url, formats[n % 3] ?? 'rest', 'get_account_info', parameters);
  });
}

async function connected(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  afterwards(async () => void socket.destroy());
  return socket;
}

const READ = 'GET /api/1.0/rest?action=get_account_info&api_key=key&auth_token=sk_1 HTTP/1.1\r\n';

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  test('drains 20 calls in flight, rejects new ones, and exits with 0', async () => {
    const bridge = await serving();
    const admin = await adminOf(bridge);
    const ready = async () => (await fetch(`${admin}/readyz`)).status;
    const calls = callTimes(20, bridge);
    await api.arrived(20);
    expect(await ready()).toBe(200);
    bridge.child.kill(signal);
    await refusing(bridge.url);
    expect(await ready()).toBe(503);
    expect((await fetch(`${admin}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${admin}/metrics`)).text()).toContain('boxbridge_calls_in_flight 20\n');
    api.release();
    const replies = await Promise.all(calls);
    expect(replies.map(({ http, status }) => `${http} ${status}`)).toEqual(Array(20).fill('200 get_account_info_ok'));
    expect(await bridge.child.end).toMatchObject({ code: 0, signal: null });
    // A store that was not closed would leave its WAL files.
    expect((await readdir(bridge.folder)).sort()).toEqual(['bridge.db', 'bridge.key', 'bridge.yaml']);
  });

  test('a signal half a second after the first exits at once; one that comes twice is one', async () => {
    const bridge = await serving();
    const calls = Promise.allSettled(callTimes(2, bridge));
    await api.arrived(2);
    bridge.child.kill(signal);
    bridge.child.kill(signal);
    await refusing(bridge.url);
    expect((await fetch(`${await adminOf(bridge)}/readyz`)).status).toBe(503);
    await sleep(SAME_SIGNAL_MS);
    bridge.child.kill(signal);
    expect(await bridge.child.end).toMatchObject({ code: 1, signal: null });
    expect((await calls).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});

test.each([
  { name: 'one process', args: [] },
  { name: 'two workers', args: ['--workers', '2'] },
])('the longest shutdown_ms lets calls in flight finish: $name', async ({ args }) => {
  const limits = { shutdown_ms: 2 ** 31 - 1 };
  const bridge = await startServing({ limits, applications: [api.application('key')] }, { args });
  const calls = callTimes(3, bridge);
  await api.arrived(3);
  bridge.child.kill('SIGTERM');
  await refusing(bridge.url);
  api.release();
  expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(3).fill('get_account_info_ok'));
  expect(await bridge.child.end).toMatchObject({ code: 0, signal: null });
});

test('a drain rejects what comes, closes a keep-alive connection with the reply to its call, and waits for no idle one', async () => {
  const bridge = await serving();
  const admin = await adminOf(bridge);
  const idle = await Promise.all([bridge.url, admin, bridge.url, admin].map(connected));
  for (const socket of idle.slice(2)) {
    socket.write('GET /healthz HTTP/1.1\r\nHost: bridge\r\n\r\n');
    await once(socket, 'data');
  }
  const calling = await connected(bridge.url);
  calling.write(`${READ}Host: bridge\r\nConnection: keep-alive\r\n\r\n`);
  await api.arrived(1);
  const late = await connected(bridge.url);
  late.write(`${READ}Host: bridge\r\n`);
  // The request's bytes have arrived once a later connection is answered.
  await fetch(`${bridge.url}/healthz`);
  bridge.child.kill('SIGTERM');
  await refusing(bridge.url);
  late.write('Connection: keep-alive\r\n\r\n');
  const rejection = await text(late);
  expect(rejection).toMatch(/^HTTP\/1\.1 503 /);
  expect(rejection).toMatch(/^connection: close\r$/im);
  expect(rejection).toMatch(/^retry-after: \d+\r$/im);
  expect(rejection).toContain('<response><status>service_unavailable</status></response>');
  expect(api.received).toHaveLength(1);
  api.release();
  const reply = await text(calling);
  expect(reply).toMatch(/^HTTP\/1\.1 200 /);
  expect(reply).toMatch(/^connection: close\r$/im);
  // Well before shutdown_ms: the test times out at half of it.
  expect(await bridge.child.end).toMatchObject({ code: 0, signal: null });
});

test('at the drain deadline calls in flight are answered as unavailable, and an incomplete request is given up', async () => {
  const bridge = await serving({ shutdown_ms: 300, upstream_timeout_ms: 60_000 });
  const socket = await connected(bridge.url);
  const closed = once(socket, 'close');
  socket
    .on('error', () => {})
    .write('POST /api/1.0/xml HTTP/1.1\r\nHost: bridge\r\nContent-Length: 100\r\n\r\n<request>');
  const calls = callTimes(6, bridge);
  await api.arrived(6);
  bridge.child.kill('SIGTERM');
  const replies = await Promise.all(calls);
  for (const { status } of replies) expect(status).toMatch(/^service_unavailable(: the bridge is stopping)?$/);
  await closed;
  expect(await bridge.child.end).toMatchObject({ code: 0, signal: null });
});
