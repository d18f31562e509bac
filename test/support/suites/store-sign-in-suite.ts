import { describe, expect, test } from '@jest/globals';
import { type StoreContent, snapshotOf } from '../../../src/store/snapshot.js';
import type { SessionRecord, Store, TicketRecord } from '../../../src/store/store.js';
import { dump } from '../dump.js';

const NOW = Date.UTC(2030, 0, 1);
const unavailable = expect.objectContaining({ name: 'Fault', reason: 'unavailable' });

const nothing: StoreContent = {
  lastUserId: 0,
  accounts: [],
  masterKey: undefined,
  tickets: [],
  sessions: [],
  ledger: [],
};

/** Every byte value, so that a store that treats it as text fails. */
const sealedAs = (tag: number) => Uint8Array.from({ length: 257 }, (_, index) => (index === 0 ? tag : index - 1));

const ticket = (digest: string, expiresAt = NOW): TicketRecord => ({
  digest,
  application: 'an application',
  expiresAt,
  sealed: sealedAs(1),
});

const session = (digest: string, userId: number, createdAt = NOW): SessionRecord => ({
  digest,
  application: 'an application',
  userId,
  createdAt,
  sealed: sealedAs(2),
});

/** A record in a form that compares: bytes as numbers. */
const plain = <T extends { readonly sealed: Uint8Array }>(record: T | undefined) =>
  record && { ...record, sealed: [...record.sealed] };
const numbers = (sealed: Uint8Array | undefined) => sealed && [...sealed];

/** The contract of master key, tickets and sessions. `open` gives another handle on the same data. */
export function signInStoreSuite(
  open: () => Promise<Store>,
  userIdOf: (store: Store, nativeId: string) => Promise<number>,
): void {
  const openSome = () => Promise.all([open(), open(), open(), open()]);

  /** Makes 20 attempts at the same moment, over all handles; gives the indexes of those that give true. */
  async function winners(stores: readonly Store[], attempt: (store: Store, n: number) => Promise<boolean>) {
    const handles = [...stores, ...stores, ...stores, ...stores, ...stores];
    const attempts = handles.map(async (store, n) => ((await attempt(store, n)) ? [n] : []));
    return (await Promise.all(attempts)).flat();
  }

  describe('the master key', () => {
    test('is the first one stored', async () => {
      const [one, other] = [await open(), await open()];
      expect(await one.masterKey()).toBeUndefined();
      expect(numbers(await one.keepMasterKey(sealedAs(1)))).toEqual([...sealedAs(1)]);
      for (const store of [one, other]) {
        expect(numbers(await store.masterKey())).toEqual([...sealedAs(1)]);
        expect(numbers(await store.keepMasterKey(sealedAs(2)))).toEqual([...sealedAs(1)]);
      }
      await one.close();
      expect(numbers(await (await open()).masterKey())).toEqual([...sealedAs(1)]);
    });

    test('is one, however many are stored at the same moment', async () => {
      const stores = await openSome();
      const stored = await Promise.all([...stores, ...stores].map((store, n) => store.keepMasterKey(sealedAs(n))));
      expect(new Set(stored.map((sealed) => sealed[0])).size).toBe(1);
      expect(numbers(await (await open()).masterKey())).toEqual(numbers(stored[0]));
    });

    test('is replaced only where it is the expected one', async () => {
      const [one, other] = [await open(), await open()];
      expect(await one.changeMasterKey(sealedAs(1), sealedAs(2))).toBe(false);
      expect(await one.masterKey()).toBeUndefined();
      await one.keepMasterKey(sealedAs(1));
      expect(await other.changeMasterKey(sealedAs(2), sealedAs(3))).toBe(false);
      expect(await other.changeMasterKey(sealedAs(1).subarray(1), sealedAs(3))).toBe(false);
      expect(await other.changeMasterKey(sealedAs(1), sealedAs(4))).toBe(true);
      expect(numbers(await one.masterKey())).toEqual([...sealedAs(4)]);
      await one.close();
      expect(numbers(await (await open()).masterKey())).toEqual([...sealedAs(4)]);
    });

    test('is replaced once of 20 times at the same moment', async () => {
      const stores = await openSome();
      await (await open()).keepMasterKey(sealedAs(200));
      const won = await winners(stores, (store, n) => store.changeMasterKey(sealedAs(200), sealedAs(n)));
      expect(won).toHaveLength(1);
    });
  });

  describe('a ticket', () => {
    test('is found as it was stored, and persists', async () => {
      const [one, other] = [await open(), await open()];
      await one.addTicket(ticket('t'), NOW);
      expect(plain(await other.ticket('t'))).toEqual(plain(ticket('t')));
      for (const near of ['T', 't ', '', 'tt', '%']) expect(await other.ticket(near)).toBeUndefined();
      await one.close();
      expect(plain(await (await open()).ticket('t'))).toEqual(plain(ticket('t')));
    });

    test('is removed once it is expired and another one is added', async () => {
      const store = await open();
      for (const [digest, end] of [
        ['past', -1],
        ['now', 0],
        ['later', 1],
      ] as const)
        await store.addTicket(ticket(digest, NOW + end), NOW - 1000);
      await (await open()).addTicket(ticket('new', NOW + 1000), NOW);
      const left = await Promise.all(['past', 'now', 'later', 'new'].map(store.ticket));
      expect(left.map((record) => record?.digest)).toEqual([undefined, 'now', 'later', 'new']);
    });

    test('is replaced, with a session or without', async () => {
      const [one, other] = [await open(), await open()];
      const userId = await userIdOf(one, 'a1');
      const changed = { ...ticket('t'), sealed: sealedAs(9) };
      await one.addTicket(ticket('t'), NOW);
      await one.addTicket(ticket('u'), NOW);
      expect(await one.changeTicket(ticket('t'), changed)).toBe(true);
      expect(plain(await other.ticket('t'))).toEqual(plain(changed));
      expect(await one.changeTicket(changed, ticket('t'), session('s', userId))).toBe(true);
      expect(await other.session('s')).toMatchObject({ digest: 's', userId });
      expect(plain(await other.ticket('u'))).toEqual(plain(ticket('u')));
      await one.close();
      expect(plain(await (await open()).ticket('t'))).toEqual(plain(ticket('t')));
    });

    test('is neither replaced nor spent where it has changed', async () => {
      const store = await open();
      const userId = await userIdOf(store, 'a1');
      await store.addTicket(ticket('t'), NOW);
      for (const wrong of [{ ...ticket('t'), sealed: sealedAs(9) }, ticket('other')]) {
        expect(await store.changeTicket(wrong, { ...wrong, sealed: sealedAs(8) }, session('s', userId))).toBe(false);
        expect(await store.spendTicket(wrong, session('s', userId))).toBe(false);
      }
      expect(plain(await store.ticket('t'))).toEqual(plain(ticket('t')));
      expect(await store.sessions()).toEqual([]);
    });

    test('is spent, with a session or without', async () => {
      const [one, other] = [await open(), await open()];
      const userId = await userIdOf(one, 'a1');
      for (const digest of ['t', 'u', 'v']) await one.addTicket(ticket(digest), NOW);
      expect(await one.spendTicket(ticket('t'))).toBe(true);
      expect(await one.spendTicket(ticket('u'), session('s', userId))).toBe(true);
      expect(await other.spendTicket(ticket('t'))).toBe(false);
      await one.close();
      const left = await Promise.all(['t', 'u', 'v'].map(other.ticket));
      expect(left.map((record) => record?.digest)).toEqual([undefined, undefined, 'v']);
      expect((await (await open()).sessions()).map(({ digest }) => digest)).toEqual(['s']);
    });

    test.each(['changeTicket', 'spendTicket'] as const)('one of 20 %s at the same moment wins', async (method) => {
      const stores = await openSome();
      const [store] = stores;
      const userId = await userIdOf(store, 'a1');
      await store.addTicket(ticket('t'), NOW);
      const won = await winners(stores, (handle, n) =>
        method === 'changeTicket'
          ? handle.changeTicket(ticket('t'), { ...ticket('t'), sealed: sealedAs(100 + n) }, session(`s${n}`, userId))
          : handle.spendTicket(ticket('t'), session(`s${n}`, userId)),
      );
      expect(won).toHaveLength(1);
      const [n = -1] = won;
      const after = await open();
      expect((await after.sessions()).map(({ digest }) => digest)).toEqual([`s${n}`]);
      expect((await after.ticket('t'))?.sealed[0]).toBe(method === 'changeTicket' ? 100 + n : undefined);
    });

    test.each(['changeTicket', 'spendTicket'] as const)(
      '%s stores the session in the same transaction',
      async (method) => {
        const store = await open();
        await store.addTicket(ticket('t'), NOW);
        // Of an account that does not exist: a store may reject it.
        const lost = session('s', 4711);
        const work =
          method === 'changeTicket'
            ? store.changeTicket(ticket('t'), { ...ticket('t'), sealed: sealedAs(9) }, lost)
            : store.spendTicket(ticket('t'), lost);
        const won = await work.catch(() => false);
        const after = await open();
        expect((await after.session('s')) !== undefined).toBe(won);
        expect((await after.ticket('t'))?.sealed[0] !== 1).toBe(won);
        // The handle still works.
        await store.addTicket(ticket('u'), NOW);
        expect(await after.ticket('u')).toBeDefined();
      },
    );
  });

  describe('a session', () => {
    test('is found as it was stored, in the list with its account, and persists', async () => {
      const [one, other] = [await open(), await open()];
      const userId = await userIdOf(one, 'a1');
      await one.addSession(session('s', userId));
      const found = { ...plain(session('s', userId)), lastUsed: undefined };
      expect(plain(await other.session('s'))).toEqual(found);
      expect((await other.sessions()).map(plain)).toEqual([{ ...found, nativeId: 'a1' }]);
      for (const near of ['S', 's ', '', '%']) expect(await other.session(near)).toBeUndefined();
      await one.close();
      expect(plain(await (await open()).session('s'))).toEqual(found);
    });

    test('replaces one of the same digest', async () => {
      const store = await open();
      const [userId, otherId] = [await userIdOf(store, 'a1'), await userIdOf(store, 'a2')];
      await store.addSession(session('s', userId));
      await store.touchSessions([['s', NOW + 5]]);
      const next = { ...session('s', otherId, NOW + 9), application: 'another', sealed: sealedAs(7) };
      await (await open()).addSession(next);
      expect(plain(await store.session('s'))).toEqual({ ...plain(next), lastUsed: undefined });
      expect((await store.sessions()).map(({ nativeId }) => nativeId)).toEqual(['a2']);
    });

    test('has its last use recorded, with those of others', async () => {
      const [one, other] = [await open(), await open()];
      const userId = await userIdOf(one, 'a1');
      for (const digest of ['s', 't']) await one.addSession(session(digest, userId));
      await one.touchSessions([['s', NOW + 5]]);
      expect((await other.session('s'))?.lastUsed).toBe(NOW + 5);
      await other.touchSessions([
        ['nobody', NOW + 6],
        ['s', NOW + 6],
      ]);
      await one.close();
      const lastUses = (await (await open()).sessions()).map(({ digest, lastUsed }) => [digest, lastUsed]);
      expect(lastUses).toEqual([
        ['s', NOW + 6],
        ['t', undefined],
      ]);
    });

    test('is removed once', async () => {
      const stores = await openSome();
      const [store] = stores;
      const userId = await userIdOf(store, 'a1');
      for (const digest of ['s', 't']) await store.addSession(session(digest, userId));
      expect(await winners(stores, (handle) => handle.removeSession('s'))).toHaveLength(1);
      expect(await store.removeSession('nobody')).toBe(false);
      await store.close();
      expect((await (await open()).sessions()).map(({ digest }) => digest)).toEqual(['t']);
    });

    test('is listed with the others, the oldest first', async () => {
      const store = await open();
      expect(await store.sessions()).toEqual([]);
      const native = ['ä', '\0', "'; --"];
      const ids = await Promise.all(native.map((nativeId) => userIdOf(store, nativeId)));
      for (const [digest, which, age] of [
        ['b', 0, 2],
        ['a', 1, 1],
        ['d', 2, 3],
        ['c', 0, 3],
      ] as const)
        await store.addSession(session(digest, ids[which] ?? 0, NOW - age));
      const list = await (await open()).sessions();
      expect(list.map(({ createdAt }) => NOW - createdAt)).toEqual([3, 3, 2, 1]);
      expect(list.map(({ digest }) => digest)).toEqual(['c', 'd', 'b', 'a']);
      expect(list.map(({ userId }) => ids.indexOf(userId))).toEqual([0, 2, 0, 1]);
      expect(list.map(({ nativeId }) => nativeId)).toEqual(['ä', "'; --", 'ä', '\0']);
      expect(list.map((each) => [...each.sealed])).toEqual(list.map(() => [...sealedAs(2)]));
    });
  });

  test('a closed store is unavailable', async () => {
    const store = await open();
    const userId = await userIdOf(store, 'a1');
    await store.close();
    for (const work of [
      () => store.masterKey(),
      () => store.keepMasterKey(sealedAs(1)),
      () => store.changeMasterKey(sealedAs(1), sealedAs(2)),
      () => store.addTicket(ticket('t'), NOW),
      () => store.ticket('t'),
      () => store.changeTicket(ticket('t'), ticket('t'), session('s', userId)),
      () => store.spendTicket(ticket('t'), session('s', userId)),
      () => store.addSession(session('s', userId)),
      () => store.session('s'),
      () => store.sessions(),
      () => store.touchSessions([['s', NOW]]),
      () => store.removeSession('s'),
      () => store.ping(),
      () => dump(store),
      () => store.load(snapshotOf(nothing)),
    ])
      await expect(work()).rejects.toEqual(unavailable);
  });

  describe('the lease of a session', () => {
    const other = (record: SessionRecord): SessionRecord => ({ ...record, sealed: sealedAs(9) });
    const stored = async () => {
      const stores = await openSome();
      const [store] = stores;
      if (!store) throw new Error('no store');
      const record = session('a', await userIdOf(store, 'anybody'));
      await store.addSession(record);
      return { stores, store, record };
    };

    test('is one of many that ask at once, and free again when it is released', async () => {
      const { stores, store, record } = await stored();
      const leases: (number | undefined)[] = [];
      const won = await winners(stores, async (each, n) => {
        leases[n] = await each.leaseSession(record, 60_000);
        return leases[n] !== undefined;
      });
      expect(won).toHaveLength(1);
      const lease = leases.find((each) => each !== undefined) ?? 0;
      expect(Math.abs(lease - 60_000 - (await store.now()))).toBeLessThan(30_000);
      await store.releaseSession('a', lease + 1);
      expect(await store.leaseSession(record, 60_000)).toBeUndefined();
      await store.releaseSession('a', lease);
      expect(await store.leaseSession(record, 60_000)).toBeGreaterThan(0);
    });

    test('ends by itself, and one that a clock in the future has given is none', async () => {
      const { store, record } = await stored();
      expect(await store.leaseSession(record, -1)).toBeGreaterThan(0);
      expect(await store.leaseSession(record, 3_600_000)).toBeGreaterThan(0);
      expect(await store.leaseSession(record, 60_000)).toBeGreaterThan(0);
      expect(await store.leaseSession(record, 60_000)).toBeUndefined();
    });

    test('is not given for what is not stored any more', async () => {
      const { store, record } = await stored();
      expect(await store.leaseSession(other(record), 60_000)).toBeUndefined();
      expect(await store.leaseSession({ ...record, digest: 'b' }, 60_000)).toBeUndefined();
    });

    test('a session is changed by one of many, which ends the lease', async () => {
      const { stores, store, record } = await stored();
      await store.leaseSession(record, 60_000);
      expect(await winners(stores, (each) => each.changeSession(record, other(record)))).toHaveLength(1);
      expect(plain(await store.session('a'))).toEqual({ ...plain(other(record)), lastUsed: undefined });
      expect(await store.leaseSession(other(record), 60_000)).toBeGreaterThan(0);
      await store.removeSession('a');
      expect(await store.changeSession(other(record), record)).toBe(false);
    });
  });
}
