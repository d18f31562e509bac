import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { Listener } from '../../src/http/listener.js';
import { callBridge, formats } from '../support/clients/legacy.js';
import { startBridge } from '../support/servers/bridge.js';
import { credentials, type ModernApis, newTicket, startModernApis } from '../support/servers/modern-apis.js';

const log: string[] = [];
let apis: ModernApis;
let bridge: Listener;

beforeAll(async () => {
  apis = await startModernApis();
  const open = { credentials: 'passthrough' };
  bridge = await startBridge(
    {
      applications: [
        apis.application('previsto', 'vault'),
        { ...apis.application('previsto', 'open'), ...open },
        { ...apis.application('previsto', 'logout'), ...open, actions: ['logout'] },
      ],
    },
    { log: pino({}, { write: (line) => void log.push(line) }) },
  );
});

afterAll(async () => {
  await bridge.close();
  await apis.close();
});

beforeEach(() => {
  log.length = 0;
});

const TOKEN = credentials.previsto;

/** What the log says of a call as its cause. */
async function outcome(format: (typeof formats)[number], action: string, parameters: Record<string, string>) {
  const { status } = await callBridge(bridge.url, format, action, Object.entries(parameters));
  const [line] = log.splice(0).map((text) => JSON.parse(text));
  expect(line).toMatchObject({ msg: 'a call was refused', action, status });
  expect(JSON.stringify(line)).not.toContain(TOKEN);
  return { status, cause: line.cause };
}

describe.each(formats)('in %s the log tells white space around', (format) => {
  test.each([' open', 'open\n', '\topen ', 'open\u00a0'])('an api_key: %j', async (api_key) => {
    expect(await outcome(format, 'get_account_info', { api_key, auth_token: TOKEN })).toEqual({
      status: 'application_restricted',
      cause: 'white space around the api_key',
    });
  });

  test.each([
    ['open', 'get_account_info', ` ${TOKEN}`],
    ['open', 'get_account_info', `${TOKEN}\u00a0`],
    ['vault', 'get_account_info', `${TOKEN}\n`],
    ['vault', 'logout', ' a-token'],
  ])('an auth_token, with %s, in %s: %j', async (api_key, action, auth_token) => {
    expect(await outcome(format, action, { api_key, auth_token })).toEqual({
      status: 'not_logged_in',
      cause: 'white space around the auth_token',
    });
  });

  test('a ticket', async () => {
    const ticket = `${await newTicket(bridge.url, 'vault')} `;
    log.length = 0;
    expect(await outcome(format, 'get_auth_token', { api_key: 'vault', ticket })).toEqual({
      status: 'get_auth_token_error',
      cause: 'white space around the ticket',
    });
  });

  test('nothing where there is none, or where it is not why', async () => {
    const call = (api_key: string, auth_token: string) =>
      outcome(format, 'get_account_info', { api_key, auth_token, user_id: ' 1 ' });
    for (const [api_key, auth_token, status] of [
      ['nobody', ` ${TOKEN}`, 'application_restricted'],
      ['logout', ` ${TOKEN}`, 'application_restricted'],
      ['vault', 'unknown', 'not_logged_in'],
      ['open', 'two words', 'not_logged_in'],
    ] as const) {
      const found = await call(api_key, auth_token);
      expect(found).toEqual({ status, cause: expect.not.stringContaining('white space') });
    }
  });
});
