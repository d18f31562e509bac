import { join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import { beforeEach, expect, test } from '@jest/globals';
import { Fault } from '../../src/core/fault.js';
import { openSqlite } from '../../src/store/sqlite.js';
import type { Store } from '../../src/store/store.js';
import { withBreaker } from '../../src/store/store-breaker.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';

const LIMIT = { name: 'some', max: 1, seconds: 60 };
const away = new Fault('unavailable', { cause: new Error('gone') });
const wrong = new Fault('unavailable', { cause: new Error('a constraint is violated') });
const leftAlone = expect.objectContaining({
  reason: 'unavailable',
  cause: new Error('the store is left alone after too many outages'),
});

let store: Store;
/** What reached the store behind the breaker. */
let reached: string[];
/** What happens to all that reaches it. */
let meet: () => Promise<void>;

const works = async () => {};
const isAway = () => Promise.reject(away);

beforeEach(async () => {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  const behind = openSqlite(join(path, 'bridge.db'));
  afterwards(behind.close);
  reached = [];
  meet = works;
  const asked = async (what: string) => {
    reached.push(what);
    await meet();
  };
  const guarded: Store = {
    ...behind,
    masterKey: async () => {
      await asked('masterKey');
      return Uint8Array.of(7);
    },
    removeSession: async (digest) => {
      await asked(digest);
      return true;
    },
    attempts: () => ({
      take: async (subject) => {
        await asked(`take ${subject}`);
        return true;
      },
      giveBack: (subject) => asked(`giveBack ${subject}`),
      forget: (subject) => asked(`forget ${subject}`),
    }),
    ping: () => asked('ping'),
  };
  store = withBreaker(guarded, (error) => error === away);
});

async function fails(times: number): Promise<void> {
  meet = isAway;
  for (let n = 0; n < times; n++) await expect(store.masterKey()).rejects.toBe(away);
}

test('a call is passed on with its parameters and its result, where the store is well or was away once', async () => {
  expect(await store.removeSession('d')).toBe(true);
  await fails(1);
  meet = works;
  expect(await store.removeSession('e')).toBe(true);
  expect(reached).toEqual(['d', 'masterKey', 'e']);
});

test('after three outages each call has it probed alone, and the first one after its return is performed', async () => {
  await fails(3);
  for (const call of [store.masterKey, store.masterKey, () => store.removeSession('d')])
    await expect(call()).rejects.toEqual(leftAlone);
  expect(reached.slice(3)).toEqual(['ping', 'ping', 'ping']);
  meet = works;
  expect(await store.masterKey()).toEqual(Uint8Array.of(7));
  expect(await store.masterKey()).toEqual(Uint8Array.of(7));
  expect(reached.slice(6)).toEqual(['ping', 'masterKey', 'masterKey']);
});

test('outages count only one after the other, and no other error counts', async () => {
  for (let n = 0; n < 3; n++) {
    await fails(2);
    meet = works;
    await store.masterKey();
  }
  meet = () => Promise.reject(wrong);
  for (let n = 0; n < 5; n++) await expect(store.masterKey()).rejects.toBe(wrong);
  expect(reached).not.toContain('ping');
});

test('calls that fail together, more than are needed, each have their own error', async () => {
  let fail = () => {};
  const failed = new Promise<void>((_resolve, reject) => {
    fail = () => reject(away);
  });
  meet = () => failed;
  const calls = Array.from({ length: 6 }, () => store.masterKey());
  fail();
  for (const outcome of await Promise.allSettled(calls)) expect(outcome).toEqual({ status: 'rejected', reason: away });
  meet = isAway;
  await expect(store.masterKey()).rejects.toEqual(leftAlone);
});

test('there is one probe at a time, for which no call waits long; what it finds is known to the next', async () => {
  await fails(3);
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  meet = () => answered;
  const calls = [store.masterKey(), store.masterKey(), store.masterKey()];
  for (const outcome of await Promise.allSettled(calls))
    expect(outcome).toEqual({ status: 'rejected', reason: leftAlone });
  await expect(store.masterKey()).rejects.toEqual(leftAlone);
  expect(reached.slice(3)).toEqual(['ping']);
  answer();
  await immediate();
  expect(await store.masterKey()).toEqual(Uint8Array.of(7));
  expect(reached.slice(3)).toEqual(['ping', 'masterKey']);
});

test('a call that comes during a probe that fails has another', async () => {
  await fails(3);
  let fail = () => {};
  const failed = new Promise<void>((_resolve, reject) => {
    fail = () => reject(away);
  });
  meet = () => failed;
  const first = store.masterKey();
  const second = store.masterKey();
  meet = works;
  fail();
  await expect(first).rejects.toEqual(leftAlone);
  expect(await second).toEqual(Uint8Array.of(7));
});

test('attempts are counted behind it', async () => {
  const counter = store.attempts(LIMIT);
  expect(await counter.take('a')).toBe(true);
  await counter.giveBack('b');
  await counter.forget('c');
  expect(reached).toEqual(['take a', 'giveBack b', 'forget c']);
  meet = isAway;
  for (const call of [counter.take, counter.giveBack, counter.forget]) await expect(call('a')).rejects.toEqual(away);
  await expect(counter.take('a')).rejects.toEqual(leftAlone);
});
