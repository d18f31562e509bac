import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { demoApplications } from '../../src/bootstrap/demo.js';
import { sandboxPaths, startSandbox } from '../../src/sandbox/sandbox.js';
import { openSqlite } from '../../src/store/sqlite.js';
import { afterwards } from '../support/cleanup.js';
import { callBridge, formats, type Parameters } from '../support/clients/legacy.js';
import { startBridge, temporaryFolder } from '../support/servers/bridge.js';
import { credentials, startModernApis } from '../support/servers/modern-apis.js';
import { childrenOf, startNode } from '../support/servers/process.js';
import { script, startServing } from '../support/servers/served.js';

/** Milliseconds after which a count that does not come counts as lost. */
const TIMEOUT_MS = 10_000;

/** How many calls of get_account_info a ledger has; waits until there are `count`. */
async function counted(folder: string, count: number): Promise<number> {
  const store = openSqlite(join(folder, 'bridge.db'));
  try {
    for (const deadline = performance.now() + TIMEOUT_MS; ; await sleep(20)) {
      const rows = (await store.ledger(0)).filter(({ name }) => name === 'get_account_info');
      const sum = rows.reduce((total, row) => total + row.count, 0);
      if (sum >= count || performance.now() > deadline) return sum;
    }
  } finally {
    await store.close();
  }
}

/** Calls until a call is answered: the connections to a worker end with it. */
async function untilItAnswers(call: () => Promise<unknown>): Promise<void> {
  for (const deadline = performance.now() + TIMEOUT_MS; ; await sleep(20)) {
    const isAnswered = await call().then(
      () => true,
      () => false,
    );
    if (isAnswered || performance.now() > deadline) return;
  }
}

test('kill -9 of a worker loses at most the last second of the ledger', async () => {
  const api = await startModernApis();
  afterwards(api.close);
  const application = { ...api.application('previsto', 'key'), credentials: 'passthrough' };
  const { url, child, folder } = await startServing({ applications: [application] }, { args: ['--workers', '2'] });
  const call = () =>
    callBridge(url, 'rest', 'get_account_info', [
      ['api_key', 'key'],
      ['auth_token', credentials.previsto],
    ]);

  for (let n = 0; n < 20; n += 1) await call();
  // While it runs: nothing but a batch writes them.
  expect(await counted(folder, 20)).toBe(20);

  const [worker, ...others] = await childrenOf(child.pid);
  expect(others.length).toBeGreaterThan(0);
  process.kill(worker ?? 0, 'SIGKILL');
  // A kept connection to it is reset.
  for (let n = 0; n < 6; n += 1) await untilItAnswers(call);
  child.kill('SIGTERM');
  expect((await child.end).code).toBe(0);
  // What was counted before is there, and the end of a worker writes what it has.
  expect(await counted(folder, 26)).toBe(26);
});

test('usage shows calls of each application in each format, and what replaces them', async () => {
  const sandbox = await startSandbox({ host: '127.0.0.1', port: 0 });
  afterwards(sandbox.close);
  const applications = demoApplications.map(({ provider, apiKey }) => ({
    api_key: apiKey,
    name: `Demo of ${provider}`,
    provider,
    base_url: sandbox.url + sandboxPaths[provider],
  }));
  const { path: folder, remove } = await temporaryFolder();
  afterwards(remove);
  const configuration = { store: `sqlite:${folder}/bridge.db`, key_file: `${folder}/bridge.key`, applications };
  // JSON is YAML.
  await writeFile(join(folder, 'bridge.yaml'), JSON.stringify(configuration));
  const { url, close } = await startBridge(configuration);
  for (const { apiKey, authToken } of demoApplications) {
    const parameters: Parameters = [
      ['api_key', apiKey],
      ['auth_token', authToken],
    ];
    for (const format of formats) await callBridge(url, format, 'get_account_info', parameters);
  }
  await close();

  const { code, stdout, stderr } = await startNode(folder, script, 'usage', '--config', 'bridge.yaml', '--json').end;
  expect([code, stderr]).toEqual([0, '']);
  const { usage }: { usage: Record<string, unknown>[] } = JSON.parse(stdout);
  const requests = {
    seatable: `GET ${sandbox.url}${sandboxPaths.seatable}/api2/account/info/`,
    previsto: `GET ${sandbox.url}${sandboxPaths.previsto}/accounts/current`,
    terraform: `GET ${sandbox.url}${sandboxPaths.terraform}/account/details`,
    golem: `GET ${sandbox.url}${sandboxPaths.golem}/v1/accounts/{id}`,
    box: `GET ${sandbox.url}${sandboxPaths.box}/2.0/users/me`,
  };
  expect(
    usage
      .map(({ application, format, name, calls, refused, failed, modern_request: request }) =>
        [application, format, name, calls, refused, failed, request].join(' '),
      )
      .sort(),
  ).toEqual(
    demoApplications
      .flatMap(({ provider }) =>
        ['rest', 'xml', 'soap'].map(
          (format) => `Demo of ${provider} ${format} get_account_info 1 0 0 ${requests[provider]}`,
        ),
      )
      .sort(),
  );
});
