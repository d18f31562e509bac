import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Application } from '../../src/applications/application.js';
import { connect } from '../../src/applications/connect.js';
import { parseConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import { toFault } from '../../src/core/fault.js';
import { createCache } from '../../src/providers/cache.js';
import { providers } from '../../src/providers/index.js';
import { openSqlite } from '../../src/store/sqlite.js';
import type { Store } from '../../src/store/store.js';
import { createUpstreams } from '../../src/upstream/client.js';
import { createSealer, type Sealer } from '../../src/vault/seal.js';
import { createSessions } from '../../src/vault/sessions.js';
import { createTickets } from '../../src/vault/tickets.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { account } from '../support/suites/store-suite.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const CREDENTIAL = 'modern-credential';
const FROM = '192.0.2.1';

const config = parseConfig(
  {
    applications: [
      { api_key: 'k', provider: 'previsto', base_url: 'http://127.0.0.1:1', credentials: 'vault', token_days: 30 },
    ],
  },
  { directory: '/', actions: actionNames, providers },
);
const [application] = await Promise.all(
  config.applications.map((each) => connect(each, createUpstreams({ timeoutMs: 1000 }), createCache())),
);

/** Time that has gone by. */
let passed: number;
/** What the store's clock shows beyond that: it was set. */
let set: number;
let store: Store;
let sealer: Sealer;
let node: ReturnType<typeof startNode>;
let only: Application;
let userId: number;

/** A process of the bridge. */
function startNode() {
  const clock = { wall: () => Date.UTC(2030, 0, 1) + passed + set, monotonic: () => passed };
  const sessions = createSessions(store, sealer, clock);
  return { sessions, tickets: createTickets({ store, sealer, sessions, applications: [only], clock }) };
}

beforeEach(async () => {
  [passed, set] = [0, 0];
  const folder = await temporaryFolder();
  afterwards(folder.remove);
  store = {
    ...openSqlite(join(folder.path, 'bridge.db')),
    now: async () => Date.UTC(2030, 0, 1) + passed + set,
  };
  afterwards(store.close);
  if (!application) throw new Error('no application');
  only = application;
  userId = await store.userId(account);
  sealer = createSealer(randomBytes(32));
  node = startNode();
});

const outcome = <T>(work: Promise<T>) =>
  work.then(
    () => 'done',
    (error: unknown) => toFault(error).reason,
  );

const jumps = [-365 * DAY, -DAY, -MINUTE, MINUTE, DAY, 365 * DAY].map((jump) => ({ days: jump / DAY, jump }));

describe.each(jumps)('a clock that is set by $days days', ({ jump }) => {
  test('ends no ticket early, and revives none', async () => {
    const ticket = await node.tickets.issue(only, FROM);
    passed = 5 * MINUTE;
    set = jump;
    expect(await node.tickets.find(ticket)).toMatchObject({ ageMs: 5 * MINUTE });
    // The next one sweeps.
    const next = await node.tickets.issue(only, FROM);
    passed = 15 * MINUTE;
    expect(await outcome(node.tickets.signIn(ticket, CREDENTIAL, userId))).toBe('done');
    expect(await outcome(node.tickets.redeem(only, ticket, async () => {}))).toBe('done');
    passed = 20 * MINUTE;
    expect(await outcome(node.tickets.find(next))).toBe('done');
    passed += 1;
    expect(await outcome(node.tickets.find(next))).toBe('missing');
    for (set of [0, jump, -jump]) expect(await outcome(node.tickets.find(next))).toBe('missing');
  });

  test('ends and revives no session', async () => {
    const { authToken, record } = await node.sessions.make(only, CREDENTIAL, userId);
    await store.addSession(record);
    passed = 29 * DAY;
    expect(await node.sessions.credentialOf(only, authToken)).toBe(CREDENTIAL);
    set = jump;
    passed = 30 * DAY;
    expect(await node.sessions.credentialOf(only, authToken)).toBe(CREDENTIAL);
    passed += 1;
    for (set of [jump, 0, -jump])
      expect(await outcome(node.sessions.credentialOf(only, authToken))).toBe('unauthenticated');
  });

  test('gives a ticket that another process issued no more than its life', async () => {
    const ticket = await node.tickets.issue(only, FROM);
    passed = 5 * MINUTE;
    set = jump;
    const other = startNode();
    const isAlive = (await outcome(other.tickets.find(ticket))) === 'done';
    expect(isAlive).toBe(jump <= 10 * MINUTE);
    passed += 15 * MINUTE + 1;
    expect(await outcome(other.tickets.find(ticket))).toBe('missing');
  });
});

test('after a jump the sweep pauses for the life of a ticket, and goes on', async () => {
  const digest = sealer.digest('ticket', await node.tickets.issue(only, FROM));
  set = DAY;
  await node.tickets.issue(only, FROM);
  passed = 15 * MINUTE;
  await node.tickets.issue(only, FROM);
  expect(await store.ticket(digest)).toBeDefined();
  passed += 1;
  await node.tickets.issue(only, FROM);
  expect(await store.ticket(digest)).toBeUndefined();
});

test('the last use is recorded by a clock that was set back, too', async () => {
  const { authToken, record } = await node.sessions.make(only, CREDENTIAL, userId);
  await store.addSession(record);
  await node.sessions.credentialOf(only, authToken);
  await node.sessions.finish();
  set = -DAY;
  await node.sessions.credentialOf(only, authToken);
  await node.sessions.finish();
  expect((await store.session(record.digest))?.lastUsed).toBe(Date.UTC(2030, 0, 1) - DAY);
});
