import { expect, test } from '@jest/globals';
import { boxAccounts } from '../../src/sandbox/box-accounts.js';
import { afterwards } from '../support/cleanup.js';
import { at, callBridge, type Format, formats, itemsOf, type Parameters } from '../support/clients/legacy.js';
import { startBridge } from '../support/servers/bridge.js';
import { enter, newTicket, pageAddress, startModernApis } from '../support/servers/modern-apis.js';

const { admin, managed, unlimited } = boxAccounts;

/** A bridge that knows no account yet. */
async function newBridge() {
  const apis = await startModernApis();
  afterwards(apis.close);
  const application = apis.application('box', 'vault');
  const applications = [application, { ...application, api_key: 'open', credentials: 'passthrough' }];
  const bridge = await startBridge({ applications });
  afterwards(bridge.close);
  const call = (format: Format, action: string, api_key: string, parameters: Record<string, string>) =>
    callBridge(bridge.url, format, action, Object.entries({ api_key, ...parameters }) satisfies Parameters);
  return { url: bridge.url, call };
}

test.each(formats)('%s: a list gives each account the id that it has at Box, if that fits', async (format) => {
  const { call } = await newBridge();
  const { result } = await call(format, 'find_accounts', 'open', { auth_token: admin.token });
  const ids = itemsOf(result.accounts).map((account) => [at(account, 'native_id'), at(account, 'user_id')]);
  expect(ids).toEqual([
    [admin.user.id, '398387'],
    [managed.user.id, '1'],
    [unlimited.user.id, '181216415'],
  ]);
  const own = await call(format, 'get_account_info', 'open', { auth_token: unlimited.token });
  expect(at(own.result, 'user', 'user_id')).toBe('181216415');
  const of = { auth_token: admin.token, user_id: '181216415' };
  const other = await call(format, 'get_account_details', 'open', of);
  expect(at(other.result, 'account', 'login')).toBe(unlimited.user.login);
});

test('a user who signs in at the page gets it', async () => {
  const { url, call } = await newBridge();
  const ticket = await newTicket(url, 'vault');
  await enter(pageAddress(url, ticket), admin.token);
  const { result } = await call('rest', 'get_auth_token', 'vault', { ticket });
  expect(at(result, 'user', 'user_id')).toBe('398387');
  expect(at(result, 'user', 'access_id')).toBe('398387');
});

test.each(['vault', 'open'])('so does one whose program asks itself (%s)', async (apiKey) => {
  const { call } = await newBridge();
  const { result } = await call('xml', 'authorization', apiKey, { login: 'a', password: unlimited.token });
  expect(at(result, 'user', 'user_id')).toBe('181216415');
});
