import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from '@jest/globals';
import type { Application } from '../../src/applications/application.js';
import { Fault, toFault } from '../../src/core/fault.js';
import { listen } from '../../src/http/listener.js';
import { grantText } from '../../src/oauth/grant.js';
import { createScope, type Scope } from '../../src/shared/scope.js';
import { openSqlite } from '../../src/store/sqlite.js';
import type { Store } from '../../src/store/store.js';
import { systemClock } from '../../src/vault/lives.js';
import { createSealer, type Sealer } from '../../src/vault/seal.js';
import { createSessions } from '../../src/vault/sessions.js';
import { afterwards } from '../support/cleanup.js';
import { vaultApplication } from '../support/servers/applications.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { account } from '../support/suites/store-suite.js';

const HOUR = 3_600_000;
const outcome = <T>(work: Promise<T>) => work.catch((error: unknown) => toFault(error).reason);

let store: Store;
let sealer: Sealer;
let application: Application;
/** The refresh tokens that the vendor was sent; it gives `access-1` and `refresh-1` for the first, and so on. */
let spent: string[];
/** The tokens that the vendor was asked to withdraw. */
let withdrawn: string[];
let authToken: string;
let now: number;
const clock = { wall: () => Date.now(), monotonic: () => now };

beforeEach(async () => {
  spent = [];
  withdrawn = [];
  now = 0;
  const vendor = await listen(
    async (request, response) => {
      const form = new URLSearchParams((await buffer(request)).toString());
      if (request.url === '/token/revocation') {
        withdrawn.push(form.get('token') ?? '');
        response.end();
        return;
      }
      spent.push(form.get('refresh_token') ?? '');
      const n = spent.length;
      response.writeHead(200, { 'Content-Type': 'application/json' });
      const given = { access_token: `access-${n}`, refresh_token: `refresh-${n}`, expires_in: 3600 };
      response.end(JSON.stringify({ token_type: 'Bearer', ...given }));
    },
    { host: '127.0.0.1', port: 0 },
  );
  afterwards(vendor.close);
  const provider = fileURLToPath(new URL('../support/servers/vendor-kind.js', import.meta.url));
  application = await vaultApplication('key', { provider, base_url: vendor.url, client_id: 'bridge' });
  const folder = await temporaryFolder();
  afterwards(folder.remove);
  store = openSqlite(join(folder.path, 'bridge.db'));
  afterwards(store.close);
  sealer = createSealer(randomBytes(32));
  const userId = await store.userId(account);
  const sessions = createSessions(store, sealer, systemClock);
  const grant = { accessToken: 'access-0', refreshToken: 'refresh-0', lifeMs: HOUR };
  const made = await sessions.make(application, grantText(await sessions.endingOf(grant)), userId);
  await store.addSession(made.record);
  ({ authToken } = made);
});

test('a token that lives is used, and one that ends within half a minute is renewed', async () => {
  const sessions = createSessions(store, sealer, clock);
  const read = () => sessions.credentialOf(application, authToken);
  expect(await read()).toBe('access-0');
  now += HOUR - 31_000;
  expect(await read()).toBe('access-0');
  now += 2000;
  expect(await read()).toBe('access-1');
  expect(await read()).toBe('access-1');
  expect(spent).toEqual(['refresh-0']);
});

test('a clock that was set forward or back ends nothing, and revives nothing', async () => {
  let set = 0;
  const jumping = { ...store, now: async () => Date.now() + set };
  const sessions = createSessions(jumping, sealer, clock);
  const read = () => sessions.credentialOf(application, authToken);
  expect(await read()).toBe('access-0');
  set = 10 * HOUR;
  expect(await read()).toBe('access-0');
  set = -10 * HOUR;
  now += HOUR;
  expect(await read()).toBe('access-1');
  // A node that begins while the clock is set back believes no longer life than the vendor stated.
  now += HOUR;
  expect(await createSessions(jumping, sealer, clock).credentialOf(application, authToken)).toBe('access-1');
});

test('what the store does not take is kept by the process, and is stored by the next call', async () => {
  let isFull = true;
  const changeSession: Store['changeSession'] = (...records) =>
    isFull ? Promise.reject(new Fault('unavailable')) : store.changeSession(...records);
  const sessions = createSessions({ ...store, changeSession }, sealer, clock);
  const read = () => outcome(sessions.credentialOf(application, authToken));
  expect(await read()).toBe('access-0');
  now += HOUR;
  expect(await read()).toBe('unavailable');
  isFull = false;
  expect(await read()).toBe('access-1');
  expect(spent).toEqual(['refresh-0']);
  expect(await createSessions(store, sealer, systemClock).credentialOf(application, authToken)).toBe('access-1');
});

test('a node that was killed with the lease holds up the others until the lease ends', async () => {
  const [known] = await store.sessions();
  if (!known) throw new Error('no session');
  const lease = await store.leaseSession(known, 300);
  const sessions = createSessions(store, sealer, clock);
  expect(await sessions.credentialOf(application, authToken)).toBe('access-0');
  now += HOUR;
  expect(await sessions.credentialOf(application, authToken)).toBe('access-1');
  expect(Date.now()).toBeGreaterThanOrEqual(lease ?? Number.POSITIVE_INFINITY);
});

test('a call waits for the lease of another node no longer than it has time left, and the renewal goes on', async () => {
  const [known] = await store.sessions();
  if (!known) throw new Error('no session');
  const lease = await store.leaseSession(known, 10_000);
  const sessions = createSessions(store, sealer, clock);
  const inHaste = (): Scope => ({ ...createScope(), deadline: performance.now() + 50 });
  const scope = inHaste();
  expect(await sessions.credentialOf(application, authToken, scope)).toBe('access-0');
  expect(await outcome(scope.renewal?.replace('access-0') ?? Promise.resolve('none'))).toBe('unavailable');
  now += HOUR;
  expect(await outcome(sessions.credentialOf(application, authToken, inHaste()))).toBe('unavailable');
  await store.releaseSession(known.digest, lease ?? 0);
  expect(await sessions.credentialOf(application, authToken)).toBe('access-1');
  expect(spent).toEqual(['refresh-0']);
});

test('a session that is signed out while its token is renewed stays signed out, and the new token is withdrawn', async () => {
  const leaving: Store = {
    ...store,
    changeSession: async (from, to) => {
      await store.removeSession(from.digest);
      return store.changeSession(from, to);
    },
  };
  const sessions = createSessions(leaving, sealer, clock);
  await sessions.credentialOf(application, authToken);
  now += HOUR;
  expect(await outcome(sessions.credentialOf(application, authToken))).toBe('unauthenticated');
  expect(await store.sessions()).toEqual([]);
  await sessions.finish();
  expect(withdrawn).toEqual(['refresh-1', 'access-1']);
});

test('a scope replaces a refused token, and knows all tokens as secrets', async () => {
  const sessions = createSessions(store, sealer, clock);
  const scope = createScope();
  expect(await sessions.credentialOf(application, authToken, scope)).toBe('access-0');
  expect(await scope.renewal?.replace('access-0')).toBe('access-1');
  expect(scope.secrets).toEqual(['access-0', 'refresh-0', 'access-1', 'refresh-1']);
});

test('an application that lost its client_id: not logged in', async () => {
  const sessions = createSessions(store, sealer, clock);
  const without = { ...application, oauth: undefined };
  expect(await outcome(sessions.credentialOf(without, authToken))).toBe('unauthenticated');
});
