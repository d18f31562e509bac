import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { openSqlite } from '../../src/store/sqlite.js';
import type { Store } from '../../src/store/store.js';
import { describeTokens, revokeByPrefix, revokeWhere } from '../../src/vault/issued-tokens.js';
import { afterwards } from '../support/cleanup.js';
import { vaultApplication } from '../support/servers/applications.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { account } from '../support/suites/store-suite.js';

const session = {
  digest: `0123456789abc${'d'.repeat(51)}`,
  application: 'label of known',
  userId: 1,
  createdAt: Date.UTC(2030, 0, 2, 3, 4, 5),
  sealed: Uint8Array.of(1),
};

let store: Store;

beforeEach(async () => {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  store = openSqlite(join(path, 'bridge.db'));
  afterwards(store.close);
  await store.userId(account);
});

async function add(...digests: readonly string[]): Promise<void> {
  for (const [n, digest] of digests.entries())
    await store.addSession({ ...session, digest, createdAt: session.createdAt + n });
}

const digests = async () => (await store.sessions()).map(({ digest }) => digest);

test('a token is described without what it stands for', async () => {
  const known = await vaultApplication('known');
  const describe = describeTokens([known], { labelOf: ({ apiKey }) => `label of ${apiKey}` });
  const described = {
    prefix: '0123456789ab',
    application: known,
    account: '1 (a1)',
    createdAt: '2030-01-02T03:04:05.000Z',
    lastUsed: undefined,
  };
  const stored = { ...session, nativeId: 'a1', lastUsed: undefined };
  expect(describe(stored)).toEqual(described);
  expect(describe({ ...stored, application: 'label of another', lastUsed: 0 })).toEqual({
    ...described,
    application: undefined,
    lastUsed: '1970-01-01T00:00:00.000Z',
  });
});

test('a token is revoked by the beginning of its digest, where that is of one alone', async () => {
  await add('ab1', 'ab2', 'b');
  await expect(revokeByPrefix(store, 'ab')).rejects.toThrow('2 tokens begin with ab; `tokens list` shows them all');
  await expect(revokeByPrefix(store, 'c')).rejects.toThrow('0 tokens begin with c; `tokens list` shows them all');
  expect(await digests()).toEqual(['ab1', 'ab2', 'b']);
  expect(await revokeByPrefix(store, 'ab2')).toBe(1);
  expect(await revokeByPrefix(store, 'b')).toBe(1);
  expect(await digests()).toEqual(['ab1']);
});

test('those that are selected are revoked, and counted', async () => {
  await add('a1', 'b', 'a2', 'a3');
  expect(await revokeWhere(store, ({ digest }) => digest.startsWith('a'))).toBe(3);
  expect(await digests()).toEqual(['b']);
  expect(await revokeWhere(store, () => false)).toBe(0);
});
