import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { toFault } from '../../src/core/fault.js';
import { type CacheOptions, createCache } from '../../src/providers/cache.js';
import { golem } from '../../src/providers/golem.js';
import { previsto } from '../../src/providers/previsto.js';
import type { Account, Provider } from '../../src/providers/provider.js';
import { createUpstreams } from '../../src/upstream/client.js';
import { afterwards } from '../support/cleanup.js';
import { startBridge } from '../support/servers/bridge.js';
import { startUpstream, type Upstream } from '../support/servers/upstream.js';

let upstream: Upstream;
/** What the modern API does before it answers a GET, and before it answers anything else. */
let beforeGet: () => Promise<void>;
let beforeWrite: () => Promise<void>;
let status: number;

/** A modern API with one account for every credential; its name has the number of requests so far. */
beforeEach(async () => {
  status = 200;
  beforeGet = async () => {};
  beforeWrite = async () => {};
  let reads = 0;
  upstream = await startUpstream(async (request, response) => {
    reads += 1;
    const name = `read ${reads}`;
    await (request.method === 'GET' ? beforeGet() : beforeWrite());
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ id: 'acct_1', name, values: [{ id: 'acct_1', name }] }));
  });
});
afterEach(() => upstream.close());

const requests = (method = 'GET') => upstream.received.filter((request) => request.method === method).length;

/** A promise, and the function that fulfils it. */
function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe('a cache', () => {
  let time: number;
  let cached: (provider: Provider, options: CacheOptions) => Provider;

  beforeEach(() => {
    time = 1000;
    const cache = createCache(() => time);
    cached = (connected, options) => cache(options)(connected);
  });

  /** A provider of the test's API, behind the cache. */
  function provider({ seconds = 60, api = 'here', kind = previsto } = {}): Provider {
    return cached(
      kind.connect({
        baseUrl: upstream.url,
        settings: {},
        send: createUpstreams({ timeoutMs: 2000 }).sendFor({ baseUrl: upstream.url }),
      }),
      { api, seconds },
    );
  }

  test.each([0, 60])('makes one request of 50 equal reads at one moment, at %i s', async (seconds) => {
    const { readAccount } = provider({ seconds });
    const accounts = await Promise.all(Array.from({ length: 50 }, () => readAccount('k')));
    expect(new Set(accounts.map(({ name }) => name))).toEqual(new Set(['read 1']));
    expect(requests()).toBe(1);
  });

  test('keeps an account as long as `seconds`, and no longer', async () => {
    const { readAccount } = provider({ seconds: 60 });
    expect(await readAccount('k')).toMatchObject({ name: 'read 1' });
    time += 59_999;
    expect(await readAccount('k')).toMatchObject({ name: 'read 1' });
    time += 2;
    expect(await readAccount('k')).toMatchObject({ name: 'read 2' });
    time += 59_999;
    expect(await readAccount('k')).toMatchObject({ name: 'read 2' });
    expect(requests()).toBe(2);
  });

  test('keeps nothing at 0 s', async () => {
    const { readAccount } = provider({ seconds: 0 });
    for (const name of ['read 1', 'read 2', 'read 3']) expect(await readAccount('k')).toMatchObject({ name });
  });

  test('keeps nothing for an application at 0 s, whatever others of the same API keep', async () => {
    const [keeping, asking] = [provider({ seconds: 60 }), provider({ seconds: 0 })];
    expect(await keeping.readAccount('k')).toMatchObject({ name: 'read 1' });
    expect(await asking.readAccount('k')).toMatchObject({ name: 'read 2' });
    expect(await asking.readAccount('k')).toMatchObject({ name: 'read 3' });
    expect(await keeping.readAccount('k')).toMatchObject({ name: 'read 1' });
  });

  test('keeps apart what differs by as little as can be', async () => {
    const first = provider();
    const second = provider({ api: 'here ' });
    await first.readAccount('k');
    await Promise.all([first.readAccount('K'), first.readAccount('k '), first.readAccount(`k","`).catch(toFault)]);
    await second.readAccount('k');
    const read = requests();
    expect(read).toBe(5);
    await first.readAccount('k');
    expect(requests()).toBe(read);
  });

  test("keeps another's account apart from one's own", async () => {
    const { readAccount, readAccountOf } = provider({ kind: golem });
    expect(await readAccount('k')).toMatchObject({ name: 'read 1' });
    expect(await readAccountOf?.('k', 'acct_1')).toMatchObject({ name: 'read 3' });
    expect(await readAccountOf?.('k', 'acct_1')).toMatchObject({ name: 'read 3' });
    expect(await readAccountOf?.('k', 'acct_2')).toMatchObject({ name: 'read 5' });
    expect(await readAccount('k')).toMatchObject({ name: 'read 1' });
  });

  test.each([0, 60])('keeps no failure, at %i s', async (seconds) => {
    const { readAccount } = provider({ seconds });
    status = 500;
    const faults = await Promise.all([1, 2, 3].map(() => readAccount('k').then(undefined, toFault)));
    expect(faults).toEqual(Array(3).fill(expect.objectContaining({ reason: 'unavailable' })));
    expect(requests()).toBe(1);
    status = 200;
    expect(await readAccount('k')).toMatchObject({ name: 'read 2' });
  });

  test('does not keep an account for the failure of a later read', async () => {
    const { readAccount } = provider({ seconds: 60 });
    await readAccount('k');
    time += 60_001;
    status = 401;
    expect(await readAccount('k').then(undefined, toFault)).toMatchObject({ reason: 'unauthenticated' });
  });

  test.each([200, 422, 503])('is emptied by a write that is answered with %i', async (answer) => {
    const [writer, reader, elsewhere] = [provider(), provider(), provider({ api: 'there' })];
    await reader.readAccount('other');
    await elsewhere.readAccount('k');
    status = answer;
    await writer.updateAccount?.send('k', { name: 'n' }).catch(toFault);
    status = 200;
    expect(await reader.readAccount('other')).toMatchObject({ name: 'read 4' });
    expect(await elsewhere.readAccount('k')).toMatchObject({ name: 'read 2' });
  });

  /** A call of every write there is; a new method of Provider does not compile until it is here or a read. */
  const writes: Record<
    Exclude<keyof Provider, `read${string}` | 'findAccounts' | 'login'>,
    (api: Provider) => unknown
  > = {
    updateAccount: (api) => api.updateAccount?.send('k', { name: 'n' }),
    changePassword: (api) => api.changePassword?.('k', 'old', 'new'),
    deleteAccount: (api) => api.deleteAccount?.('k'),
    createAccount: (api) => api.createAccount?.('k', 'n', 'e@example.com'),
  };

  test.each(Object.entries(writes))('is emptied by %s, at its begin and at its end', async (name, write) => {
    let reads = 0;
    const account = async () => ({ nativeId: '1', login: '', email: '', attributes: {} });
    const { promise, resolve } = deferred();
    let written = 0;
    const writing = async () => {
      written += 1;
      await promise;
      return account();
    };
    const readAccount = async () => {
      reads += 1;
      return account();
    };
    const api = cached(
      {
        readAccount,
        updateAccount: { fields: ['name'], send: writing },
        changePassword: writing,
        deleteAccount: async () => void (await writing()),
        createAccount: writing,
      },
      { api: name, seconds: 60 },
    );
    await api.readAccount('k');
    const ended = write(api);
    expect(written).toBe(1);
    await api.readAccount('k');
    await api.readAccount('k');
    expect(reads).toBe(2);
    resolve();
    await ended;
    await api.readAccount('k');
    expect(reads).toBe(3);
  });

  test.each([0, 60])('keeps apart credentials and ids that read alike when put together, at %i s', async (seconds) => {
    const reads: string[][] = [];
    const readAccountOf = async (...read: [string, string]): Promise<Account> => {
      reads.push(read);
      return { nativeId: read[1], login: '', email: '', attributes: {} };
    };
    const api = cached(
      { readAccount: (credential) => readAccountOf(credential, ''), readAccountOf },
      { api: 'x', seconds },
    );
    await Promise.all([api.readAccountOf?.('a\nb', 'c'), api.readAccountOf?.('a', 'b\nc'), api.readAccount('a\nb\nc')]);
    expect(reads).toHaveLength(3);
  });

  test.each([0, 60])('rejects where a provider throws at once, at %i s', async (seconds) => {
    const readAccount = () => {
      throw new Error('at once');
    };
    const reading = cached({ readAccount }, { api: 'x', seconds }).readAccount('k');
    await expect(reading).rejects.toThrow('at once');
  });

  test('keeps apart what was read with other settings, and a write with any empties them all', async () => {
    const of = (settings: Record<string, string>) => {
      const send = createUpstreams({ timeoutMs: 2000 }).sendFor({ baseUrl: upstream.url });
      const connected = previsto.connect({ baseUrl: upstream.url, settings: {}, send });
      return cached(connected, { api: 'here', settings, seconds: 60 });
    };
    const [one, same, other] = [of({ workspace: 'a' }), of({ workspace: 'a' }), of({ workspace: 'b' })];
    expect(await one.readAccount('k')).toMatchObject({ name: 'read 1' });
    expect(await same.readAccount('k')).toMatchObject({ name: 'read 1' });
    expect(await other.readAccount('k')).toMatchObject({ name: 'read 2' });
    await one.updateAccount?.send('k', { name: 'n' });
    expect(await other.readAccount('k')).toMatchObject({ name: 'read 4' });
  });

  test('gives a read in flight at a write to no caller after it', async () => {
    const api = provider();
    const { promise, resolve } = deferred();
    beforeGet = () => promise;
    const before = api.readAccount('k');
    await until(() => requests() === 1);
    await api.updateAccount?.send('k', { name: 'n' });
    beforeGet = async () => {};
    expect(await api.readAccount('k')).toMatchObject({ name: 'read 3' });
    resolve();
    expect(await before).toMatchObject({ name: 'read 1' });
    expect(await api.readAccount('k')).toMatchObject({ name: 'read 3' });
  });

  test('gives a read during a write to no caller after it, and none from before it to any', async () => {
    const api = provider();
    await api.readAccount('k');
    const { promise, resolve } = deferred();
    beforeWrite = () => promise;
    const writing = api.updateAccount?.send('k', { name: 'n' });
    await until(() => requests('POST') === 1);
    expect(await api.readAccount('k')).toMatchObject({ name: 'read 3' });
    resolve();
    await writing;
    expect(await api.readAccount('k')).toMatchObject({ name: 'read 4' });
  });

  test('keeps ten thousand accounts, the last ones', async () => {
    let reads = 0;
    const readAccount = async (credential: string): Promise<Account> => {
      reads += 1;
      return { nativeId: credential, login: '', email: '', attributes: {} };
    };
    const api = cached({ readAccount }, { api: 'many', seconds: 60 });
    for (let each = 0; each <= 10_000; each += 1) await api.readAccount(`${each}`);
    await api.readAccount('10000');
    await api.readAccount('1');
    expect(reads).toBe(10_001);
    await api.readAccount('0');
    expect(reads).toBe(10_002);
  });
});

describe('a cache of large accounts', () => {
  test('keeps no more of them than fit into 32 MiB, the last ones', async () => {
    let reads = 0;
    const account = (mebibytes: number): Account => ({
      ...{ nativeId: 'a', login: 'a', email: 'a@example.com' },
      attributes: { meta: { picture: 'x'.repeat(mebibytes * 2 ** 20) }, list: [1, null, true, 'text'] },
    });
    const connected = (mebibytes: number) =>
      createCache()({ api: 'here', seconds: 60 })({
        readAccount: async () => {
          reads += 1;
          return account(mebibytes);
        },
        findAccounts: undefined,
      });
    const large = connected(1);
    for (let n = 0; n < 40; n += 1) await large.readAccount(`${n}`);
    expect(reads).toBe(40);
    for (let n = 39; n >= 9; n -= 1) await large.readAccount(`${n}`);
    expect(reads).toBe(40);
    await large.readAccount('8');
    expect(reads).toBe(41);
    const tooLarge = connected(33);
    for (let n = 0; n < 2; n += 1) expect((await tooLarge.readAccount('a')).nativeId).toBe('a');
    expect(reads).toBe(43);
  });
});

describe('a bridge', () => {
  /** Calls a bridge with two applications that differ in this, and the requests that come of it. */
  async function bridgeWith(one: Record<string, unknown>, other: Record<string, unknown> = {}) {
    const common = { provider: 'previsto', base_url: upstream.url, cache_seconds: 60 };
    const applications = [
      { api_key: 'one', ...common, ...one },
      { api_key: 'other', ...common, ...other },
    ];
    const bridge = await startBridge({ applications });
    afterwards(bridge.close);
    return async (action: string, api_key: string, auth_token: string, more: Record<string, string> = {}) => {
      const body = new URLSearchParams({ action, api_key, auth_token, ...more });
      const response = await fetch(`${bridge.url}/api/1.0/rest`, { method: 'POST', body });
      return /<status>(.*?)<\/status>/.exec(await response.text())?.[1];
    };
  }

  test('reads an account once for both its actions and all equal calls', async () => {
    const call = await bridgeWith({});
    const calls = Array.from({ length: 20 }, () => call('get_account_info', 'one', 'sk_1'));
    expect(await Promise.all(calls)).toEqual(Array(20).fill('get_account_info_ok'));
    expect(await call('get_account_details', 'one', 'sk_1')).toBe('get_account_details_ok');
    expect(requests()).toBe(1);
  });

  test('reads anew at every call with cache_seconds 0', async () => {
    const call = await bridgeWith({ cache_seconds: 0 });
    for (const count of [1, 2, 3]) {
      await call('get_account_info', 'one', 'sk_1');
      expect(requests()).toBe(count);
    }
  });

  test.each([200, 422])(
    'reads anew after a write that is answered with %i, its own read-back included',
    async (answer) => {
      const call = await bridgeWith({});
      await call('get_account_info', 'one', 'sk_1');
      status = answer;
      await call('update_account', 'one', 'sk_1', { name: 'n' });
      status = 200;
      const before = requests();
      expect(before).toBe(answer === 200 ? 2 : 1);
      await call('get_account_info', 'other', 'sk_1');
      expect(requests()).toBe(2);
    },
  );

  test('gives what one credential has read to no other', async () => {
    const call = await bridgeWith({});
    await Promise.all(['sk_1', 'sk_2'].map((token) => call('get_account_info', 'one', token)));
    expect(upstream.received.map(({ headers }) => headers.authorization).sort()).toEqual(
      ['sk_1', 'sk_2'].map((key) => `Basic ${Buffer.from(`${key}:`).toString('base64')}`),
    );
  });

  test('never shares between applications that differ in any setting', async () => {
    const terraform = (password_keys: string) => ({ provider: 'terraform', password_keys });
    const call = await bridgeWith(terraform('kebab'), terraform('snake'));
    await Promise.all(['one', 'other'].map((key) => call('get_account_info', key, 'same')));
    expect(requests()).toBe(2);
  });

  test.each([
    ['base_url', {}, () => ({ base_url: `${upstream.url}/other` })],
    ['account_id', { provider: 'golem', account_id: 'a' }, () => ({ provider: 'golem', account_id: 'b' })],
  ])('never shares between applications of different %s', async (_what, one, other) => {
    const call = await bridgeWith(one, other());
    await Promise.all(['one', 'other'].map((key) => call('get_account_info', key, 'same')));
    const paths = upstream.received.map(({ path }) => path).filter((path) => !path.endsWith('/plan'));
    expect(paths).toHaveLength(2);
    expect(paths[0]).not.toBe(paths[1]);
  });
});
