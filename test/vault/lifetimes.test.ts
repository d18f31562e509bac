import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Application } from '../../src/applications/application.js';
import { Fault, toFault } from '../../src/core/fault.js';
import { openSqlite } from '../../src/store/sqlite.js';
import type { Store } from '../../src/store/store.js';
import { randomToken } from '../../src/vault/random-token.js';
import { createSealer } from '../../src/vault/seal.js';
import { createSessions, type Sessions } from '../../src/vault/sessions.js';
import { createTickets, type Tickets } from '../../src/vault/tickets.js';
import { afterwards } from '../support/cleanup.js';
import { vaultApplication } from '../support/servers/applications.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { account } from '../support/suites/store-suite.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const CREDENTIAL = 'modern-credential';

const plain = await vaultApplication('plain');
const web = await vaultApplication('web', { redirect_url: 'https://old.example.com/' });
const thirtyDays = await vaultApplication('thirty-days', { token_days: 30 });

let now: number;
/** Milliseconds that the wall clock, which is the store's, was set forward. */
let set: number;
const clock = { wall: () => now + set, monotonic: () => now };
let store: Store;
let sessions: Sessions;
let tickets: Tickets;
let userId: number;

beforeEach(async () => {
  now = Date.UTC(2030, 0, 1);
  set = 0;
  const folder = await temporaryFolder();
  afterwards(folder.remove);
  store = { ...openSqlite(join(folder.path, 'bridge.db')), now: async () => clock.wall() };
  afterwards(store.close);
  userId = await store.userId(account);
  const sealer = createSealer(randomBytes(32));
  sessions = createSessions(store, sealer, clock);
  tickets = createTickets({ store, sealer, sessions, applications: [plain, web, thirtyDays], clock });
});

/** The result, or the reason of the fault. */
const outcome = <T>(work: Promise<T>) => work.catch((error: unknown) => toFault(error).reason);
const redeem = (application: Application, ticket: string) =>
  tickets.redeem(application, ticket, async (credential) => credential);

describe('a ticket', () => {
  test('lives 15 minutes', async () => {
    const [early, late] = [await tickets.issue(plain, '192.0.2.1'), await tickets.issue(plain, '192.0.2.1')];
    now += 15 * MINUTE;
    expect(await tickets.find(early)).toMatchObject({ application: plain, signedIn: false });
    expect(await outcome(redeem(plain, early))).toBe('unauthenticated');
    await tickets.signIn(early, CREDENTIAL, userId);
    expect(await redeem(plain, early)).toMatchObject({ prepared: CREDENTIAL });
    now += 1;
    expect(await outcome(tickets.find(late))).toBe('missing');
    expect(await outcome(tickets.signIn(late, CREDENTIAL, userId))).toBe('missing');
    expect(await outcome(redeem(plain, late))).toBe('missing');
  });

  test.each(['192.0.2.1', '2001:db8::7'])('knows since when it is, and from where: %s', async (address) => {
    const ticket = await tickets.issue(plain, address);
    now += 7 * MINUTE;
    expect(await tickets.find(ticket)).toMatchObject({ ageMs: 7 * MINUTE, askedFrom: address });
  });

  test.each(['', 'your bank', '192.0.2.1 <b>', '192.0.2.300'])('keeps no text for an address: %p', async (text) => {
    const ticket = await tickets.issue(plain, text);
    expect(await tickets.find(ticket)).toMatchObject({ ageMs: 0, askedFrom: undefined });
  });

  test('is not prolonged by signing in', async () => {
    const ticket = await tickets.issue(plain, '192.0.2.1');
    now += 10 * MINUTE;
    await tickets.signIn(ticket, CREDENTIAL, userId);
    now += 5 * MINUTE + 1;
    expect(await outcome(redeem(plain, ticket))).toBe('missing');
  });

  test('that is expired is removed when the next one is issued', async () => {
    const sealer = createSealer(Buffer.alloc(32));
    const own = createTickets({ store, sealer, sessions, applications: [plain], clock });
    const digest = sealer.digest('ticket', await own.issue(plain, '192.0.2.1'));
    now += 15 * MINUTE;
    await own.issue(plain, '192.0.2.1');
    expect(await store.ticket(digest)).toBeDefined();
    now += 1;
    await own.issue(plain, '192.0.2.1');
    expect(await store.ticket(digest)).toBeUndefined();
  });

  test('is not spent where the answer cannot be made', async () => {
    const ticket = await tickets.issue(plain, '192.0.2.1');
    await tickets.signIn(ticket, CREDENTIAL, userId);
    const failing = () => tickets.redeem(plain, ticket, () => Promise.reject(new Fault('unavailable')));
    expect(await outcome(failing())).toBe('unavailable');
    expect(await store.sessions()).toEqual([]);
    expect(await redeem(plain, ticket)).toMatchObject({ prepared: CREDENTIAL });
    expect(await store.sessions()).toHaveLength(1);
  });

  test('that is spent meanwhile gives no second token', async () => {
    const ticket = await tickets.issue(plain, '192.0.2.1');
    await tickets.signIn(ticket, CREDENTIAL, userId);
    const overtaken = tickets.redeem(plain, ticket, () => redeem(plain, ticket));
    expect(await outcome(overtaken)).toBe('missing');
    expect(await store.sessions()).toHaveLength(1);
  });

  test('belongs to its application, and takes one credential', async () => {
    const ticket = await tickets.issue(web, '192.0.2.1');
    const authToken = await tickets.signIn(ticket, CREDENTIAL, userId);
    expect(await outcome(tickets.signIn(ticket, 'another', userId))).toBe('conflict');
    expect(await outcome(redeem(plain, ticket))).toBe('missing');
    expect(await redeem(web, ticket)).toEqual({ authToken, prepared: CREDENTIAL });
  });

  test('of an application that is no longer configured is missing', async () => {
    const sealer = createSealer(randomBytes(32));
    const shared = { store, sealer, sessions: createSessions(store, sealer, clock), clock };
    const ticket = await createTickets({ ...shared, applications: [plain, web] }).issue(web, '192.0.2.1');
    expect(await outcome(createTickets({ ...shared, applications: [plain] }).find(ticket))).toBe('missing');
  });

  test.each([
    'null',
    '"text"',
    '[]',
    '{"credential":"c"}',
    '{"userId":1}',
    '{"authToken":"t"}',
    '{"askedFrom":1}',
    '{"credential":1,"userId":1}',
    '{"credential":"c","userId":"1"}',
    '{"credential":"c","userId":1.5}',
    '{"credential":"c","userId":1,"authToken":null}',
    'no JSON',
  ])('whose sealed content has another shape is missing: %s', async (content) => {
    const sealer = createSealer(randomBytes(32));
    const own = createTickets({ store, sealer, sessions, applications: [plain], clock });
    const ticket = await own.issue(plain, '192.0.2.1');
    const record = await store.ticket(sealer.digest('ticket', ticket));
    if (!record) throw new Error('no record');
    const binding = [record.digest, record.application, record.expiresAt];
    await store.changeTicket(record, { ...record, sealed: sealer.seal('ticket', ticket, binding, content) });
    expect(await outcome(own.find(ticket))).toBe('missing');
    expect(await outcome(own.signIn(ticket, CREDENTIAL, userId))).toBe('missing');
    expect(await outcome(own.redeem(plain, ticket, async () => {}))).toBe('missing');
  });
});

describe('an auth_token', () => {
  const issue = async (application: Application) => {
    const { authToken, record } = await sessions.make(application, CREDENTIAL, userId);
    await store.addSession(record);
    return authToken;
  };

  test('lives until logout', async () => {
    const authToken = await issue(plain);
    now += 36_500 * DAY;
    expect(await sessions.credentialOf(plain, authToken)).toBe(CREDENTIAL);
    await sessions.end(plain, authToken);
    expect(await outcome(sessions.credentialOf(plain, authToken))).toBe('unauthenticated');
    expect(await outcome(sessions.end(plain, authToken))).toBe('unauthenticated');
  });

  test('lives for token_days, however much it is used', async () => {
    const authToken = await issue(thirtyDays);
    for (let day = 0; day < 30; day++) {
      now += DAY;
      expect(await sessions.credentialOf(thirtyDays, authToken)).toBe(CREDENTIAL);
    }
    now += 1;
    expect(await outcome(sessions.credentialOf(thirtyDays, authToken))).toBe('unauthenticated');
  });

  test('lives for the token_days that its application has now', async () => {
    const authToken = await issue(thirtyDays);
    const during = (tokenDays: number | undefined) =>
      outcome(sessions.credentialOf({ ...thirtyDays, tokenDays }, authToken));
    now += 10 * DAY;
    expect(await during(30)).toBe(CREDENTIAL);
    expect(await during(9)).toBe('unauthenticated');
    expect(await during(60)).toBe(CREDENTIAL);
    now += 30 * DAY;
    expect(await during(60)).toBe(CREDENTIAL);
    expect(await during(30)).toBe('unauthenticated');
    expect(await during(undefined)).toBe(CREDENTIAL);
  });

  test('has its last use recorded by the minute', async () => {
    await issue(plain);
    const authToken = await issue(plain);
    const lastUses = async () => (await store.sessions()).map(({ lastUsed }) => lastUsed).filter(Boolean);
    const first = now;
    const use = async () => {
      await sessions.credentialOf(plain, authToken);
      await sessions.finish();
    };
    await use();
    expect(await lastUses()).toEqual([first]);
    now += MINUTE;
    await use();
    expect(await lastUses()).toEqual([first]);
    now += 1;
    await use();
    expect(await lastUses()).toEqual([now]);
  });

  test('works where its last use cannot be recorded', async () => {
    const touchSessions = () => Promise.reject(new Fault('unavailable'));
    const sealer = createSealer(randomBytes(32));
    const readOnly = createSessions({ ...store, touchSessions }, sealer, clock);
    const { authToken, record } = await readOnly.make(plain, CREDENTIAL, userId);
    await store.addSession(record);
    expect(await readOnly.credentialOf(plain, authToken)).toBe(CREDENTIAL);
    await readOnly.finish();
    expect(await readOnly.credentialOf(plain, authToken)).toBe(CREDENTIAL);
  });

  test('has its last use written within a second, with those of all others at once', async () => {
    const written: number[] = [];
    const sealer = createSealer(randomBytes(32));
    const events = new EventEmitter();
    const touchSessions: Store['touchSessions'] = async (uses) => {
      written.push(uses.length);
      events.emit('written');
    };
    const done = once(events, 'written');
    const own = createSessions({ ...store, touchSessions }, sealer, clock);
    for (let n = 0; n < 3; n += 1) {
      const { authToken, record } = await own.make(plain, CREDENTIAL, userId);
      await store.addSession(record);
      await own.credentialOf(plain, authToken);
      await own.credentialOf(plain, authToken);
    }
    expect(written).toEqual([]);
    await done;
    expect(written).toEqual([3]);
    await own.finish();
    expect(written).toEqual([3]);
  });
});

test('secrets are 32 random characters of a-z and 0-9', () => {
  const secrets = Array.from({ length: 2000 }, randomToken);
  for (const secret of secrets) expect(secret).toMatch(/^[a-z0-9]{32}$/);
  expect(new Set(secrets).size).toBe(2000);
  // Each of 64,000 letters is one of 36: 1,778 of each, and hardly ever less than 1,500.
  const counts = new Map<string, number>();
  for (const letter of secrets.join('')) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  expect(counts.size).toBe(36);
  expect(Math.min(...counts.values())).toBeGreaterThan(1500);
});
