import { LRUCache } from 'lru-cache';
import type { Store } from './store.js';

/** About three megabytes. */
const MAX_KNOWN = 20_000;

/** The same store, which is not asked again for the user_id of an account that it gave lately: that never changes. */
export function withKnownUserIds(store: Store): Store {
  const known = new LRUCache<string, number>({ max: MAX_KNOWN });
  return {
    ...store,
    userId: async (account) => {
      const key = JSON.stringify([account.provider, account.baseUrl, account.nativeId]);
      const found = known.get(key);
      if (found !== undefined) return found;
      const userId = await store.userId(account);
      known.set(key, userId);
      return userId;
    },
  };
}
