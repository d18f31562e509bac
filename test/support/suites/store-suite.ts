import { beforeEach, describe, expect, test } from '@jest/globals';
import type { AccountKey, Store } from '../../../src/store/store.js';
import { afterwards } from '../cleanup.js';
import { dump } from '../dump.js';
import { contentSuite } from './store-content-suite.js';
import { ledgerSuite } from './store-ledger-suite.js';
import { pagesSuite } from './store-pages-suite.js';
import { proposalSuite } from './store-proposal-suite.js';
import { signInStoreSuite } from './store-sign-in-suite.js';

/** The largest number that the old clients can read. */
const LARGEST = 2147483647;

/** A new, empty store. */
export interface FreshStore {
  /** Another handle on the same data, as another node of the bridge has it. */
  readonly open: () => Promise<Store>;
  /** Makes this the last user_id assigned; at least one was. */
  readonly skipTo: (userId: number) => Promise<void>;
  readonly remove: () => Promise<void>;
}

export const account: AccountKey = { provider: 'seatable', baseUrl: 'https://cloud.example.com', nativeId: 'a1' };

export const named = (nativeId: string): AccountKey => ({ ...account, nativeId });

const accounts = (count: number) => Array.from({ length: count }, (_, n) => named(`n${n}`));

/** Distinct accounts. */
const distinct: readonly AccountKey[] = [
  account,
  { ...account, provider: 'golem' },
  { ...account, provider: 'Seatable' },
  { ...account, baseUrl: 'https://cloud.example.org' },
  { ...account, baseUrl: 'https://cloud.example.com/A' },
  { ...account, baseUrl: 'https://cloud.example.com/a' },
  { ...account, baseUrl: 'https://cloud.example.com/', nativeId: '1' },
  { ...account, baseUrl: 'https://cloud.example.com', nativeId: '/1' },
  ...[
    ['A1', ' a1', 'a1 ', 'a1\t', 'a1\n', 'a1\r\n'],
    ['', ' ', '\t', '\u00a0', '\u200b', '\ufeff', 'null', 'undefined'],
    ['1', '01', '1.0', '1e0', '+1', '-1', '９', '9'],
    ['\u00e9', 'e\u0301', '\u00c9', 'e', 'ß', 'ss', '\u017f', 's', 'ı', 'i', 'İ'],
    ['\0', '\0\0', 'a1\0', 'a1\0b', 'a1\0c', '\\0', '\\u0000', '\\\\u0000'],
    ['\ud800', '\ud801', '\udc00', '\ud800\udc00', '\ufffd', '\\ud800', '\u{1f600}'],
    ["'", "''", '"', '`', '%', '_', 'a_', '?', '$1', "'; DROP TABLE accounts; --"],
    [`${'x'.repeat(100_000)}1`, `${'x'.repeat(100_000)}2`, 'x'.repeat(100_000)],
  ].flatMap((ids) => ids.map(named)),
];

const unavailable = expect.objectContaining({ name: 'Fault', reason: 'unavailable' });

/** The contract of every store. */
export function storeSuite(name: string, openFresh: () => Promise<FreshStore>): void {
  describe(name, () => {
    let fresh: FreshStore;

    beforeEach(async () => {
      fresh = await openFresh();
      afterwards(fresh.remove);
    });

    async function open(): Promise<Store> {
      const store = await fresh.open();
      afterwards(store.close);
      return store;
    }

    test('an account gets a positive 32-bit integer, always the same', async () => {
      const store = await open();
      const id = await store.userId(account);
      expect(Number.isInteger(id)).toBe(true);
      expect(id).toBeGreaterThan(0);
      expect(id).toBeLessThanOrEqual(LARGEST);
      expect(await store.userId({ ...account })).toBe(id);
      expect(await (await open()).userId(account)).toBe(id);
    });

    test('distinct accounts get distinct ids, and keep them', async () => {
      const store = await open();
      const owners = new Map<number, AccountKey>();
      for (const key of distinct) {
        const id = await store.userId(key);
        expect([key, owners.get(id)]).toEqual([key, undefined]);
        owners.set(id, key);
      }
      await store.close();
      const reopened = await open();
      for (const [id, key] of owners) expect([key, await reopened.userId(key)]).toEqual([key, id]);
    });

    test('200 first uses of 20 accounts at once give 20 ids', async () => {
      const stores = await Promise.all([open(), open(), open(), open(), open()]);
      const handles = [...stores, ...stores];
      const uses = await Promise.all(
        handles.flatMap((store) => accounts(20).map(async (key) => `${key.nativeId} ${await store.userId(key)}`)),
      );
      expect(uses).toHaveLength(200);
      const pairs = [...new Set(uses)];
      expect(pairs).toHaveLength(20);
      expect(new Set(pairs.map((pair) => pair.split(' ')[1])).size).toBe(20);
    });

    test('a list of accounts gets ids in its order, whatever is known and however often one is in it', async () => {
      const [store, other] = [await open(), await open()];
      expect(await store.userIds([])).toEqual([]);
      const known = await store.userId(named('n3'));
      const list = [...accounts(5), named('n0'), named('n3'), ...distinct];
      const ids = await store.userIds(list);
      expect(ids).toHaveLength(list.length);
      expect([ids[3], ids[5], ids[6]]).toEqual([known, ids[0], known]);
      expect(new Set(ids).size).toBe(5 + distinct.length);
      expect(await other.userIds(list)).toEqual(ids);
      for (const [n, key] of list.entries()) expect(await other.userId(key)).toBe(ids[n]);
    });

    test('lists that overlap, at once, agree and leave no gap', async () => {
      const stores = await Promise.all([open(), open(), open(), open()]);
      const all = accounts(60);
      const lists = [all, all.toReversed(), all.slice(0, 40), all.slice(20)];
      const ids = await Promise.all(stores.map((store, n) => store.userIds(lists[n] ?? [])));
      const pairs = lists.flatMap((list, n) => list.map(({ nativeId }, at) => `${nativeId} ${ids[n]?.[at]}`));
      expect(new Set(pairs).size).toBe(60);
      expect([...(ids[0] ?? [])].sort((one, other) => one - other)).toEqual(all.map((_account, n) => n + 1));
    });

    test('a list with more new accounts than there are ids gets none', async () => {
      const store = await open();
      const id = await store.userId(named('first'));
      await fresh.skipTo(LARGEST - 1);
      await expect(store.userIds([named('first'), named('x'), named('y')])).rejects.toEqual(unavailable);
      expect(await store.userIds([named('y'), named('first')])).toEqual([LARGEST, id]);
    });

    test('an id is not reused after a restart', async () => {
      const store = await open();
      const old = await Promise.all(accounts(5).map(store.userId));
      await store.close();
      expect(old).not.toContain(await (await open()).userId(named('new')));
    });

    test('after the largest id, a new account is unavailable and a known one is not', async () => {
      const store = await open();
      const id = await store.userId(named('first'));
      await fresh.skipTo(LARGEST - 1);
      expect(await store.userId(named('last'))).toBe(LARGEST);
      for (const late of ['x', 'y', 'x']) await expect(store.userId(named(late))).rejects.toEqual(unavailable);
      expect(await store.userId(named('first'))).toBe(id);
      expect(await store.userId(named('last'))).toBe(LARGEST);
    });

    test('it can be asked whether it answers and can be written', async () => {
      const store = await open();
      await store.ping();
      await store.checkWritable();
      expect(await dump(store)).toMatchObject({ lastUserId: 0, accounts: [] });
      await store.close();
      await expect(store.ping()).rejects.toEqual(unavailable);
      await expect(store.checkWritable()).rejects.toEqual(unavailable);
    });

    test('close is idempotent, and a closed store is unavailable', async () => {
      const store = await open();
      await store.userId(account);
      await store.close();
      await store.close();
      await expect(store.userId(account)).rejects.toEqual(unavailable);
      await expect(store.userIds([account])).rejects.toEqual(unavailable);
    });

    test('attempts are counted, and given back', async () => {
      const { attempts } = await open();
      const counter = attempts({ name: 'some', max: 3, seconds: 900 });
      const taken = async (subject: string, count: number) => {
        const all: boolean[] = [];
        for (let n = 0; n < count; n++) all.push(await counter.take(subject));
        return all;
      };
      expect(await taken('a', 5)).toEqual([true, true, true, false, false]);
      expect(await counter.take('b')).toBe(true);
      expect(await attempts({ name: 'other', max: 1, seconds: 900 }).take('a')).toBe(true);
      await counter.giveBack('a');
      expect(await taken('a', 2)).toEqual([true, false]);
    });

    proposalSuite(open, (userId) => fresh.skipTo(userId));
    contentSuite(open, distinct);
    pagesSuite(open);
    ledgerSuite(open);
    signInStoreSuite(open, (store, nativeId) => store.userId(named(nativeId)));
  });
}
