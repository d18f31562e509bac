import { appendFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { BridgeServer } from '../../src/bootstrap/bridge-server.js';
import { afterwards } from '../support/cleanup.js';
import { callBridge, formats } from '../support/clients/legacy.js';
import { runCommand } from '../support/command.js';
import { startBridgeIn, temporaryFolder } from '../support/servers/bridge.js';
import { type Child, type Ended, startNode } from '../support/servers/process.js';
import { script } from '../support/servers/served.js';
import { startUpstream } from '../support/servers/upstream.js';

const api = async (email: string) => {
  const upstream = await startUpstream((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ id: 'a', login: 'l', email, name: 'John' }));
  });
  afterwards(upstream.close);
  return upstream;
};

const run = (folder: string, args: readonly string[], input = ''): Promise<Ended> =>
  runCommand({ cwd: folder }, args, input);

/** Likewise, in a process of its own. */
const startProcess = (folder: string, ...args: string[]): Child => startNode(folder, script, ...args);

/** The recordings in a folder, by their paths. */
async function recordingsIn(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, 'recordings'));
  return names.sort().map((name) => join(folder, 'recordings', name));
}

const application = { api_key: 'a-long-api-key', provider: 'previsto' };
const token = 'a long & "odd" <token>';

/** A bridge in a folder of its own. */
async function startIn(applications: readonly object[], more = {}): Promise<{ bridge: BridgeServer; folder: string }> {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  const kept = { store: 'sqlite:./bridge.db', key_file: './bridge.key' };
  await writeFile(join(path, 'bridge.yaml'), JSON.stringify({ ...kept, applications, ...more }));
  return { bridge: await startBridgeIn({ cwd: path }), folder: path };
}

/** A bridge in front of an API. */
async function startInFrontOf(baseUrl: string): Promise<BridgeServer> {
  return (await startIn([{ ...application, base_url: baseUrl }])).bridge;
}

/** A stopped bridge that has recorded a call in each format; gives its folder. */
async function recorded(baseUrl: string): Promise<string> {
  const applications = [{ ...application, base_url: baseUrl }];
  const { bridge, folder } = await startIn(applications, { record: { file: './recordings/calls' } });
  for (const format of formats) {
    for (const action of ['get_account_info', 'update_account'])
      await callBridge(bridge.url, format, action, [
        ['api_key', application.api_key],
        ['auth_token', token],
      ]);
  }
  await bridge.close();
  return folder;
}

/** Replays the recordings of a stopped bridge against another one, with the secrets that were recorded. */
async function replayed(folder: string, to: string, secrets: string, ...args: string[]): Promise<Ended> {
  const digest = await run(folder, ['digest', '--config', 'bridge.yaml'], secrets);
  await writeFile(join(folder, 'secrets.txt'), digest.stdout);
  const files = await recordingsIn(folder);
  return run(folder, ['replay', ...files, '--to', to, '--tokens', 'secrets.txt', ...args]);
}

test('what is recorded is answered alike by the same bridge', async () => {
  const upstream = await api('e@example.com');
  const folder = await recorded(upstream.url);
  const other = await startInFrontOf(upstream.url);
  upstream.received.length = 0;
  const { code, stdout, stderr } = await replayed(folder, other.url, `${token}\n`);
  expect([code, stderr, stdout]).toEqual([
    0,
    '',
    `calls sent to ${other.url}: 3\nnot sent, since they may change something (--writes sends them): 3\nelements that differ: 0\n`,
  ]);
  expect(upstream.received).toHaveLength(3);
  // Nothing is changed by these.
  const all = await replayed(folder, other.url, token, '--writes');
  expect([all.code, all.stdout]).toEqual([0, `calls sent to ${other.url}: 6\nelements that differ: 0\n`]);
});

test('what is answered otherwise is shown by its element', async () => {
  const folder = await recorded((await api('e@example.com')).url);
  const { url: baseUrl } = await api('new@example.com');
  const other = await startInFrontOf(baseUrl);
  const { code, stdout, stderr } = await replayed(folder, other.url, token);
  expect([code, stderr]).toEqual([1, '']);
  expect(stdout.split('\n').map((line) => line.replace(/such as .*/, 'such as …'))).toEqual([
    `calls sent to ${other.url}: 3`,
    'not sent, since they may change something (--writes sends them): 3',
    'elements that differ: 1',
    'differs\tget_account_info\tuser.email\tin 3, such as …',
    '',
  ]);
  const [file = ''] = await recordingsIn(folder);
  await appendFile(file, '{"log":\n');
  const json = await replayed(folder, other.url, token, '--json', '--primary', `${other.url}/`);
  expect([json.code, json.stderr]).toEqual([0, `boxbridge: ${file}:9: a broken entry, left out\n`]);
  expect(JSON.parse(json.stdout)).toEqual({
    sent: 3,
    writes: 3,
    differences: [],
    noise: [],
    notes: [`${file}:9: a broken entry, left out`],
  });
});

test('without the secrets their digests are sent', async () => {
  const upstream = await api('e@example.com');
  const folder = await recorded(upstream.url);
  const other = await startInFrontOf(upstream.url);
  const files = await recordingsIn(folder);
  const { code, stdout } = await startProcess(folder, 'replay', ...files, '--to', other.url).end;
  expect(code).toBe(1);
  expect(stdout).toContain('differs\tget_account_info\tstatus\tin 3,');
});

test.each([
  ['--to http://127.0.0.1:1/api', 2, /Write http or https, a host and a port/],
  ['--to http://h --primary http://h --writes', 2, /would do everything three times/],
  ['--to http://127.0.0.1:1 --tokens nowhere', 1, /cannot read nowhere .*; name the output of `boxbridge digest`/],
  ['--to http://127.0.0.1:1 --tokens map', 1, /^boxbridge: map:2 has to be a digest, a blank and a secret\n$/],
  ['--to http://127.0.0.1:1', 1, /^boxbridge: cannot read a.har \(.*\); name a recording\n$/],
])('replay a.har %s', async (args, code, message) => {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  await writeFile(join(path, 'map'), `s_${'0'.repeat(24)} a secret\nhush\n`);
  const ended = await startProcess(path, 'replay', 'a.har', ...args.split(' ')).end;
  expect([ended.code, ended.stdout]).toEqual([code, '']);
  expect(ended.stderr).toMatch(message);
});

test('digest prints the api_keys and the secrets on standard input, each once', async () => {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  const applications = ['one', 'two'].map((key) => ({ ...application, api_key: key, base_url: 'http://h' }));
  await writeFile(join(path, 'bridge.yaml'), JSON.stringify({ applications }));
  const digest = async (input: string) =>
    (await run(path, ['digest', '--config', 'bridge.yaml'], input)).stdout.trimEnd().split('\n');
  const lines = await digest('a secret\r\ntwo\n\nother\n');
  expect(lines.map((line) => line.replace(/^s_[0-9a-f]{24} /, ''))).toEqual(['one', 'two', 'a secret', 'other']);
  expect(new Set(lines.map((line) => line.split(' ')[0])).size).toBe(4);
  expect(await digest('other\na secret')).toEqual([...lines.slice(0, 2), lines[3], lines[2]]);
  const child = startProcess(path, 'digest', '--config', 'bridge.yaml');
  child.endInput('other');
  expect(await child.end).toMatchObject({ code: 0, stdout: `${[...lines.slice(0, 2), lines[3]].join('\n')}\n` });
});
