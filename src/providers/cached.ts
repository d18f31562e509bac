import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Account, Provider } from './provider.js';

export interface CacheScope {
  /** Which modern API, and where: a write there puts everything that was read there out of date. */
  readonly api: string;
  /** How long an account is kept; at 0 not at all, but equal reads at one moment are still one. */
  readonly seconds: number;
}

const ACCOUNTS = 10_000;

/**
 * Puts the reads of providers behind one cache: equal reads at one moment make one request, and an account is kept as
 * long as its application says. What one credential has read, no other gets.
 */
export function createCache(): (provider: Provider, scope: CacheScope) => Provider {
  const accounts = new LRUCache<string, Account, () => Promise<Account>>({
    max: ACCOUNTS,
    fetchMethod: (_key, _stale, { context: read }) => read(),
    // Who waits for a read gets it, even if a write has made sure meanwhile that nobody else does.
    ignoreFetchAbort: true,
  });

  return (provider, { api, seconds }) => {
    const { readAccount, readAccountOf, updateAccount, changePassword, deleteAccount, createAccount } = provider;

    const reading = async (credential: string, nativeId: string, read: () => Promise<Account>): Promise<Account> => {
      const whose = createHash('sha256')
        .update(JSON.stringify([credential, nativeId]))
        .digest('hex');
      const key = `${api} ${whose}`;
      const account = await accounts.fetch(key, { ttl: seconds * 1000, context: read });
      if (seconds === 0) accounts.delete(key);
      return account ?? read();
    };

    const forget = () => {
      for (const key of [...accounts.keys()]) if (key.startsWith(`${api} `)) accounts.delete(key);
    };
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
