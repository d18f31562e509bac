import type { KnownSession, Store } from './store.js';

/**
 * All sessions, page by page, the oldest first. A session that is there from the first page to the last is given once; of
 * one that is stored or removed meanwhile nothing is promised.
 */
export async function* sessionPages({ sessions }: Pick<Store, 'sessions'>): AsyncGenerator<readonly KnownSession[]> {
  for (let page = await sessions(); page.length > 0; page = await sessions(page.at(-1))) yield page;
}
