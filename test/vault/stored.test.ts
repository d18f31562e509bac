import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { openSqlite } from '../../src/store/sqlite.js';
import type { Store } from '../../src/store/store.js';
import { openMasterKey } from '../../src/vault/master-key.js';
import { createSealer } from '../../src/vault/seal.js';
import { createSessions } from '../../src/vault/sessions.js';
import { createTickets } from '../../src/vault/tickets.js';
import { afterwards } from '../support/cleanup.js';
import { vaultApplication } from '../support/servers/applications.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { account } from '../support/suites/store-suite.js';

/** What was stored once is read for ever: these records were written by version 0.2.0. */

const NOW = 1_900_000_000_000;
const SERVER_KEY = { base64: Buffer.alloc(32, 1).toString('base64') };
const MASTER_KEY = Buffer.alloc(32, 2);
const LABEL = '1c81c7dacef280dd8161d1cabf71d64a4f72a20c43ae81d6bd742788b5476b0b';

const sealedMasterKey = Buffer.from(
  '0b822aa51c6af117ba70c5e890d2710ecc0e1893de1c4e146b949dba55e7002d6e4644d155ddce462cf491769d96d5a3008a0de30013679803b4bacd',
  'hex',
);

const session = {
  digest: '7618e2d49db67b6b97b5013e326cd80c8c11def1305bb5e96d6a77a912612fb5',
  application: LABEL,
  userId: 7,
  createdAt: NOW,
  sealed: Buffer.from(
    '258e3a00755fa368e05c2a335ceba283158b45b804090c0602eee478c5b93ca97fe7e88fea77cced073a32e4a6',
    'hex',
  ),
};

const ticket = {
  digest: 'da5bd2961ccd88e0da6468e182a968fc247c96aac088008867aa6b5adb64857b',
  application: LABEL,
  expiresAt: NOW + 900_000,
  sealed: Buffer.from(
    'c6f3fb5114a0dad38585bd20a911c5fe6a8d23038c7d0b653fe2099dcb076d866872ba84c93fa5603118e33f98688bc349a4dbeb7d4c1658e2762fe6e36a6515fa2b2090739748ca6c',
    'hex',
  ),
};

const clock = { wall: () => NOW, monotonic: () => 0 };
const application = await vaultApplication('key-of-an-old-program');
let store: Store;

beforeEach(async () => {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  store = { ...openSqlite(join(path, 'bridge.db')), now: async () => NOW };
  afterwards(store.close);
});

test('the master key is opened by the key of the server', async () => {
  await store.keepMasterKey(sealedMasterKey);
  expect(await openMasterKey(store, SERVER_KEY)).toEqual(MASTER_KEY);
});

test('an auth_token stands for its credential', async () => {
  for (let n = 1; n <= session.userId; n += 1) await store.userId({ ...account, nativeId: `a${n}` });
  await store.addSession(session);
  const sessions = createSessions(store, createSealer(MASTER_KEY), clock);
  expect(sessions.labelOf(application)).toBe(LABEL);
  expect(await sessions.credentialOf(application, 'old-auth-token')).toBe('modern-credential');
});

test('a ticket is redeemed', async () => {
  for (let n = 1; n <= session.userId; n += 1) await store.userId({ ...account, nativeId: `a${n}` });
  await store.addTicket(ticket, NOW);
  const sealer = createSealer(MASTER_KEY);
  const sessions = createSessions(store, sealer, clock);
  const tickets = createTickets({ store, sealer, sessions, applications: [application], clock });
  const redeemed = await tickets.redeem(application, 'old-ticket', async (credential) => credential);
  expect(redeemed.prepared).toBe('modern-credential');
});
