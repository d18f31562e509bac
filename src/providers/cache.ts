import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { lazy } from '../shared/lazy.js';
import type { SettingValues } from '../shared/setting.js';
import { textsOf } from '../upstream/pools.js';
import type { TlsFiles } from '../upstream/tls-files.js';
import type { Account, Provider } from './provider.js';

export interface CacheOptions {
  /** Which modern API, and where: a write there invalidates every account that was read there. */
  readonly api: string;
  /** What else a read depends on: only providers that agree in them share accounts. None unless given. */
  readonly settings?: SettingValues;
  /** What reads: of two that differ, neither gets what the other has read. */
  readonly reader?: object;
  /** With what the API is asked: likewise. */
  readonly tls?: TlsFiles;
  /** How long an account is kept; at 0 not at all, but equal reads in flight are still one request. */
  readonly seconds: number;
}

/** Puts the reads of a provider behind the cache. */
export type Cache = (options: CacheOptions) => (provider: Provider) => Provider;

const ACCOUNTS = 10_000;
/** How much of accounts is kept, about in bytes: as many of a kilobyte, and fewer large ones. */
const MAX_SIZE = 32 * 2 ** 20;

/**
 * Puts the reads of providers behind one cache: equal reads in flight make one request (single flight), and an account
 * is kept as long as its application says. What one credential has read, no other gets. `now` gives milliseconds.
 */
export function createCache(now = () => performance.now()): Cache {
  const accounts = lazy(
    () =>
      new LRUCache<string, Account, () => Promise<Account>>({
        max: ACCOUNTS,
        maxSize: MAX_SIZE,
        sizeCalculation: sizeOf,
        perf: { now },
        ttlResolution: 0,
        fetchMethod: (_key, _stale, { context: read }) => read(),
        // A caller that waits for a read gets it, even if the cache has no room for it any more.
        ignoreFetchAbort: true,
      }),
  );
  /** The reads in flight of applications that keep nothing. */
  const inFlight = new Map<string, Promise<Account>>();
  /** How many times a write began or ended at each API: a read that began at a lower number is out of date. */
  const writes = new Map<string, number>();

  const numbers = new WeakMap<object, number>();
  let lastNumber = 0;
  const numberOf = (reader: object): number => {
    const number = numbers.get(reader) ?? ++lastNumber;
    numbers.set(reader, number);
    return number;
  };

  const shared = (key: string, read: () => Promise<Account>): Promise<Account> => {
    const found = inFlight.get(key);
    if (found) return found;
    const reading = read().finally(() => inFlight.delete(key));
    inFlight.set(key, reading);
    return reading;
  };

  const kept = async (key: string, seconds: number, read: () => Promise<Account>): Promise<Account> => {
    // Nothing that is kept holds a credential.
    const digest = digestOf(key);
    // What is there is found without the promises of a fetch.
    const all = accounts();
    return all.get(digest) ?? (await all.fetch(digest, { ttl: seconds * 1000, context: read })) ?? read();
  };

  return ({ api, settings = {}, reader, tls = {}, seconds }) => {
    // Short, for each read makes a key of it.
    const prefix = digestOf(JSON.stringify([api, settings, seconds, reader && numberOf(reader), textsOf(tls)]));

    const cachedRead = async (credential: string, nativeId: string, read: () => Promise<Account>): Promise<Account> => {
      const key = prefix + JSON.stringify([writes.get(api) ?? 0, credential, nativeId]);
      return seconds === 0 ? shared(key, read) : kept(key, seconds, read);
    };

    const invalidate = () => void writes.set(api, (writes.get(api) ?? 0) + 1);
    const write =
      <Parameters extends unknown[], Result>(send: (...parameters: Parameters) => Promise<Result>) =>
      async (...parameters: Parameters): Promise<Result> => {
        invalidate();
        return send(...parameters).finally(invalidate);
      };

    return (provider) => {
      const { readAccount, readAccountOf, updateAccount, changePassword, deleteAccount, createAccount } = provider;
      // A method that is missing here does not compile: left out of the writes, it would serve accounts out of date.
      return {
        // Reads that are cached.
        readAccount: (credential) => cachedRead(credential, '', () => readAccount(credential)),
        readAccountOf:
          readAccountOf &&
          ((credential, nativeId) => cachedRead(credential, nativeId, () => readAccountOf(credential, nativeId))),
        // Reads that are not.
        login: provider.login,
        findAccounts: provider.findAccounts,
        readPlan: provider.readPlan,
        // Writes.
        updateAccount: updateAccount && { ...updateAccount, send: write(updateAccount.send) },
        changePassword: changePassword && write(changePassword),
        deleteAccount: deleteAccount && write(deleteAccount),
        createAccount: createAccount && write(createAccount),
      } satisfies { readonly [Method in keyof Required<Provider>]: Provider[Method] };
    };
  };
}

/** About the bytes that a value takes in memory. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return VALUE_SIZE + value.length;
  if (typeof value !== 'object' || value === null) return VALUE_SIZE;
  return Object.entries(value).reduce((sum, [key, each]) => sum + key.length + sizeOf(each), VALUE_SIZE);
}

const VALUE_SIZE = 16;

function digestOf(text: string): string {
  return hash('sha256', text, 'base64');
}
