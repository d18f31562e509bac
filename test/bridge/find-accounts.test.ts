import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { afterwards } from '../support/cleanup.js';
import { callBridge, itemsOf } from '../support/clients/legacy.js';
import { startBridge } from '../support/servers/bridge.js';
import { startUpstream } from '../support/servers/upstream.js';

const COUNT = 1000;

test('find_accounts assigns the user_ids of 1,000 new accounts in one transaction, in the order of the list', async () => {
  const accounts = Array.from({ length: COUNT }, (_, n) => ({ id: `id-${n}`, email: `n${n}@example.com`, name: 'N' }));
  const upstream = await startUpstream((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ values: accounts }));
  });
  afterwards(upstream.close);
  const application = { api_key: 'k', provider: 'golem', base_url: upstream.url };
  const bridge = await startBridge({ store: 'sqlite:./bridge.db', applications: [application] });
  afterwards(bridge.close);
  const found = async () => {
    const parameters = [['api_key', 'k'] as const, ['auth_token', 'admin'] as const];
    const { status, result } = await callBridge(bridge.url, 'rest', 'find_accounts', parameters);
    expect(status).toBe('find_accounts_ok');
    return itemsOf(result.accounts);
  };

  const first = await found();
  expect(first).toEqual(accounts.map(({ id }, n) => expect.objectContaining({ native_id: id, user_id: `${n + 1}` })));
  // https://sqlite.org/walformat.html: every transaction writes all of its pages, so a thousand fill megabytes.
  expect((await stat(join(bridge.folder, 'bridge.db-wal'))).size).toBeLessThan(1_000_000);
  expect(await found()).toEqual(first);
});
