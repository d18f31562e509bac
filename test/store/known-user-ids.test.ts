import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { withKnownUserIds } from '../../src/store/known-user-ids.js';
import { openSqlite } from '../../src/store/sqlite.js';
import type { Store } from '../../src/store/store.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { named } from '../support/suites/store-suite.js';

let store: Store;
/** Another node, of whose accounts this one knows nothing. */
let other: Store;
let forget: () => void;

beforeEach(async () => {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  const file = join(path, 'bridge.db');
  store = withKnownUserIds(openSqlite(file));
  afterwards(store.close);
  other = openSqlite(file);
  afterwards(other.close);
  // Asked again, the database would give other ids.
  forget = () => {
    const database = new DatabaseSync(file);
    database.exec('DELETE FROM accounts');
    database.close();
  };
});

test('an account whose user_id is known is not asked for again, alone or in a list', async () => {
  const id = await store.userId(named('a'));
  const ids = await store.userIds([named('b'), named('a'), named('c'), named('b')]);
  forget();
  expect(await store.userId(named('a'))).toBe(id);
  expect(await store.userId(named('c'))).toBe(ids[2]);
  expect(await store.userIds([named('c'), named('b'), named('a')])).toEqual([ids[2], ids[0], id]);
  expect(await store.userIds([])).toEqual([]);
});

test('nor is the account of a user_id that is known', async () => {
  const id = await store.userId(named('a'));
  const [another = 0] = await store.userIds([named('b')]);
  forget();
  expect(await store.accountOf(id)).toEqual(named('a'));
  expect(await store.accountOf(another)).toEqual(named('b'));
  expect(await store.accountOf(another + 1)).toBeUndefined();
});

test('the account of a user_id that another node assigned is asked for once', async () => {
  const id = await other.userId(named('a'));
  expect(await store.accountOf(id)).toEqual(named('a'));
  forget();
  expect(await store.accountOf(id)).toEqual(named('a'));
  expect(await store.userId(named('a'))).toBe(id);
});

test('accounts beyond those that it remembers have the right user_ids', async () => {
  const many = Array.from({ length: 20_500 }, (_, n) => named(`n${n}`));
  const ids = await store.userIds(many);
  expect(ids).toEqual(many.map((_account, n) => n + 1));
  expect(await store.userIds(many)).toEqual(ids);
  expect(await store.userIds(many.slice(-600).toReversed())).toEqual(ids.slice(-600).toReversed());
});
