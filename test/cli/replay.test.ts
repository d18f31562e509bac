import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { afterwards } from '../support/cleanup.js';
import { callBridge, formats } from '../support/clients/legacy.js';
import { type Child, type Ended, startNode } from '../support/servers/process.js';
import { script, startServing } from '../support/servers/served.js';
import { startUpstream } from '../support/servers/upstream.js';

const api = async (name: string) => {
  const upstream = await startUpstream((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ id: 'a', login: 'l', email: 'e@example.com', name }));
  });
  afterwards(upstream.close);
  return upstream;
};

const run = (folder: string, ...args: string[]): Child => startNode(folder, script, ...args);

/** The recordings in a folder, by their paths. */
async function recordingsIn(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, 'recordings'));
  return names.sort().map((name) => join(folder, 'recordings', name));
}

/** Replays the recordings of a stopped bridge against another one, with the secrets that were recorded. */
async function replayed(folder: string, to: string, secrets: string, ...args: string[]): Promise<Ended> {
  const digest = run(folder, 'digest', '--config', 'bridge.yaml');
  digest.endInput(secrets);
  await writeFile(join(folder, 'secrets.txt'), (await digest.end).stdout);
  const files = await recordingsIn(folder);
  return run(folder, 'replay', ...files, '--to', to, '--tokens', 'secrets.txt', ...args).end;
}

test('what is recorded is answered alike by the same bridge', async () => {
  const upstream = await api('John');
  const applications = [{ api_key: 'a-long-api-key', provider: 'previsto', base_url: upstream.url }];
  const recording = await startServing({ applications, record: { file: './recordings/calls' } });
  for (const format of formats)
    await callBridge(recording.url, format, 'get_account_info', [
      ['api_key', 'a-long-api-key'],
      ['auth_token', 'a long & "odd" <token>'],
    ]);
  recording.child.kill('SIGTERM');
  await recording.child.end;
  const [file = ''] = await recordingsIn(recording.folder);
  expect(JSON.parse(await readFile(file, 'utf8')).log.entries).toHaveLength(3);

  const other = await startServing({ applications });
  upstream.received.length = 0;
  const { code, stdout, stderr } = await replayed(recording.folder, other.url, 'a long & "odd" <token>\n');
  expect([code, stderr, stdout]).toEqual([0, '', `3 calls sent to ${other.url}, 0 elements differ\n`]);
  expect(upstream.received).toHaveLength(3);
});
