import { describe, expect, test } from '@jest/globals';
import type { Application } from '../../src/applications/application.js';
import { connect } from '../../src/applications/connect.js';
import { parseConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import { Fault } from '../../src/core/fault.js';
import { createCache } from '../../src/providers/cache.js';
import { providers } from '../../src/providers/index.js';
import type { Account } from '../../src/providers/provider.js';
import { createMemoryRateLimiter } from '../../src/shared/rate-limiter.js';
import { attemptsInMemory } from '../../src/store/attempts.js';
import { createUpstreams } from '../../src/upstream/client.js';
import { createTrials, type TriedSecret } from '../../src/vault/trials.js';

const account: Account = { nativeId: '1', login: 'ada', email: 'ada@example.com', attributes: {} };

async function someApplication(): Promise<Application> {
  const applications = [{ api_key: 'k', provider: 'previsto', base_url: 'http://127.0.0.1:9' }];
  const [config] = parseConfig({ applications }, { directory: '/', actions: actionNames, providers }).applications;
  if (!config) throw new Error('no application');
  return connect(config, createUpstreams({ timeoutMs: 1000 }), createCache());
}

const application = await someApplication();

/** Trials of one ticket, and what was observed of them. */
function start() {
  const observed: (readonly [outcome: string, cause: unknown])[] = [];
  const trials = createTrials({ attempts: attemptsInMemory(createMemoryRateLimiter) }, (_application, outcome, cause) =>
    observed.push([outcome, cause]),
  );
  const attempt = (api: TriedSecret['api'], login = '', secret = 'secret') =>
    trials.attempt(
      { application, api, login, secret, subject: 'ticket', address: 'address' },
      async ({ nativeId }, credential) => ({ nativeId, credential }),
    );
  return {
    observed,
    attempt,
    forget: trials.forget,
    reject: (cause: Error) => trials.reject({ application, subject: 'ticket', address: 'address' }, cause),
    accept: () => attempt({ readAccount: async () => account }),
    fail: (error: Error) => attempt({ readAccount: () => Promise.reject(error) }),
  };
}

const kept = { kept: { nativeId: '1', credential: 'secret' } };
const refusal = new Fault('unauthenticated', { cause: 'reply 401' });

test('an accepted secret is kept, and counts as no try', async () => {
  const { accept, observed } = start();
  for (let n = 0; n < 20; n += 1) expect(await accept()).toEqual(kept);
  expect(observed).toEqual(Array(20).fill(['signed in', undefined]));
});

test('the eleventh wrong secret is not tried, until the ticket is forgotten', async () => {
  const { fail, accept, forget, observed } = start();
  for (let n = 0; n < 10; n += 1) expect(await fail(refusal)).toEqual({ outcome: 'refused', fault: refusal });
  expect(await accept()).toEqual({
    outcome: 'too many',
    fault: expect.objectContaining({
      reason: 'unavailable',
      http: 429,
      retryAfter: 900,
      explanation: 'too many wrong tries',
    }),
  });
  expect(observed.slice(9)).toEqual([
    ['refused', 'reply 401'],
    ['too many', undefined],
  ]);
  await forget('ticket');
  expect(await accept()).toEqual(kept);
});

test('an outage counts as no try', async () => {
  const { fail, observed } = start();
  const outage = new Fault('unavailable', { cause: 'ECONNREFUSED' });
  for (let n = 0; n < 20; n += 1) expect(await fail(outage)).toEqual({ outcome: 'outage', fault: outage });
  expect(observed).toEqual(Array(20).fill(['outage', 'ECONNREFUSED']));
});

test('a defect is thrown, and counts as no try', async () => {
  const { fail, accept, observed } = start();
  const defect = new Error('a defect');
  for (let n = 0; n < 20; n += 1)
    await expect(fail(defect)).rejects.toMatchObject({ reason: 'internal', cause: defect });
  expect(observed).toEqual([]);
  expect(await accept()).toEqual(kept);
});

test('what is rejected at once counts as a wrong secret', async () => {
  const { reject, accept, observed } = start();
  const cause = new Error('not confirmed');
  for (let n = 0; n < 10; n += 1) {
    expect(await reject(cause)).toMatchObject({ outcome: 'refused', fault: { reason: 'unauthenticated', cause } });
  }
  expect(await accept()).toMatchObject({ outcome: 'too many' });
  expect(observed[0]).toEqual(['refused', cause]);
});

describe('where the modern API has a login', () => {
  /** An API that knows one name with one password, and gives a token for them; and what it was asked. */
  function apiWith({ down = '' } = {}) {
    const asked: string[] = [];
    const answer = async <T>(what: string, isKnown: boolean, result: T): Promise<T> => {
      asked.push(what);
      if (down !== '' && what.startsWith(down)) throw new Fault('unavailable', { cause: 'reply 502' });
      if (!isKnown) throw refusal;
      return result;
    };
    return {
      asked,
      api: {
        login: (name: string, password: string) =>
          answer(`login ${name} ${JSON.stringify(password)}`, name === 'ada' && password === ' pass word ', 'token'),
        readAccount: (credential: string) => answer(`read ${credential}`, credential === 'token', account),
      },
    };
  }

  test('a secret that is the credential costs no login', async () => {
    const { attempt } = start();
    const { api, asked } = apiWith();
    expect(await attempt(api, 'ada', ' token\n')).toEqual({ kept: { nativeId: '1', credential: 'token' } });
    expect(asked).toEqual(['read token']);
  });

  test('a password is exchanged, with its blanks', async () => {
    const { attempt, observed } = start();
    const { api, asked } = apiWith();
    expect(await attempt(api, 'ada', ' pass word ')).toEqual({ kept: { nativeId: '1', credential: 'token' } });
    expect(asked).toEqual(['read pass word', 'login ada " pass word "', 'read token']);
    expect(observed).toEqual([['signed in', undefined]]);
  });

  test('nothing is exchanged without a name', async () => {
    const { attempt } = start();
    const { api, asked } = apiWith();
    expect(await attempt(api, '', ' pass word ')).toMatchObject({ outcome: 'refused' });
    expect(asked).toEqual(['read pass word']);
  });

  test('what is neither is one wrong try', async () => {
    const { attempt } = start();
    const { api } = apiWith();
    for (let n = 0; n < 10; n += 1) expect(await attempt(api, 'ada', 'wrong')).toMatchObject({ outcome: 'refused' });
    expect(await attempt(api, 'ada', ' pass word ')).toMatchObject({ outcome: 'too many' });
  });

  test.each([
    ['read pass', ['read pass word']],
    ['login', ['read pass word', 'login ada " pass word "']],
    ['read token', ['read pass word', 'login ada " pass word "', 'read token']],
  ])('an outage of %j is no try, and ends the attempt', async (down, expected) => {
    const { attempt } = start();
    const { api, asked } = apiWith({ down });
    for (let n = 0; n < 12; n += 1)
      expect(await attempt(api, 'ada', ' pass word ')).toMatchObject({ outcome: 'outage' });
    expect(asked.slice(0, expected.length)).toEqual(expected);
    expect(asked).toHaveLength(12 * expected.length);
  });
});
