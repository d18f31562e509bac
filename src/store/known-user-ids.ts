import { LRUCache } from 'lru-cache';
import type { AccountKey, Store } from './store.js';

/** About three megabytes. */
const MAX_KNOWN = 20_000;

/** The same store, which is not asked again for the user_id of an account that it gave lately: that never changes. */
export function withKnownUserIds(store: Store): Store {
  const known = new LRUCache<string, number>({ max: MAX_KNOWN });
  return {
    ...store,
    userId: async (account) => {
      const key = keyOf(account);
      const found = known.get(key);
      if (found !== undefined) return found;
      const userId = await store.userId(account);
      known.set(key, userId);
      return userId;
    },
    userIds: async (accounts) => {
      const keys = accounts.map(keyOf);
      const found = keys.map((key) => known.get(key));
      if (found.every((userId) => userId !== undefined)) return found;
      const userIds = await store.userIds(accounts);
      for (const [n, key] of keys.entries()) known.set(key, userIds[n]);
      return userIds;
    },
  };
}

function keyOf({ provider, baseUrl, nativeId }: AccountKey): string {
  return JSON.stringify([provider, baseUrl, nativeId]);
}
