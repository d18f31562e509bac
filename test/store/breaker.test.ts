import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { afterwards } from '../support/cleanup.js';
import { oldClients } from '../support/clients/old-clients.js';
import { startBridge, temporaryFolder } from '../support/servers/bridge.js';
import { credentials, newAuthToken, signedInTicket, startModernApis } from '../support/servers/modern-apis.js';
import { describeWithPostgres, type TestPostgres } from '../support/servers/postgres.js';

const GOOD = credentials.previsto;
const formats = Object.entries(oldClients).map(([format, call]) => ({ format, call }));
const UNAVAILABLE = /^(.*\bServer: )?service_unavailable$/;

type Mood = 'forwards' | 'is silent' | 'refuses';

/** What stands between a bridge and its database. */
async function startGate(socketPath: string) {
  let mood: Mood = 'forwards';
  const sockets = new Set<Socket>();
  let connections = 0;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  const gate = createServer((socket) => {
    connections += 1;
    keep(socket);
    if (mood === 'refuses') return void socket.destroy();
    if (mood === 'is silent') return;
    const database = connect(socketPath);
    keep(database);
    socket.pipe(database).pipe(socket);
    socket.on('close', () => database.destroy());
    database.on('close', () => socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(gate, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  afterwards(async () => {
    cut();
    gate.close();
  });
  const address = gate.address();
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    connections: () => connections,
    become: (next: Mood) => {
      mood = next;
      cut();
    },
  };
}

async function start(server: TestPostgres) {
  const { url, remove } = await server.newSchema();
  afterwards(remove);
  const direct = new URL(url);
  const gate = await startGate(join(decodeURIComponent(direct.hostname), '.s.PGSQL.5432'));
  const throughGate = url.replace(direct.host, `127.0.0.1:${gate.port}`);
  const folder = await temporaryFolder();
  afterwards(folder.remove);
  const apis = await startModernApis();
  afterwards(apis.close);
  const states: unknown[] = [];
  const write = (line: string) => {
    const { msg, level, state, cause } = JSON.parse(line);
    if (msg === 'the breaker of the store') states.push([level, state, typeof cause]);
  };
  const bridge = await startBridge(
    {
      store: throughGate,
      key_file: join(folder.path, 'bridge.key'),
      applications: [
        apis.application('previsto', 'vault'),
        { ...apis.application('previsto', 'plain'), credentials: 'passthrough' },
      ],
    },
    { log: pino({ level: 'warn' }, { write }) },
  );
  afterwards(bridge.close);
  const ready = async () => (await fetch(`${bridge.url}/readyz`)).status;
  return { bridge, gate, url, ready, states };
}

describeWithPostgres('a PostgreSQL that is away', (server) => {
  test.each(['is silent', 'refuses'] as const)('and %s is left alone, until it is back', async (mood) => {
    const { bridge, gate, ready, states } = await start(server);
    const plain = { api_key: 'plain', auth_token: GOOD };
    const vault = { api_key: 'vault', auth_token: await newAuthToken(bridge.url, 'vault', GOOD) };
    const ticket = await signedInTicket(bridge.url, 'vault', GOOD);
    const known = await oldClients.rest(bridge.url, 'get_account_info', plain);
    const { user_id = '' } = known.user;
    expect(await ready()).toBe(200);

    gate.become(mood);
    const failing = [1, 2, 3].map(() => oldClients.rest(bridge.url, 'get_account_info', vault));
    for (const { status } of await Promise.all(failing)) expect(status).toMatch(UNAVAILABLE);

    // All of these are told before a connection of the probe comes to its timeout.
    const before = gate.connections();
    for (const { call } of formats) {
      for (const [action, parameters] of [
        ['get_account_info', vault],
        ['logout', vault],
        ['get_ticket', { api_key: 'vault' }],
        ['get_auth_token', { api_key: 'vault', ticket }],
      ] as const)
        expect((await call(bridge.url, action, parameters)).status).toMatch(UNAVAILABLE);
      // What is known goes on, by the account's user_id too.
      expect(await call(bridge.url, 'get_account_info', plain)).toMatchObject({ status: 'get_account_info_ok' });
      const details = await call(bridge.url, 'get_account_details', { ...plain, user_id });
      expect(details.status).toBe('get_account_details_ok');
      expect((await call(bridge.url, 'logout', plain)).status).toBe('logout_ok');
    }
    if (mood === 'is silent') expect(gate.connections() - before).toBeLessThanOrEqual(2);
    const told = await fetch(`${bridge.url}/api/1.0/rest?${new URLSearchParams({ action: 'logout', ...vault })}`);
    expect([told.status, told.headers.get('retry-after')]).toEqual([503, '10']);
    await becomes(ready, 503);
    // Once, however many probes failed.
    expect(states).toEqual([[40, 'open', 'string']]);

    gate.become('forwards');
    const info = async () => (await oldClients.rest(bridge.url, 'get_account_info', vault)).status;
    // A probe that hangs has to fail first; without one, the first call after the return is performed.
    if (mood === 'is silent') await becomes(info, 'get_account_info_ok');
    else expect(await info()).toBe('get_account_info_ok');
    // Nothing that was accepted is lost.
    expect((await oldClients.rest(bridge.url, 'get_auth_token', { api_key: 'vault', ticket })).status).toBe(
      'get_auth_token_ok',
    );
    expect((await oldClients.rest(bridge.url, 'logout', vault)).status).toBe('logout_ok');
    await becomes(ready, 200);
    expect(states).toEqual([
      [40, 'open', 'string'],
      [40, 'closed', 'undefined'],
    ]);
  });

  test('and can be read alone, is not ready and answers what only reads', async () => {
    const { bridge, url, ready } = await start(server);
    const vault = { api_key: 'vault', auth_token: await newAuthToken(bridge.url, 'vault', GOOD) };
    const writing = `${url}%20-c%20default_transaction_read_only%3Doff`;
    const setTo = async (value: string) => {
      await server.query(writing, `ALTER DATABASE postgres SET default_transaction_read_only = ${value}`);
      await server.query(
        writing,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'boxbridge'",
      );
    };
    afterwards(() => setTo('off'));
    await setTo('on');
    await becomes(ready, 503);
    for (let n = 0; n < 5; n++)
      expect((await oldClients.rest(bridge.url, 'get_ticket', { api_key: 'vault' })).status).toBe(
        'service_unavailable',
      );
    expect((await oldClients.rest(bridge.url, 'get_account_info', vault)).status).toBe('get_account_info_ok');
    await setTo('off');
    await becomes(ready, 200);
    expect((await oldClients.rest(bridge.url, 'get_ticket', { api_key: 'vault' })).status).toBe('get_ticket_ok');
  });
});

/** Resolves when something becomes a value; the test's own timeout bounds it. What asks without a pause keeps a core busy. */
async function becomes<T>(read: () => Promise<T>, value: T): Promise<void> {
  while ((await read()) !== value) await sleep(20);
}
