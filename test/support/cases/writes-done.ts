import { boxAccounts, commonOfUsers } from '../../../src/sandbox/box-accounts.js';
import type { Branch, Parameters } from '../clients/legacy.js';
import { type Api, keyOf } from '../servers/workbench.js';
import {
  admin,
  adminRequest,
  adminsView,
  box,
  boxAdminRequest,
  boxRequest,
  boxUsers,
  created,
  dan,
  danRequest,
  developer,
  golem,
  golemListed,
  golemRead,
  partner,
  plan,
  previsto,
  previstoHeaders,
  previstoRead,
  previstoWrite,
  seatable,
  seatableHeaders,
  seatableRead,
  terraform,
  terraformRead,
  terraformWrite,
  tokens,
} from './modern-accounts.js';

/** A call that succeeds, with its upstream requests and its result. */
export interface SuccessfulWrite {
  readonly api: Api;
  readonly action: string;
  readonly with: Parameters;
  /** Of the first account of the sandbox unless given. */
  readonly token?: string;
  /** The api_key; that of the API unless given. */
  readonly key?: string;
  /** The native id of the account that user_id names. */
  readonly of?: string;
  readonly requests: readonly Request[];
  /** Null for what is unknown. */
  readonly result: Branch;
}

/** An upstream request, as the page of the modern API prints it. */
interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The first user that the sandbox makes. */
const newUser = {
  ...commonOfUsers,
  id: '31000000001',
  name: 'Nia New',
  login: 'nia@example.com',
  space_amount: 10737418240,
  space_used: 0,
  max_upload_size: 5368709120,
  avatar_url: 'https://www.box.com/api/avatar/large/31000000001',
};

const passwords: Parameters = [
  ['current_password', 'terraform-demo-password'],
  ['new_password', 'new password 34rk492+jgLL0@xhfyisj'],
];

export const successfulWrites: readonly SuccessfulWrite[] = [
  {
    api: 'seatable',
    action: 'get_account_details',
    with: [],
    requests: [seatableRead],
    result: { account: seatable() },
  },
  {
    api: 'seatable',
    action: 'update_account',
    with: [['email', 'newemail@example.com']],
    requests: [
      {
        method: 'PUT',
        path: '/seatable/api/v2.1/user/contact-email/',
        headers: { ...seatableHeaders, 'content-type': 'multipart/form-data; boundary=BOUNDARY' },
        body: '--BOUNDARY\r\nContent-Disposition: form-data; name="new_contact_email"\r\n\r\nnewemail@example.com\r\n--BOUNDARY--\r\n',
      },
      seatableRead,
    ],
    result: { account: seatable({ pending_email: 'newemail@example.com' }) },
  },
  {
    api: 'previsto',
    action: 'get_account_details',
    with: [],
    requests: [previstoRead],
    result: { account: previsto() },
  },
  {
    api: 'previsto',
    action: 'update_account',
    with: [['email', 'jane@doe.com']],
    requests: [previstoRead, previstoWrite('name=John+Dow&email=jane%40doe.com'), previstoRead],
    result: { account: previsto({ email: 'jane@doe.com' }) },
  },
  {
    api: 'previsto',
    action: 'update_account',
    with: [
      ['name', 'Jane Æ & Dow'],
      ['email', 'jane@doe.com'],
      ['language_code', 'en'],
    ],
    requests: [previstoWrite('name=Jane+%C3%86+%26+Dow&email=jane%40doe.com&languageCode=en'), previstoRead],
    result: { account: previsto({ name: 'Jane Æ & Dow', email: 'jane@doe.com', languageCode: 'en' }) },
  },
  {
    api: 'previsto',
    action: 'update_account',
    with: [['meta.hairColor', 'Grey & white']],
    requests: [previstoRead, previstoWrite('name=John+Dow&meta%5BhairColor%5D=Grey+%26+white'), previstoRead],
    result: { account: previsto({ meta: { hairColor: 'Grey & white' } }) },
  },
  {
    api: 'previsto',
    action: 'update_account',
    with: [
      ['name', 'Jane'],
      ['meta.__proto__', 'none'],
      ['meta.größe', 'xl'],
    ],
    requests: [
      previstoRead,
      previstoWrite('name=Jane&meta%5BhairColor%5D=Brown&meta%5B__proto__%5D=none&meta%5Bgr%C3%B6%C3%9Fe%5D=xl'),
      previstoRead,
    ],
    result: { account: previsto({ name: 'Jane', meta: { hairColor: 'Brown', ['__proto__']: 'none', größe: 'xl' } }) },
  },
  {
    api: 'previsto',
    action: 'delete_account',
    with: [],
    requests: [
      previstoRead,
      { method: 'DELETE', path: '/previsto/accounts/acct_7B10MYfEnPp6r', headers: previstoHeaders, body: '' },
    ],
    result: {},
  },
  {
    api: 'terraform',
    action: 'get_account_details',
    with: [],
    requests: [terraformRead],
    result: { account: terraform() },
  },
  {
    api: 'terraform',
    action: 'update_account',
    with: [
      ['login', 'boss'],
      ['email', 'boss@example.com'],
    ],
    requests: [terraformWrite('update', { username: 'boss', email: 'boss@example.com' }), terraformRead],
    result: { account: terraform('boss', 'boss@example.com') },
  },
  {
    api: 'terraform',
    action: 'update_account',
    with: [['email', 'boss@example.com']],
    requests: [terraformWrite('update', { email: 'boss@example.com' }), terraformRead],
    result: { account: terraform('admin', 'boss@example.com') },
  },
  {
    api: 'terraform',
    action: 'change_password',
    with: [...passwords, ['new_password_confirmation', 'new password 34rk492+jgLL0@xhfyisj']],
    requests: [
      terraformWrite('password', {
        'current-password': 'terraform-demo-password',
        current_password: 'terraform-demo-password',
        password: 'new password 34rk492+jgLL0@xhfyisj',
        'password-confirmation': 'new password 34rk492+jgLL0@xhfyisj',
        password_confirmation: 'new password 34rk492+jgLL0@xhfyisj',
      }),
      terraformRead,
    ],
    result: { account: terraform() },
  },
  {
    api: 'terraform',
    action: 'change_password',
    key: 'kebab',
    with: passwords,
    requests: [
      terraformWrite('password', {
        'current-password': 'terraform-demo-password',
        password: 'new password 34rk492+jgLL0@xhfyisj',
        'password-confirmation': 'new password 34rk492+jgLL0@xhfyisj',
      }),
      terraformRead,
    ],
    result: { account: terraform() },
  },
  {
    api: 'terraform',
    action: 'change_password',
    key: 'snake',
    with: passwords,
    requests: [
      terraformWrite('password', {
        current_password: 'terraform-demo-password',
        password: 'new password 34rk492+jgLL0@xhfyisj',
        password_confirmation: 'new password 34rk492+jgLL0@xhfyisj',
      }),
      terraformRead,
    ],
    result: { account: terraform() },
  },
  {
    api: 'golem',
    action: 'get_account_details',
    token: developer.token,
    with: [],
    requests: golemRead,
    result: { account: golem(dan) },
  },
  {
    api: 'golem',
    action: 'update_account',
    token: developer.token,
    with: [['name', 'Daniel']],
    requests: [
      danRequest('GET', 'accounts'),
      danRequest('PUT', `accounts/${dan.id}`, { name: 'Daniel', email: 'dan@example.com' }),
      ...golemRead,
    ],
    result: { account: golem({ ...dan, name: 'Daniel' }) },
  },
  {
    api: 'golem',
    action: 'update_account',
    token: developer.token,
    with: [['email', 'daniel@example.com']],
    requests: [
      danRequest('GET', 'accounts'),
      danRequest('PUT', `accounts/${dan.id}`, { name: 'Dan Developer', email: 'daniel@example.com' }),
      ...golemRead,
    ],
    result: { account: golem({ ...dan, email: 'daniel@example.com' }) },
  },
  {
    api: 'golem',
    action: 'create_account',
    with: [
      ['name', 'Nia New'],
      ['email', 'nia@example.com'],
    ],
    requests: [
      adminRequest('POST', 'accounts', { name: 'Nia New', email: 'nia@example.com', roles: [] }),
      adminRequest('GET', `accounts/${created.id}`),
      adminRequest('GET', `accounts/${created.id}/plan`),
    ],
    result: { account: golem(created) },
  },
  {
    api: 'golem',
    action: 'find_accounts',
    with: [],
    requests: [adminRequest('GET', 'accounts')],
    result: { accounts: [admin, developer, partner].map((each) => golemListed(each.account)) },
  },
  {
    api: 'golem',
    action: 'find_accounts',
    with: [['email', 'pia@example.com']],
    requests: [adminRequest('GET', 'accounts?email=pia%40example.com')],
    result: { accounts: [golemListed(partner.account)] },
  },
  {
    api: 'golem',
    action: 'find_accounts',
    with: [['email', 'nobody@example.com']],
    requests: [adminRequest('GET', 'accounts?email=nobody%40example.com')],
    result: { accounts: [] },
  },
  {
    api: 'golem',
    action: 'get_account_plan',
    token: developer.token,
    with: [],
    requests: golemRead,
    result: plan,
  },
  {
    api: 'golem',
    action: 'get_account_details',
    of: partner.account.id,
    with: [],
    requests: adminsView,
    result: { account: golem(partner.account) },
  },
  {
    api: 'golem',
    action: 'update_account',
    of: partner.account.id,
    with: [['name', 'Pia P.']],
    requests: [
      adminRequest('GET', `accounts/${partner.account.id}`),
      adminRequest('PUT', `accounts/${partner.account.id}`, { name: 'Pia P.', email: 'pia@example.com' }),
      ...adminsView,
    ],
    result: { account: golem({ ...partner.account, name: 'Pia P.' }) },
  },
  {
    api: 'golem',
    action: 'get_account_plan',
    of: partner.account.id,
    with: [],
    requests: [adminRequest('GET', `accounts/${partner.account.id}/plan`)],
    result: plan,
  },
  {
    api: 'golem',
    action: 'delete_account',
    of: partner.account.id,
    with: [],
    requests: [
      adminRequest('GET', `accounts/${partner.account.id}`),
      adminRequest('DELETE', `accounts/${partner.account.id}`),
    ],
    result: {},
  },
  {
    api: 'box',
    action: 'get_account_details',
    with: [],
    requests: [boxAdminRequest('GET', 'users/me')],
    result: { account: box(boxUsers.admin) },
  },
  {
    api: 'box',
    action: 'get_account_details',
    of: boxUsers.unlimited.id,
    with: [],
    requests: [boxAdminRequest('GET', `users/${boxUsers.unlimited.id}`)],
    result: { account: box(boxUsers.unlimited) },
  },
  {
    api: 'box',
    action: 'update_account',
    with: [['email', 'new@example.com']],
    requests: [
      boxAdminRequest('GET', 'users/me'),
      boxAdminRequest('PUT', 'users/398387', { login: 'new@example.com' }),
      boxAdminRequest('GET', 'users/me'),
    ],
    result: { account: box({ ...boxUsers.admin, login: 'new@example.com' }) },
  },
  {
    api: 'box',
    action: 'update_account',
    token: boxAccounts.managed.token,
    with: [
      ['name', 'Mia "M" & Co'],
      ['login', 'm@example.com'],
      ['email', 'm@example.com'],
      ['language_code', 'fr'],
    ],
    requests: [
      boxRequest(boxAccounts.managed.token, 'GET', 'users/me'),
      boxRequest(boxAccounts.managed.token, 'PUT', `users/${boxUsers.managed.id}`, {
        name: 'Mia "M" & Co',
        login: 'm@example.com',
        language: 'fr',
      }),
      boxRequest(boxAccounts.managed.token, 'GET', 'users/me'),
    ],
    result: {
      account: box({ ...boxUsers.managed, name: 'Mia "M" & Co', login: 'm@example.com', language: 'fr' }),
    },
  },
  {
    api: 'box',
    action: 'update_account',
    of: boxUsers.managed.id,
    with: [['login', 'm@example.com']],
    requests: [
      boxAdminRequest('GET', `users/${boxUsers.managed.id}`),
      boxAdminRequest('PUT', `users/${boxUsers.managed.id}`, { login: 'm@example.com' }),
      boxAdminRequest('GET', `users/${boxUsers.managed.id}`),
    ],
    result: { account: box({ ...boxUsers.managed, login: 'm@example.com' }) },
  },
  {
    api: 'box',
    action: 'create_account',
    with: [
      ['name', 'Nia New'],
      ['email', 'nia@example.com'],
    ],
    requests: [
      boxAdminRequest('POST', 'users', { name: 'Nia New', login: 'nia@example.com' }),
      boxAdminRequest('GET', `users/${newUser.id}`),
    ],
    result: { account: box(newUser) },
  },
  {
    api: 'box',
    action: 'find_accounts',
    with: [],
    requests: [boxAdminRequest('GET', 'users?limit=500&usemarker=true')],
    result: { accounts: [boxUsers.admin, boxUsers.managed, boxUsers.unlimited].map(box) },
  },
  {
    api: 'box',
    action: 'find_accounts',
    with: [['email', 'Mia@Example.com']],
    requests: [boxAdminRequest('GET', 'users?filter_term=Mia%40Example.com&limit=500&usemarker=true')],
    result: { accounts: [box(boxUsers.managed)] },
  },
  {
    api: 'box',
    action: 'find_accounts',
    with: [['email', 'mia@example.co']],
    requests: [boxAdminRequest('GET', 'users?filter_term=mia%40example.co&limit=500&usemarker=true')],
    result: { accounts: [] },
  },
  {
    api: 'box',
    action: 'delete_account',
    of: boxUsers.managed.id,
    with: [],
    requests: [boxAdminRequest('DELETE', `users/${boxUsers.managed.id}`)],
    result: {},
  },
];

/** Who calls: the parameters that every call has. */
export function callerOf({
  api,
  token = tokens[api],
  key = keyOf(api),
}: Pick<SuccessfulWrite, 'api' | 'token' | 'key'>): Parameters {
  return [
    ['api_key', key],
    ['auth_token', token],
  ];
}
