import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { readRecordings } from '../../src/replay/recordings.js';
import { describeWith } from '../interop/requirements.js';
import { encodings } from '../support/cases/encodings.js';
import { afterwards } from '../support/cleanup.js';
import { callBridge, formats } from '../support/clients/legacy.js';
import { enter, newTicket, pageAddress } from '../support/servers/modern-apis.js';
import { type BridgeProcess, startServing } from '../support/servers/served.js';
import { startUpstream } from '../support/servers/upstream.js';

const PRLIMIT = { what: 'prlimit', debian: 'util-linux', probe: ['prlimit', '--version'] } as const;

async function startRecording(args: readonly string[] = [], applications: readonly object[] = [{}]) {
  // Echoes the credential, and issues a secret. What is random may have "bad" in it, but not at its beginning.
  const upstream = await startUpstream((request, response) => {
    const { authorization = '' } = request.headers;
    const credential = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString();
    response.writeHead(credential.startsWith('bad') ? 401 : 200, { 'Content-Type': 'application/json' });
    response.end(
      JSON.stringify({
        id: 'a',
        login: 'l',
        email: 'e@example.com',
        note: `${credential} ${authorization}`,
        api_token: issued,
      }),
    );
  });
  afterwards(upstream.close);
  return startServing(
    {
      applications: applications.map((more) => ({
        ...{ api_key: 'a-long-api-key', provider: 'previsto', base_url: upstream.url },
        ...more,
      })),
      record: { file: './recordings/calls' },
    },
    { args },
  );
}

const issued = `issued${randomBytes(12).toString('hex')}`;

const call = (url: string, token = 'a-long-token') =>
  callBridge(url, 'rest', 'get_account_info', [
    ['api_key', 'a-long-api-key'],
    ['auth_token', token],
  ]);

async function filesOf({ folder }: Pick<BridgeProcess, 'folder'>): Promise<string[]> {
  const names = await readdir(join(folder, 'recordings'));
  return names.sort().map((name) => join(folder, 'recordings', name));
}

async function read(bridge: BridgeProcess) {
  const notes: string[] = [];
  let count = 0;
  const { calls } = await readRecordings(await filesOf(bridge), {
    onBytes: () => {},
    onNote: (note) => void notes.push(note),
  });
  for await (const _call of calls) count += 1;
  return { count, notes };
}

/** A counter of recorded calls, once it has at least this value. */
async function counted({ url }: BridgeProcess, outcome: string, least: number): Promise<number> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const count = Number(
      new RegExp(`^boxbridge_recorded_calls_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm').exec(metrics)?.[1] ?? 0,
    );
    if (count >= least) return count;
    if (performance.now() > deadline) throw new Error(`${count} calls are ${outcome}`);
    await sleep(20);
  }
}

test('what a killed process has recorded can be read', async () => {
  const bridge = await startRecording();
  for (let index = 0; index < 5; index += 1) await call(bridge.url);
  await counted(bridge, 'recorded', 5);
  bridge.child.kill('SIGKILL');
  await bridge.child.end;
  expect(await read(bridge)).toEqual({ count: 5, notes: [expect.stringContaining('its end is missing')] });
});

test('each worker records in files of its own, which end with it', async () => {
  const bridge = await startRecording(['--workers', '2']);
  await Promise.all(Array.from({ length: 40 }, () => call(bridge.url)));
  bridge.child.kill('SIGTERM');
  await bridge.child.end;
  expect(await read(bridge)).toEqual({ count: 40, notes: [] });
  for (const file of await filesOf(bridge)) JSON.parse(await readFile(file, 'utf8'));
});

describeWith([PRLIMIT], 'a disk that is full', () => {
  test('fails no call, and is counted and told once', async () => {
    const bridge = await startRecording();
    const limitFiles = (bytes: string) =>
      promisify(execFile)('prlimit', ['--pid', `${bridge.child.pid}`, `--fsize=${bytes}:`]);
    await call(bridge.url);
    await counted(bridge, 'recorded', 1);
    const [file = ''] = await filesOf(bridge);
    // The next entry is written in part.
    await limitFiles(`${(await stat(file)).size + 100}`);
    for (let index = 0; index < 10; index += 1) expect((await call(bridge.url)).status).toBe('get_account_info_ok');
    expect(await counted(bridge, 'lost', 10)).toBe(10);
    await limitFiles('unlimited');
    await call(bridge.url);
    await counted(bridge, 'recorded', 2);
    bridge.child.kill('SIGTERM');
    const { stderr } = await bridge.child.end;
    expect(stderr.match(/calls are not recorded/g)).toHaveLength(1);
    expect(JSON.parse(await readFile(file, 'utf8')).log.entries).toHaveLength(2);
  });
});

test('no secret is in a recording, in any encoding, and equal ones are equal', async () => {
  const secrets = [issued];
  const canary = (what: string) => {
    const secret = `${what}${randomBytes(12).toString('hex')}`;
    secrets.push(secret);
    return secret;
  };
  const [key, vaultKey] = [canary('key'), canary('vault')];
  const bridge = await startRecording(
    [],
    [
      { api_key: key, name: 'one' },
      { api_key: vaultKey, name: 'two', credentials: 'vault' },
    ],
  );
  const { url } = bridge;
  const token = canary('token');
  for (const format of formats) {
    for (const apiKey of [key, canary('unknown')])
      for (const auth of [token, canary('bad')])
        await callBridge(url, format, 'get_account_details', [
          ['api_key', apiKey],
          ['auth_token', auth],
          [canary('name'), canary('value')],
        ]);
    for (const action of ['change_password', 'authorization'])
      await callBridge(url, format, action, [
        ['api_key', key],
        ['auth_token', token],
        ['current_password', canary('old')],
        ['new_password', canary('new')],
        ['login', canary('login')],
        ['password', canary('password')],
      ]);
    const ticket = await newTicket(url, vaultKey);
    secrets.push(ticket);
    await enter(pageAddress(url, ticket), canary('credential'));
    const { result } = await callBridge(url, format, 'get_auth_token', [
      ['api_key', vaultKey],
      ['ticket', ticket],
    ]);
    secrets.push(String(result.auth_token));
    const path = `${url}/api/1.0/${format}`;
    const secret = canary('broken');
    for (const body of [`<a>${secret}`, `<a b="${secret}"/>`, `x=${secret}`, secret, `--b\r\n\r\n${secret}\r\n--b--`])
      await (
        await fetch(path, {
          method: 'POST',
          body,
          headers: { Authorization: canary('head'), Cookie: canary('cookie') },
        })
      ).text();
    await (await fetch(`${path}/${canary('path')}?auth_token=${canary('query')}`)).text();
  }
  bridge.child.kill('SIGTERM');
  expect((await bridge.child.end).code).toBe(0);
  const text = (await Promise.all((await filesOf(bridge)).map((file) => readFile(file, 'utf8')))).join('');
  expect(secrets.length).toBeGreaterThan(60);
  expect(secrets.filter((secret) => encodings(secret).some((form) => text.includes(form)))).toEqual([]);
  const { entries } = JSON.parse(text).log;
  expect(entries.length).toBeGreaterThan(35);
  const tokens = entries
    .filter(({ _boxbridge: call }: { _boxbridge: { status: string } }) => call.status === 'get_account_details_ok')
    .flatMap(({ _boxbridge: { parameters } }: { _boxbridge: { parameters: { name: string; value: string }[] } }) =>
      parameters.filter(({ name }) => name === 'auth_token').map(({ value }) => value),
    );
  expect(tokens).toHaveLength(3);
  expect(new Set(tokens).size).toBe(1);
});
