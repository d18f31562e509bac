import { expect, test } from '@jest/globals';
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
import { createTrials } from '../../src/vault/trials.js';

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
  const of = { application, subject: 'ticket', address: 'address' };
  return {
    observed,
    forget: trials.forget,
    accept: () =>
      trials.attempt(
        of,
        async () => account,
        async ({ nativeId }) => nativeId,
      ),
    fail: (error: Error) =>
      trials.attempt(
        of,
        () => Promise.reject(error),
        async () => 'kept',
      ),
  };
}

const refusal = new Fault('unauthenticated', { cause: 'reply 401' });

test('an accepted secret is kept, and counts as no try', async () => {
  const { accept, observed } = start();
  for (let n = 0; n < 20; n += 1) expect(await accept()).toEqual({ kept: '1' });
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
  expect(await accept()).toEqual({ kept: '1' });
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
  expect(await accept()).toEqual({ kept: '1' });
});
