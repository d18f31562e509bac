import { describe, expect, test } from '@jest/globals';
import { sessionPages } from '../../../src/store/session-pages.js';
import { snapshotOf } from '../../../src/store/snapshot.js';
import { type KnownSession, SESSIONS_PER_PAGE, type Store } from '../../../src/store/store.js';

const NOW = Date.UTC(2030, 0, 1);
const unavailable = expect.objectContaining({ name: 'Fault', reason: 'unavailable' });

/** More than two pages; many are of the same millisecond, and digests do not follow time. */
const COUNT = 2345;

const session = (n: number): KnownSession => ({
  digest: ((n * 7919) % COUNT).toString(16).padStart(64, '0'),
  application: `application ${n % 2}`,
  userId: 1,
  nativeId: 'a1',
  createdAt: NOW + Math.floor(n / 1500),
  lastUsed: undefined,
  sealed: Uint8Array.of(n % 256),
});

const stored = Array.from({ length: COUNT }, (_, n) => session(n));

/** The digests of sessions in the order that lists have. */
function inOrder(sessions: readonly KnownSession[]): string[] {
  return sessions
    .toSorted((one, other) => one.createdAt - other.createdAt || (one.digest < other.digest ? -1 : 1))
    .map(({ digest }) => digest);
}

/** The contract of lists of sessions that are long. */
export function pagesSuite(open: () => Promise<Store>): void {
  async function openWith(sessions: readonly KnownSession[]): Promise<Store> {
    const store = await open();
    const accounts = [{ provider: 'seatable', baseUrl: 'https://cloud.example.com', nativeId: 'a1', userId: 1 }];
    await store.load(snapshotOf({ lastUserId: 1, accounts, masterKey: undefined, tickets: [], sessions, ledger: [] }));
    return store;
  }

  async function pagesIn(store: Store): Promise<string[][]> {
    const pages: string[][] = [];
    for await (const page of sessionPages(store)) pages.push(page.map(({ digest }) => digest));
    return pages;
  }

  describe('thousands of sessions', () => {
    test('are listed in pages, in the same order as in one', async () => {
      const pages = await pagesIn(await openWith(stored));
      expect(pages.map(({ length }) => length)).toEqual([SESSIONS_PER_PAGE, SESSIONS_PER_PAGE, 345]);
      expect(pages.flat()).toEqual(inOrder(stored));
    });

    test('are each listed once, whatever is stored and removed meanwhile', async () => {
      const [store, other] = [await openWith(stored), await open()];
      const [before, after] = [-1, 10].map((ms) => ({ ...session(0), digest: `at ${ms}`, createdAt: NOW + ms }));
      const [gone = '', ...kept] = inOrder(stored).slice(SESSIONS_PER_PAGE);
      const listed: string[] = [];
      for await (const page of sessionPages(store)) {
        // The page that is held ends with a session that is removed.
        await other.removeSessions([gone, ...page.map(({ digest }) => digest)]);
        if (listed.length === 0 && before && after) for (const each of [before, after]) await other.addSession(each);
        listed.push(...page.map(({ digest }) => digest));
      }
      expect(listed).toEqual([...inOrder(stored).slice(0, SESSIONS_PER_PAGE), ...kept, 'at 10']);
      expect(await pagesIn(other)).toEqual([['at -1']]);
    });

    test('are removed as far as they are there', async () => {
      const [store, other] = [await openWith(stored), await open()];
      const digests = stored.filter(({ application }) => application === 'application 0').map(({ digest }) => digest);
      const handles = [store, other];
      const counts = await Promise.all(handles.map((handle) => handle.removeSessions([...digests, 'nobody'])));
      expect(counts.toSorted((one, less) => less - one)).toEqual([1173, 0]);
      expect(await store.removeSessions([])).toBe(0);
      expect((await pagesIn(store)).flat()).toEqual(
        inOrder(stored.filter(({ application }) => application.endsWith('1'))),
      );
    });

    test('are counted by the beginning of their digests', async () => {
      const digests = ['ab', 'abc', 'ab\u{10fffe}', 'abz', 'aB', 'ac', 'a', 'b', 'a_', 'a%'];
      const store = await openWith(digests.map((digest) => ({ ...session(0), digest })));
      const found = async (prefix: string) => {
        const { count, digest } = await store.sessionsByPrefix(prefix);
        return [count, digest];
      };
      expect(await found('ab')).toEqual([4, 'ab']);
      expect(await found('abc')).toEqual([1, 'abc']);
      expect(await found('a')).toEqual([9, 'a']);
      for (const prefix of ['a%', 'a_', 'aB', 'ac', 'b']) expect(await found(prefix)).toEqual([1, prefix]);
      for (const prefix of ['abcd', 'A', '%', '_', "'"]) expect(await found(prefix)).toEqual([0, undefined]);
    });

    test('are unavailable in a closed store', async () => {
      const store = await openWith([]);
      await store.close();
      const works = [() => store.removeSessions(['s']), () => store.sessionsByPrefix('s'), () => pagesIn(store)];
      for (const work of works) await expect(work()).rejects.toEqual(unavailable);
    });
  });
}
