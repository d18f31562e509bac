import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { afterwards } from '../support/cleanup.js';
import { bodies, callBridge, formats, type Parameters, type Reply } from '../support/clients/legacy.js';
import { startBridge } from '../support/servers/bridge.js';
import {
  always,
  credentials,
  enter,
  type ModernApis,
  newTicket,
  pageAddress,
  providerNames,
  startModernApis,
} from '../support/servers/modern-apis.js';

const GOOD = credentials.previsto;
const USER = ['login', 'email', 'access_id', 'user_id', 'space_amount', 'space_used', 'max_upload_size'];
const everyFormat = formats.flatMap((format) => providerNames.map((provider) => ({ format, provider })));

let apis: ModernApis;
let bridge: Awaited<ReturnType<typeof startBridge>>;

const applications = () => [
  ...providerNames.map((provider) => apis.application(provider, provider)),
  ...providerNames.map((provider) => ({
    ...apis.application(provider, `open-${provider}`),
    credentials: 'passthrough',
  })),
  { ...apis.application('previsto', 'only-info'), actions: ['get_account_info'] },
  { ...apis.application('previsto', 'only-this'), actions: ['authorization'] },
];

beforeAll(async () => {
  apis = await startModernApis();
  bridge = await startBridge({ applications: applications() });
});

afterAll(async () => {
  await bridge.close();
  await apis.close();
});

beforeEach(() => {
  apis.become();
  apis.received.length = 0;
});

const signIn = (format: (typeof formats)[number], api_key: string, password: string, login = 'somebody') =>
  callBridge(bridge.url, format, 'authorization', Object.entries({ api_key, login, password }));

const info = (format: (typeof formats)[number], api_key: string, auth_token: string) =>
  callBridge(bridge.url, format, 'get_account_info', Object.entries({ api_key, auth_token }));

/** On failure REST and XML carry the status alone. */
const failed = (format: string, status: string) =>
  format === 'soap' ? expect.objectContaining({ http: 200, status }) : { http: 200, status, result: {} };

describe('authorization', () => {
  test.each(everyFormat)('in $format issues a token of the vault: $provider', async ({ format, provider }) => {
    const reply = await signIn(format, provider, credentials[provider]);
    expect(reply).toMatchObject({ http: 200, status: 'logged' });
    const { auth_token: token, user } = reply.result;
    expect(Object.keys(reply.result)).toEqual(['auth_token', 'user']);
    expect(Object.keys(Object(user))).toEqual(USER);
    expect(token).toMatch(/^[a-z0-9]{32}$/);
    const auth_token = String(token);
    expect(await info(format, provider, auth_token)).toMatchObject({ status: 'get_account_info_ok', result: { user } });
    expect(await info(format, 'only-info', auth_token)).toMatchObject({ status: 'not_logged_in' });
    const logout = Object.entries({ api_key: provider, auth_token });
    expect(await callBridge(bridge.url, format, 'logout', logout)).toMatchObject({ status: 'logout_ok' });
    expect(await info(format, provider, auth_token)).toMatchObject({ status: 'not_logged_in' });
  });

  test.each(everyFormat)('in $format gives the password back as the token: $provider', async ({ format, provider }) => {
    const reply = await signIn(format, `open-${provider}`, credentials[provider]);
    expect(reply).toMatchObject({ status: 'logged', result: { auth_token: credentials[provider] } });
    const { auth_token, user } = reply.result;
    expect(await info(format, `open-${provider}`, String(auth_token))).toMatchObject({ result: { user } });
  });

  test.each(everyFormat)('in $format refuses a wrong password: $provider', async ({ format, provider }) => {
    for (const key of [provider, `open-${provider}`]) {
      expect(await signIn(format, key, 'wrong')).toEqual(failed(format, 'invalid_login'));
      expect(await signIn(format, key, 'two words')).toEqual(failed(format, 'invalid_login'));
    }
  });

  test.each(formats)('in %s takes off the blanks around a pasted password', async (format) => {
    expect(await signIn(format, 'previsto', ` ${GOOD}\t\n`)).toMatchObject({ status: 'logged' });
    const reply = await signIn(format, 'open-previsto', ` ${GOOD}\t\n`);
    expect(reply).toMatchObject({ status: 'logged', result: { auth_token: GOOD } });
  });

  test.each(formats)('in %s needs a login and a password, and permission', async (format) => {
    const outcome = async (parameters: Parameters) =>
      (await callBridge(bridge.url, format, 'authorization', parameters)).status;
    const [key, login, password] = [
      ['api_key', 'previsto'],
      ['login', 'somebody'],
      ['password', GOOD],
    ] as const;
    expect(await outcome([key, login])).toBe('wrong_input');
    expect(await outcome([key, password])).toBe('wrong_input');
    expect(await outcome([key, login, ['password', '']])).toBe('wrong_input');
    expect(await outcome([key, login, password, ['password', 'other']])).toBe('wrong_input');
    expect(await outcome([login, password])).toMatch(/^wrong_input/);
    expect(await outcome([['api_key', 'nobody'], login, password])).toBe('application_restricted');
    expect(await outcome([['api_key', 'only-info'], login, password])).toBe('application_restricted');
    expect(apis.received).toEqual([]);
    expect(await outcome([['api_key', 'only-this'], login, password])).toBe('logged');
  });

  test.each(formats)('in %s takes an outage for no wrong password', async (format) => {
    for (const status of [500, 429]) {
      apis.become(always(status));
      for (let n = 0; n < 12; n++) {
        const http = format === 'soap' ? 500 : 503;
        expect(await signIn(format, 'golem', 'any', 'outage')).toMatchObject({ http, status: 'service_unavailable' });
      }
    }
  });

  test.each(formats)('in %s tells a credential that may not read its account from a wrong one', async (format) => {
    apis.become(always(403));
    expect(await signIn(format, 'previsto', 'any', 'forbidden')).toEqual(failed(format, 'application_restricted'));
  });
});

describe('the limits of wrong passwords', () => {
  interface Fresh {
    readonly page: () => Promise<string>;
    readonly attempt: (password: string, login?: string, from?: string) => Promise<Reply>;
    readonly log: string[];
    readonly metrics: () => Promise<string>;
  }

  /** A bridge of its own for every test: attempts of earlier tests would count. */
  async function fresh(format: (typeof formats)[number] = 'rest', api_key = 'previsto'): Promise<Fresh> {
    const log: string[] = [];
    const own = await startBridge(
      { trust_proxy: true, applications: applications() },
      { log: pino({}, { write: (line) => void log.push(line) }) },
    );
    afterwards(own.close);
    return {
      log,
      metrics: async () => (await fetch(`${own.url}/metrics`)).text(),
      page: async () => pageAddress(own.url, await newTicket(own.url, 'previsto')),
      attempt: async (password, login = 'one', from = '10.0.0.1') => {
        const response = await fetch(`${own.url}/api/1.0/${format}`, {
          method: 'POST',
          headers: { 'X-Forwarded-For': from },
          body: bodies[format]('authorization', Object.entries({ api_key, login, password })),
        });
        const text = await response.text();
        const [, status = ''] = /<(?:status|faultstring)[^>]*>([^<]*)</.exec(text) ?? [];
        if (response.status === 429) expect(response.headers.get('retry-after')).toBe('900');
        return { http: response.status, status, result: {} };
      },
    };
  }

  const refused = { http: 200, status: 'invalid_login' };
  const tooMany = { http: 429, status: expect.stringMatching(/^service_unavailable/) };

  test.each(formats.flatMap((format) => ['previsto', 'open-previsto'].map((key) => ({ format, key }))))(
    'in $format of $key: ten for a login, and then not even the right one',
    async ({ format, key }) => {
      const { attempt } = await fresh(format, key);
      for (let n = 0; n < 10; n++) expect(await attempt(`wrong-${n}`)).toMatchObject(refused);
      apis.received.length = 0;
      for (const password of ['wrong', GOOD]) expect(await attempt(password)).toMatchObject(tooMany);
      expect(apis.received).toEqual([]);
      expect(await attempt(GOOD, 'one', '10.0.0.2')).toMatchObject({ status: 'logged' });
      expect(await attempt(GOOD, 'other')).toMatchObject({ status: 'logged' });
    },
  );

  test('the tenth attempt may be the right one, and right ones do not count', async () => {
    const { attempt } = await fresh();
    for (let n = 0; n < 9; n++) expect(await attempt('wrong')).toMatchObject(refused);
    for (let n = 0; n < 3; n++) expect(await attempt(GOOD)).toMatchObject({ status: 'logged' });
  });

  test('of 50 at the same moment ten reach the modern API', async () => {
    const { attempt } = await fresh();
    await Promise.all(Array.from({ length: 50 }, (_, n) => attempt(`wrong-${n}`)));
    expect(apis.received).toHaveLength(10);
  });

  test('a hundred of an address here leave none at the page', async () => {
    const { attempt, page } = await fresh();
    for (let n = 0; n < 100; n++) expect(await attempt('wrong', `login-${n}`)).toMatchObject(refused);
    const address = await page();
    expect((await enter(address, GOOD, '10.0.0.1')).status).toBe(429);
    expect((await enter(address, GOOD, '10.0.0.2')).text).toContain('You are signed in');
  });

  test('a hundred of an address at the page leave none here', async () => {
    const { attempt, page } = await fresh();
    for (let round = 0; round < 10; round++) {
      const address = await page();
      for (let n = 0; n < 10; n++) expect((await enter(address, 'wrong', '10.0.0.1')).status).toBe(200);
    }
    expect(await attempt(GOOD)).toMatchObject(tooMany);
    expect(await attempt(GOOD, 'one', '10.0.0.2')).toMatchObject({ status: 'logged' });
  });

  test('are in the log and the metrics, without what was entered', async () => {
    const { attempt, log, metrics } = await fresh();
    await attempt('wr0ng-secret', 'l0gin-of-somebody');
    await attempt(GOOD, 'l0gin-of-somebody');
    const lines = log.map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { msg: 'sign-in', provider: 'previsto', outcome: 'refused', cause: expect.stringContaining('401') },
      {
        msg: 'a call was refused',
        action: 'authorization',
        status: 'invalid_login',
        cause: expect.stringContaining('401'),
      },
      { msg: 'sign-in', outcome: 'signed in' },
      { msg: 'call', action: 'authorization', status: 'logged', http_status: 200 },
    ]);
    const text = await metrics();
    for (const status of ['invalid_login', 'logged'])
      expect(text).toContain(
        `provider="previsto",application="previsto",action="authorization",status="${status}"} 1\n`,
      );
    for (const outcome of ['refused', 'signed in'])
      expect(text).toContain(
        `boxbridge_sign_ins_total{provider="previsto",application="previsto",outcome="${outcome}"} 1\n`,
      );
    for (const secret of ['wr0ng', 'l0gin', GOOD]) expect(log.join('') + text).not.toContain(secret);
  });
});
