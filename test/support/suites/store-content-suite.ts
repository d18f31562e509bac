import { describe, expect, test } from '@jest/globals';
import { ROWS_PER_PAGE, type StoreContent, snapshotOf } from '../../../src/store/snapshot.js';
import type { AccountKey, Store, StoredSession, TicketRecord } from '../../../src/store/store.js';
import { dump } from '../dump.js';
import { ledgerRow } from './store-ledger-suite.js';

const NOW = Date.UTC(2030, 0, 1);

const ticket: TicketRecord = {
  digest: 'a ticket',
  application: 'an application',
  expiresAt: NOW,
  sealed: Uint8Array.of(0, 1, 255),
};

/** The content of a store with records of every kind, and with gaps between its user_ids. */
export function contentWith(accounts: readonly AccountKey[]): StoreContent {
  const known = accounts.map((account, n) => ({ ...account, userId: 3 * n + 2 }));
  const session = (n: number, lastUsed: number | undefined): StoredSession => ({
    digest: `session ${n}`,
    application: 'an application',
    userId: known[n]?.userId ?? 0,
    createdAt: NOW - n,
    lastUsed,
    sealed: Uint8Array.of(n % 256, 0, 128),
  });
  return {
    lastUserId: 3 * known.length + 100,
    accounts: known,
    masterKey: Uint8Array.of(7, 0, 200),
    tickets: [ticket, { ...ticket, digest: 'b ticket', expiresAt: NOW + 1 }],
    sessions: [session(0, undefined), session(1, NOW + 5)],
    ledger: [ledgerRow({ count: 7, last: NOW + 1 }), ledgerRow({ name: 'logout', outcome: 'served', cause: '' })],
  };
}

/** The content in a form that compares: bytes as numbers, and no key whose value is undefined. */
export function plainContent(content: StoreContent): unknown {
  return JSON.parse(
    JSON.stringify({
      ...content,
      masterKey: content.masterKey && [...content.masterKey],
      tickets: content.tickets.map((each) => ({ ...each, sealed: [...each.sealed] })),
      sessions: content.sessions.map((each) => ({ ...each, sealed: [...each.sealed] })),
    }),
  );
}

/** The contract of `ping`, `snapshot` and `load`. `accounts` MUST be distinct. */
export function contentSuite(open: () => Promise<Store>, accounts: readonly AccountKey[]): void {
  const content = contentWith(accounts);

  test('ping succeeds', async () => {
    await (await open()).ping();
  });

  describe('the content', () => {
    test('of a new store is empty', async () => {
      expect(await dump(await open())).toEqual({
        lastUserId: 0,
        accounts: [],
        masterKey: undefined,
        tickets: [],
        sessions: [],
        ledger: [],
      });
    });

    test('is loaded unchanged', async () => {
      const [one, other] = [await open(), await open()];
      expect(await one.load(snapshotOf(content))).toBe(true);
      expect(plainContent(await dump(other))).toEqual(plainContent(content));
      for (const { userId, ...key } of content.accounts) {
        expect([key, await other.userId(key)]).toEqual([key, userId]);
        expect(await other.accountOf(userId)).toEqual(key);
      }
      const sessions = (await other.sessions()).map(({ nativeId: _, ...session }) => session).toReversed();
      expect(plainContent({ ...content, sessions })).toEqual(plainContent(content));
    });

    test('continues after the last user_id assigned, even if no account has it any more', async () => {
      const store = await open();
      await store.load(snapshotOf(content));
      const [first = accounts[0]] = accounts;
      if (!first) throw new Error('no account');
      expect(await store.userId({ ...first, nativeId: 'quite another' })).toBe(content.lastUserId + 1);
      expect((await dump(store)).lastUserId).toBe(content.lastUserId + 1);
    });

    test.each<[what: string, fill: (store: Store) => Promise<unknown>]>([
      [
        'an account',
        (store) => store.userId({ provider: 'golem', baseUrl: 'https://golem.example.com', nativeId: '1' }),
      ],
      ['a master key', (store) => store.keepMasterKey(Uint8Array.of(1))],
      ['a ticket', (store) => store.addTicket(ticket, NOW)],
      ['a row of the ledger', (store) => store.addToLedger([ledgerRow({})])],
      ['all of the content', (store) => store.load(snapshotOf(content))],
    ])('is not loaded where there is %s', async (_what, fill) => {
      const store = await open();
      await fill(store);
      const before = plainContent(await dump(store));
      expect(await store.load(snapshotOf(content))).toBe(false);
      expect(plainContent(await dump(store))).toEqual(before);
    });

    test('is that of one moment, in pages, whatever is stored and removed meanwhile', async () => {
      const [store, other] = [await open(), await open()];
      const [session] = content.sessions;
      if (!session) throw new Error('no session');
      const digests = Array.from({ length: 2345 }, (_, n) => n.toString(16).padStart(64, '0'));
      const sessions = digests.map((digest) => ({ ...session, digest }));
      await store.load(snapshotOf({ ...content, sessions }));
      const read = await store.snapshot(async (snapshot) => {
        const pages: string[][] = [];
        for await (const page of snapshot.sessions) {
          await other.removeSessions([...digests.slice(0, 10), ...digests.slice(-10)]);
          await other.addSession({ ...session, digest: `${digests[2000]} and more` });
          pages.push(page.map(({ digest }) => digest));
        }
        return { pages, count: snapshot.counts.sessions };
      });
      expect(read.pages.map(({ length }) => length)).toEqual([ROWS_PER_PAGE, ROWS_PER_PAGE, 345]);
      expect(read.pages.flat()).toEqual(digests);
      expect(read.count).toBe(digests.length);
      expect((await dump(store)).sessions).toHaveLength(digests.length - 19);
    });

    test('is loaded completely or not at all', async () => {
      const store = await open();
      const wrong = { ...content, tickets: [...content.tickets, ticket] };
      await expect(store.load(snapshotOf(wrong))).rejects.toMatchObject({ reason: 'unavailable' });
      expect((await dump(store)).accounts).toEqual([]);
      expect(await store.load(snapshotOf(content))).toBe(true);
    });

    test('is loaded once of three times at the same moment', async () => {
      const stores = await Promise.all([open(), open(), open()]);
      const done = await Promise.all(stores.map((store) => store.load(snapshotOf(content))));
      expect(done.filter((one) => one)).toHaveLength(1);
      expect(plainContent(await dump(await open()))).toEqual(plainContent(content));
    });
  });
}
