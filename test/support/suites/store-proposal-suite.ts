import { expect, test } from '@jest/globals';
import type { AskedAccount, Store } from '../../../src/store/store.js';

const LARGEST = 2147483647;

const account = (nativeId: string, proposedUserId?: number): AskedAccount => ({
  provider: 'box',
  baseUrl: 'https://api.example.com',
  nativeId,
  proposedUserId,
});
const ordinary = (count: number, name = 'o') => Array.from({ length: count }, (_, n) => account(`${name}${n}`));
const unavailable = expect.objectContaining({ name: 'Fault', reason: 'unavailable' });

/** What every store does with a user_id that an account proposes. */
export function proposalSuite(open: () => Promise<Store>, skipTo: (userId: number) => Promise<void>): void {
  test('a proposal that is free is the user_id, for ever, and moves no other', async () => {
    const store = await open();
    expect(await store.userId(account('a', 398387))).toBe(398387);
    expect(await store.userIds(ordinary(2))).toEqual([1, 2]);
    expect(await store.userId(account('a'))).toBe(398387);
    expect(await (await open()).userId(account('a', 5))).toBe(398387);
    expect(await store.accountOf(398387)).toEqual({
      provider: 'box',
      baseUrl: 'https://api.example.com',
      nativeId: 'a',
    });
    expect(await (await open()).userId(account('new'))).toBe(3);
  });

  test('an account that is known keeps its id whatever it proposes', async () => {
    const store = await open();
    expect(await store.userId(account('a'))).toBe(1);
    expect(await store.userId(account('a', 398387))).toBe(1);
    expect(await store.userIds([account('b', 398387), account('a', 7)])).toEqual([398387, 1]);
  });

  test('a proposal that another has, or that was counted, is passed over', async () => {
    const store = await open();
    expect(await store.userIds(ordinary(3))).toEqual([1, 2, 3]);
    expect(await store.userId(account('a', 100))).toBe(100);
    expect(await store.userId(account('b', 100))).toBe(4);
    expect(await store.userId(account('c', 2))).toBe(5);
    // An account that is gone had it.
    await skipTo(50);
    expect(await store.userId(account('d', 40))).toBe(51);
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, LARGEST + 1, 2 ** 53])(
    'the proposal %d, which no old program can read, is passed over',
    async (proposal) => {
      const store = await open();
      expect(await store.userId(account('a', proposal))).toBe(1);
      expect(await store.userIds([account('b', proposal), account('c')])).toEqual([2, 3]);
    },
  );

  test('ordinary ids skip those that proposals took', async () => {
    const store = await open();
    for (const id of [2, 3, 6]) expect(await store.userId(account(`p${id}`, id))).toBe(id);
    expect(await store.userIds(ordinary(4))).toEqual([1, 4, 5, 7]);
    expect(await store.userId(account('p9', 9))).toBe(9);
    expect(await store.userId(account('next'))).toBe(8);
    expect(await store.userId(account('last'))).toBe(10);
  });

  test('in a list proposals come first, each account gets one id, and the first of two equal proposals counts', async () => {
    const store = await open();
    const list = [account('o'), account('a', 1), account('b', 1), account('a', 1), account('c', 2)];
    const ids = await store.userIds(list);
    expect(ids).toEqual([3, 1, ids[2], 1, 2]);
    expect(ids[2]).toBe(4);
    expect(await (await open()).userIds(list)).toEqual(ids);
  });

  test('the largest proposals leave all other ids for ordinary accounts', async () => {
    const store = await open();
    const largest = [LARGEST, LARGEST - 1].map((id) => account(`p${id}`, id));
    expect(await store.userIds(largest)).toEqual([LARGEST, LARGEST - 1]);
    expect(await store.userIds(ordinary(3))).toEqual([1, 2, 3]);
    await skipTo(LARGEST - 3);
    expect(await store.userId(account('last'))).toBe(LARGEST - 2);
    await expect(store.userId(account('late'))).rejects.toEqual(unavailable);
    await expect(store.userId(account('late', LARGEST))).rejects.toEqual(unavailable);
    expect(await store.userIds(largest)).toEqual([LARGEST, LARGEST - 1]);
  });

  test('a list that does not fit gives no proposal either', async () => {
    const store = await open();
    await store.userId(account('first'));
    await skipTo(LARGEST - 2);
    const list = [account('a', LARGEST), account('x'), account('y')];
    await expect(store.userIds(list)).rejects.toEqual(unavailable);
    expect(await store.userId(account('b', LARGEST))).toBe(LARGEST);
  });

  test('of first uses at once with the same proposal one gets it, and no two share an id', async () => {
    const stores = await Promise.all([open(), open(), open()]);
    const ids = await Promise.all(
      Array.from({ length: 60 }, (_, n) => stores[n % 3]?.userId(account(`n${n % 20}`, 10 + (n % 4)))),
    );
    expect(new Set(ids).size).toBe(20);
    expect(ids).toEqual(expect.arrayContaining([10, 11, 12, 13]));
    for (const [n, id] of ids.entries()) expect(id).toBe(ids[n % 20]);
  });

  test('a thousand new accounts, half of which propose an id, are told in a moment', async () => {
    const store = await open();
    const list = Array.from({ length: 1000 }, (_, n) => account(`n${n}`, n % 2 === 0 ? 3 * n + 5 : undefined));
    const ids = await store.userIds(list);
    expect(new Set(ids).size).toBe(1000);
    for (const [n, id] of ids.entries()) if (n % 2 === 0) expect(id).toBe(3 * n + 5);
    expect(await store.userIds(list)).toEqual(ids);
  });
}
