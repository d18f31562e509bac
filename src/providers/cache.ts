import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Account, Provider } from './provider.js';

export interface CacheOptions {
  /** Which modern API, and where: a write there puts everything that was read there out of date. */
  readonly api: string;
  /** How long an account is kept; at 0 not at all, but equal reads at one moment are still one. */
  readonly seconds: number;
}

const ACCOUNTS = 10_000;

/**
 * Puts the reads of providers behind one cache: equal reads at one moment make one request, and an account is kept as
 * long as its application says. What one credential has read, no other gets. `now` gives milliseconds.
 */
export function createCache(now = () => performance.now()): (provider: Provider, scope: CacheOptions) => Provider {
  const accounts = new LRUCache<string, Account, () => Promise<Account>>({
    max: ACCOUNTS,
    perf: { now },
    ttlResolution: 0,
    fetchMethod: (_key, _stale, { context: read }) => read(),
    // Who waits for a read gets it, even if the cache has no room for it any more.
    ignoreFetchAbort: true,
  });
  /** How many times a write began or ended at each API: whatever a read began with before is out of date. */
  const writes = new Map<string, number>();

  return (provider, { api, seconds }) => {
    const { readAccount, readAccountOf, updateAccount, changePassword, deleteAccount, createAccount } = provider;

    const reading = async (credential: string, nativeId: string, read: () => Promise<Account>): Promise<Account> => {
      const whose = createHash('sha256')
        .update(JSON.stringify([credential, nativeId]))
        .digest('hex');
      const key = JSON.stringify([api, seconds, writes.get(api) ?? 0, whose]);
      const account = await accounts.fetch(key, { ttl: seconds * 1000, context: read });
      if (seconds === 0) accounts.delete(key);
      return account ?? read();
    };

    const forget = () => void writes.set(api, (writes.get(api) ?? 0) + 1);
    const writing = async <T>(write: () => Promise<T>): Promise<T> => {
      forget();
      return write().finally(forget);
    };

    return {
      ...provider,
      readAccount: (credential) => reading(credential, '', () => readAccount(credential)),
      ...(readAccountOf && {
        readAccountOf: (credential, nativeId) =>
          reading(credential, nativeId, () => readAccountOf(credential, nativeId)),
      }),
      ...(updateAccount && {
        updateAccount: { ...updateAccount, send: (...wish) => writing(() => updateAccount.send(...wish)) },
      }),
      ...(changePassword && { changePassword: (...wish) => writing(() => changePassword(...wish)) }),
      ...(deleteAccount && { deleteAccount: (...wish) => writing(() => deleteAccount(...wish)) }),
      ...(createAccount && { createAccount: (...wish) => writing(() => createAccount(...wish)) }),
    };
  };
}
