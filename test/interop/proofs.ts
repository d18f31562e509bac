import { expect } from '@jest/globals';
import type { ActionName } from '../../src/core/actions.js';
import { golemAccounts, golemPlan } from '../../src/sandbox/golem.js';
import { previstoAccounts } from '../../src/sandbox/previsto.js';
import { sandboxPaths } from '../../src/sandbox/sandbox.js';
import { terraformAccounts } from '../../src/sandbox/terraform.js';
import { enter, pageAddress } from '../support/servers/modern-apis.js';
import type { Call } from './programs.js';

/** A call of an action by a stack, and that the stack reads what it should. */
export interface Setting {
  readonly bridge: string;
  readonly call: Call;
  /** Of this stack alone, in letters of ASCII. */
  readonly tag: string;
}

/** The applications that the proofs call, of a sandbox at a URL. */
export function provenApplications(sandbox: string): Record<string, unknown>[] {
  const golem = { provider: 'golem', base_url: sandbox + sandboxPaths.golem };
  return [
    { api_key: 'proof-vault', ...golem, credentials: 'vault' },
    { api_key: 'proof-golem', ...golem },
    { api_key: 'proof-previsto', provider: 'previsto', base_url: sandbox + sandboxPaths.previsto },
    { api_key: 'proof-terraform', provider: 'terraform', base_url: sandbox + sandboxPaths.terraform },
  ];
}

const vault = { api_key: 'proof-vault' };
const admin = { api_key: 'proof-golem', auth_token: golemAccounts.admin.token };
const developer = { api_key: 'proof-golem', auth_token: golemAccounts.developer.token };
const john = { api_key: 'proof-previsto', auth_token: previstoAccounts.john.key };
const terraform = { api_key: 'proof-terraform', auth_token: terraformAccounts.admin.token };

const id = expect.stringMatching(/^[1-9]\d*$/);
const dan = golemAccounts.developer;
const danAsUser = { login: dan.account.email, email: dan.account.email, access_id: id, user_id: id };
const storage = `${golemPlan.planData.storageLimit}`;

async function ticketOf({ bridge, call }: Setting): Promise<string> {
  const outcome = await call('get_ticket', vault);
  expect(outcome).toEqual({ status: 'get_ticket_ok', ticket: expect.stringMatching(/^\w+$/) });
  const { ticket = '' } = outcome;
  expect((await enter(pageAddress(bridge, ticket), dan.token)).status).toBeLessThan(400);
  return ticket;
}

async function tokenOf(setting: Setting): Promise<string> {
  const outcome = await setting.call('get_auth_token', { ...vault, ticket: await ticketOf(setting) });
  expect(outcome).toMatchObject({ status: 'get_auth_token_ok', ...danAsUser, space_amount: storage });
  return outcome.auth_token ?? '';
}

/** A call of what is not to be proven: a stack may be able to delete an account and not to read a new one. */
async function byRest(bridge: string, action: string, parameters: Readonly<Record<string, string>>): Promise<string> {
  const query = new URLSearchParams({ action, ...parameters });
  return (await fetch(`${bridge}/api/1.0/rest?${query}`)).text();
}

async function signedIn(setting: Setting): Promise<{ api_key: string; auth_token: string }> {
  return { ...vault, auth_token: await tokenOf(setting) };
}

/** How each action is proven, on its own: each proof makes what it needs. */
export const proofs: Readonly<Record<ActionName, (setting: Setting) => Promise<void>>> = {
  get_ticket: async (setting) => void (await ticketOf(setting)),
  get_auth_token: async (setting) => void (await tokenOf(setting)),

  get_account_info: async (setting) => {
    const outcome = await setting.call('get_account_info', await signedIn(setting));
    expect(outcome).toMatchObject({ status: 'get_account_info_ok', ...danAsUser, space_amount: storage });
  },

  logout: async (setting) => {
    const session = await signedIn(setting);
    expect(await setting.call('logout', session)).toMatchObject({ status: 'logout_ok' });
    expect(await setting.call('get_account_info', session)).toMatchObject({ status: 'not_logged_in' });
  },

  authorization: async ({ call, tag }) => {
    const signIn = (password: string) => call('authorization', { ...vault, login: `Łucja & <${tag}>`, password });
    const outcome = await signIn(dan.token);
    expect(outcome).toMatchObject({ status: 'logged', ...danAsUser, space_amount: storage });
    const { auth_token = '' } = outcome;
    expect(await call('get_account_info', { ...vault, auth_token })).toMatchObject(danAsUser);
    expect(await signIn('wrong')).toMatchObject({ status: 'invalid_login' });
  },

  get_account_details: async ({ call }) => {
    expect(await call('get_account_details', developer)).toMatchObject({
      status: 'get_account_details_ok',
      native_id: dan.account.id,
      name: dan.account.name,
      'attributes.1.name': 'name',
      'attributes.1.value': dan.account.name,
    });
  },

  update_account: async ({ call, tag }) => {
    const name = `Jane "Æ" & <Łódź> ☃ ${tag}`;
    const outcome = await call('update_account', { ...john, name, language_code: 'en' });
    expect(outcome).toMatchObject({ status: 'update_account_ok', name, language_code: 'en', email: 'john@doe.com' });
  },

  change_password: async ({ call }) => {
    const [before, after] = [terraformAccounts.admin.password, 'new password 34rk492+jgLL0@xhfyisj'];
    const change = (current_password: string, new_password: string) =>
      call('change_password', { ...terraform, current_password, new_password });
    expect(await change(before, after)).toMatchObject({ status: 'change_password_ok', login: 'admin' });
    expect(await change(before, after)).toMatchObject({ status: 'e_change_password' });
    expect(await change(after, before)).toMatchObject({ status: 'change_password_ok' });
  },

  create_account: async ({ call, tag }) => {
    const [name, email] = [`Łucja & <${tag}>`, `new+${tag}@example.com`];
    const outcome = await call('create_account', { ...admin, name, email });
    expect(outcome).toMatchObject({ status: 'create_account_ok', user_id: id, login: email, name, email });
  },

  delete_account: async ({ bridge, call, tag }) => {
    const email = `old+${tag}@example.com`;
    const account = await byRest(bridge, 'create_account', { ...admin, name: tag, email });
    const [, user_id = ''] = /<user_id>(\d+)</.exec(account) ?? [];
    expect(await call('delete_account', { ...admin, user_id })).toMatchObject({ status: 'delete_account_ok' });
    const left = await byRest(bridge, 'find_accounts', { ...admin, email });
    expect(left).toContain('<status>find_accounts_ok</status>');
    expect(left).not.toContain('<item>');
  },

  find_accounts: async ({ call }) => {
    const { name, email } = golemAccounts.partner.account;
    const found = await call('find_accounts', { ...admin, email });
    expect(found).toMatchObject({ 'accounts.0.name': name, 'accounts.0.email': email, 'accounts.0.user_id': id });
    expect(found).not.toHaveProperty(['accounts.1.name']);
  },

  get_account_plan: async ({ call }) => {
    const { planId, planData } = golemPlan;
    expect(await call('get_account_plan', developer)).toMatchObject({
      status: 'get_account_plan_ok',
      plan_id: planId,
      project_limit: `${planData.projectLimit}`,
      monthly_gas_limit: `${planData.monthlyGasLimit}`,
    });
  },
};
