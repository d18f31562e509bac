import { existsSync } from 'node:fs';
import { Fault } from '../core/fault.js';
import { messageOf } from '../shared/errors.js';
import { nameOfStore, openStore, type StorePlace } from './open.js';
import { isEmpty, type Store, type StoreContent } from './store.js';

/** Copies a store into an empty one. Throws an Error with one line for the operator where nothing was copied. */
export async function copyStore(from: StorePlace, to: StorePlace): Promise<StoreContent> {
  if (from.kind === 'sqlite' && !existsSync(from.path)) throw new Error(`there is no store ${from.path}`);
  const content = await withStore(from, (store) => store.dump());
  if (isEmpty(content)) throw new Error(`the store ${nameOfStore(from)} is empty; there is nothing to copy`);
  if (!(await withStore(to, (store) => store.load(content))))
    throw new Error(`the store ${nameOfStore(to)} is not empty; copy into a new one`);
  return content;
}

async function withStore<T>(place: StorePlace, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(place);
  try {
    return await work(store);
  } catch (error) {
    const why = messageOf(error instanceof Fault ? error.cause : error);
    throw new Error(`the store ${nameOfStore(place)} failed, and nothing was copied (${why})`);
  } finally {
    await store.close();
  }
}
