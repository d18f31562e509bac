import { existsSync } from 'node:fs';
import { Fault } from '../core/fault.js';
import { messageOf } from '../shared/errors.js';
import { nameOfStore, openStore, type StorePlace } from './open.js';
import { isEmpty } from './snapshot.js';
import type { Pages, Store, StoreHead, StoreSnapshot } from './store.js';

/** Told how many rows there are to copy; gives what is told of those that are copied. */
export type WatchCopy = (rows: number) => (copied: number) => void;

/**
 * Copies all that a store has at one moment into an empty one, page by page in one transaction: all or nothing, also where
 * it is killed. Throws an Error with one line for the operator where nothing was copied.
 */
export async function copyStore(
  from: StorePlace,
  to: StorePlace,
  watch: WatchCopy = () => () => {},
): Promise<StoreHead> {
  if (from.kind === 'sqlite' && !existsSync(from.path)) throw new Error(`there is no store ${from.path}`);
  return withStore(from, (source) =>
    source.snapshot(async (snapshot) => {
      if (isEmpty(snapshot)) throw new Error(`the store ${nameOfStore(from)} is empty; there is nothing to copy`);
      const watched = watchedBy(watch, snapshot, from);
      if (!(await withStore(to, (target) => target.load(watched))))
        throw new Error(`the store ${nameOfStore(to)} is not empty; copy into a new one`);
      return snapshot;
    }),
  );
}

/** A snapshot whose errors name its store, and whose rows are told. */
function watchedBy(watch: WatchCopy, snapshot: StoreSnapshot, place: StorePlace): StoreSnapshot {
  const { accounts, tickets, sessions, ledger, counts } = snapshot;
  const tell = watch(Object.values(counts).reduce((sum, count) => sum + count));
  async function* told<T>(pages: Pages<T>): AsyncGenerator<readonly T[]> {
    const read = pages[Symbol.asyncIterator]();
    for (;;) {
      const page = await read.next().catch((error: unknown) => failed(place, error));
      if (page.done) return;
      yield page.value;
      tell(page.value.length);
    }
  }
  return {
    ...snapshot,
    accounts: told(accounts),
    tickets: told(tickets),
    sessions: told(sessions),
    ledger: told(ledger),
  };
}

async function withStore<T>(place: StorePlace, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(place);
  try {
    return await work(store);
  } catch (error) {
    return failed(place, error);
  } finally {
    await store.close();
  }
}

/** Throws what a store failed with, as a line for the operator. */
function failed(place: StorePlace, error: unknown): never {
  if (!(error instanceof Fault)) throw error;
  throw new Error(`the store ${nameOfStore(place)} failed, and nothing was copied (${messageOf(error.cause)})`);
}
