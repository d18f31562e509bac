import { type BoxUser, boxAccounts } from '../../../src/sandbox/box-accounts.js';
import { golemAccounts, golemPlan } from '../../../src/sandbox/golem.js';
import { previstoAccounts } from '../../../src/sandbox/previsto.js';
import { seatableAccounts } from '../../../src/sandbox/seatable.js';
import { terraformAccounts } from '../../../src/sandbox/terraform.js';
import type { Branch, Tree } from '../clients/legacy.js';
import type { Api } from '../servers/workbench.js';

/** The default credential of each API in the tables. */
export const tokens: Readonly<Record<Api, string>> = {
  seatable: seatableAccounts.teamMember.token,
  previsto: previstoAccounts.john.key,
  terraform: terraformAccounts.admin.token,
  golem: golemAccounts.admin.token,
  box: boxAccounts.admin.token,
};

/** Every leaf of a JSON value under its path. */
function leaves(value: unknown, path = ''): readonly Tree[] {
  if (typeof value !== 'object' || value === null)
    return [{ name: path, value: value === null ? null : String(value) }];
  return Object.entries(value).flatMap(([key, child]) => leaves(child, path === '' ? key : `${path}.${key}`));
}

/** Placeholder for any user_id. */
export const SOME_ID = 'a positive number';

/** The fields of an account, in order; a field that is not given is unknown. */
function account(fields: Branch, reply: unknown): Branch {
  const unknown = {
    user_id: SOME_ID,
    native_id: null,
    login: null,
    name: null,
    email: null,
    pending_email: null,
    avatar_url: null,
    language_code: null,
    space_amount: null,
    space_used: null,
    max_upload_size: null,
    plan_id: null,
  };
  return { ...unknown, ...fields, attributes: leaves(reply) };
}

const seatableInfo = seatableAccounts.teamMember.info;
export const seatable = (fields: Branch = {}) =>
  account(
    {
      native_id: '7fhe63g949b946a3b200555db5de1d23@auth.local',
      login: 'teamplayer@example.com',
      name: 'Robert Teamplayer',
      email: 'teamplayer@example.com',
      avatar_url: 'https://cloud.seatable.io/media/avatars/default.png',
      space_amount: '100000000000',
      space_used: '121974751',
      ...fields,
    },
    seatableInfo,
  );
export const seatableHeaders = { authorization: 'Token 43543wrsd', accept: 'application/json; indent=4' };
export const seatableRead = { method: 'GET', path: '/seatable/api2/account/info/', headers: seatableHeaders, body: '' };

const john = previstoAccounts.john.account;
type PrevistoChanges = { name?: string; email?: string; languageCode?: string; meta?: Record<string, string> };
export const previsto = (changes: PrevistoChanges = {}) => {
  const now = { ...john, ...changes };
  const { id: native_id, login, name, email, languageCode: language_code } = now;
  return account({ native_id, login, name, email, language_code }, now);
};
// The page prints `-u sk_12345:`, which is this.
export const previstoHeaders = { authorization: 'Basic c2tfMTIzNDU6' };
export const previstoRead = { method: 'GET', path: '/previsto/accounts/current', headers: previstoHeaders, body: '' };
export const previstoWrite = (body: string) => ({
  method: 'POST',
  path: '/previsto/accounts/current',
  headers: { ...previstoHeaders, 'content-type': 'application/x-www-form-urlencoded' },
  body,
});

export const terraform = (username = 'admin', unconfirmed: string | null = null) => {
  const { id, attributes } = terraformAccounts.admin;
  const self = `/api/v2/users/${id}`;
  const avatar_url = attributes['avatar-url'];
  return account(
    { native_id: id, login: username, email: 'admin@hashicorp.com', pending_email: unconfirmed, avatar_url },
    {
      data: {
        id,
        type: 'users',
        attributes: { ...attributes, username, 'unconfirmed-email': unconfirmed },
        relationships: { 'authentication-tokens': { links: { related: `${self}/authentication-tokens` } } },
        links: { self },
      },
    },
  );
};
const jsonApi = 'application/vnd.api+json';
const terraformHeaders = { authorization: 'Bearer terraform-demo-token', accept: jsonApi, 'content-type': jsonApi };
const terraformPath = '/terraform/api/v2/account';
export const terraformRead = { method: 'GET', path: `${terraformPath}/details`, headers: terraformHeaders, body: '' };
export const terraformWrite = (path: string, attributes: object) => ({
  method: 'PATCH',
  path: `${terraformPath}/${path}`,
  headers: terraformHeaders,
  body: JSON.stringify({ data: { type: 'users', attributes } }),
});

type GolemAccount = { id: string; name: string; email: string; planId: string };
export const { admin, developer, partner } = golemAccounts;
export const golemListed = (reply: GolemAccount) =>
  account(
    { native_id: reply.id, login: reply.email, name: reply.name, email: reply.email, plan_id: reply.planId },
    reply,
  );
export const golem = (reply: GolemAccount) => ({ ...golemListed(reply), space_amount: '500000000' });
const golemRequest = (token: string, method: string, path: string, values?: object) => ({
  method,
  path: `/golem/v1/${path}`,
  headers: {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    ...(values && { 'content-type': 'application/json' }),
  },
  body: values ? JSON.stringify(values) : '',
});
export const danRequest = (method: string, path: string, values?: object) =>
  golemRequest(developer.token, method, path, values);
export const dan = developer.account;
export const golemRead = [danRequest('GET', 'accounts'), danRequest('GET', `accounts/${dan.id}/plan`)];
export const adminRequest = (method: string, path: string, values?: object) =>
  golemRequest(admin.token, method, path, values);
export const adminsView = [
  adminRequest('GET', `accounts/${partner.account.id}`),
  adminRequest('GET', `accounts/${partner.account.id}/plan`),
];
const { planId, planData } = golemPlan;
export const plan = {
  plan: {
    plan_id: planId,
    project_limit: '5',
    component_limit: '10',
    worker_limit: '10000',
    storage_limit: '500000000',
    monthly_gas_limit: '1000000000000',
    monthly_upload_limit: '1000000000',
    attributes: leaves({ planId, planData }),
  },
};

export const boxUsers = {
  admin: boxAccounts.admin.user,
  managed: boxAccounts.managed.user,
  unlimited: boxAccounts.unlimited.user,
} as const;
export const box = (user: BoxUser) =>
  account(
    {
      native_id: user.id,
      login: user.login,
      name: user.name,
      email: user.login,
      avatar_url: user.avatar_url,
      language_code: user.language,
      space_amount: user.space_amount === -1 ? '999999999999999' : String(user.space_amount),
      space_used: String(user.space_used),
      max_upload_size: String(user.max_upload_size),
    },
    user,
  );
export const boxRequest = (token: string, method: string, path: string, values?: object) => ({
  method,
  path: `/box/2.0/${path}`,
  headers: {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    ...(values && { 'content-type': 'application/json' }),
  },
  body: values ? JSON.stringify(values) : '',
});
export const boxAdminRequest = (method: string, path: string, values?: object) =>
  boxRequest(boxAccounts.admin.token, method, path, values);

/** An id that only the modern API knows beforehand. */
export const NEW_ID = 'an id that Golem makes';
export const created = { id: NEW_ID, name: 'Nia New', email: 'nia@example.com', planId };
