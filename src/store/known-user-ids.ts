import { LRUCache } from 'lru-cache';
import { lazy } from '../shared/lazy.js';
import type { AccountKey, Store } from './store.js';

/** About six megabytes, with the way back. */
const MAX_KNOWN = 20_000;

/** The same store, which is not asked again for an account and its user_id that it gave lately: they never change. */
export function withKnownUserIds(store: Store): Store {
  const known = lazy(() => new LRUCache<string, number>({ max: MAX_KNOWN }));
  const owners = lazy(() => new LRUCache<number, AccountKey>({ max: MAX_KNOWN }));
  const remember = (key: string, { provider, baseUrl, nativeId }: AccountKey, userId: number) => {
    known().set(key, userId);
    owners().set(userId, { provider, baseUrl, nativeId });
  };
  return {
    ...store,
    accountOf: async (userId) => {
      const owner = owners().get(userId);
      if (owner) return owner;
      const account = await store.accountOf(userId);
      if (account) remember(keyOf(account), account, userId);
      return account;
    },
    userId: async (account) => {
      const key = keyOf(account);
      const found = known().get(key);
      if (found !== undefined) return found;
      const userId = await store.userId(account);
      remember(key, account, userId);
      return userId;
    },
    userIds: async (accounts) => {
      const keys = accounts.map(keyOf);
      const found = keys.map((key) => known().get(key));
      if (found.every((userId) => userId !== undefined)) return found;
      const userIds = await store.userIds(accounts);
      for (const [n, account] of accounts.entries()) {
        const [key, userId] = [keys[n], userIds[n]];
        if (key !== undefined && userId !== undefined) remember(key, account, userId);
      }
      return userIds;
    },
  };
}

function keyOf({ provider, baseUrl, nativeId }: AccountKey): string {
  return JSON.stringify([provider, baseUrl, nativeId]);
}
