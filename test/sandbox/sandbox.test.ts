import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Listener } from '../../src/http/listener.js';
import { golemAccounts, golemPlan } from '../../src/sandbox/golem.js';
import { previstoAccounts } from '../../src/sandbox/previsto.js';
import { sandboxCredentials, sandboxPaths, startSandbox } from '../../src/sandbox/sandbox.js';
import { seatableAccounts } from '../../src/sandbox/seatable.js';
import { terraformAccounts } from '../../src/sandbox/terraform.js';

const json = 'application/json; charset=utf-8';
const plain = 'text/plain; charset=utf-8';

let sandbox: Listener;
beforeEach(async () => {
  sandbox = await startSandbox({ host: '127.0.0.1', port: 0 });
});
afterEach(() => sandbox.close());

interface Reply {
  readonly status: number;
  readonly type: string | null;
  readonly body: unknown;
}

async function replyOf(response: Response): Promise<Reply> {
  const type = response.headers.get('content-type');
  const text = await response.text();
  return { status: response.status, type, body: type?.includes('json') ? JSON.parse(text) : text };
}

type Options = Omit<RequestInit, 'headers'> & { readonly headers?: Record<string, string> };
type Caller = (path: string, options?: Options) => Promise<Reply>;

/** Calls an API with an Authorization header, or without one where it is undefined. */
function caller(api: keyof typeof sandboxPaths, authorization: string | undefined): Caller {
  return async (path, options = {}) => {
    const headers = { ...(authorization === undefined ? {} : { authorization }), ...options.headers };
    return replyOf(await fetch(`${sandbox.url}${sandboxPaths[api]}${path}`, { ...options, headers }));
  };
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

function typed(method: string, contentType: string, body: string): Options {
  return { method, headers: { 'content-type': contentType }, body };
}

/** The replies in the documentation of the APIs. */
const pages = {
  seatable:
    '{"org_id":4,"is_org_staff":0,"space_usage":"0.121974751%","total":100000000000,"usage":121974751,"row_usage_rate":"0%","row_total":-1,"row_usage":88,"avatar_url":"https://cloud.seatable.io/media/avatars/default.png","email":"7fhe63g949b946a3b200555db5de1d23@auth.local","name":"Robert Teamplayer","login_id":"","contact_email":"teamplayer@example.com","institution":"","is_staff":false,"enable_chargebee":true,"enable_subscription":false,"dtable_updates_email_interval":0,"dtable_collaborate_email_interval":0}',
  previsto:
    '{"id":"acct_7B10MYfEnPp6r","login":"john","name":"John Dow","email":"john@doe.com","emailValidated":true,"address":"Kundevej 2","postalCode":"4321","city":"Kundeby","countryCode":"DK","location":[11.543540954589844,56.703469017862034],"languageCode":"da","roles":["ROLE_USER","ORGROLE_org-ZW46jOjfA0rpDZ_USER"],"meta":{"hairColor":"Brown"}}',
  terraform:
    '{"data":{"id":"user-V3R563qtJNcExAkN","type":"users","attributes":{"username":"admin","is-service-account":false,"avatar-url":"https://www.gravatar.com/avatar/9babb00091b97b9ce9538c45807fd35f?s=100&d=mm","v2-only":false,"is-site-admin":true,"is-sso-login":false,"email":"admin@hashicorp.com","unconfirmed-email":null,"permissions":{"can-create-organizations":true,"can-change-email":true,"can-change-username":true}},"relationships":{"authentication-tokens":{"links":{"related":"/api/v2/users/user-V3R563qtJNcExAkN/authentication-tokens"}}},"links":{"self":"/api/v2/users/user-V3R563qtJNcExAkN"}}}',
};

test('replies as the documentation of the APIs', async () => {
  const basic = `Basic ${Buffer.from('sk_12345:').toString('base64')}`;
  for (const [api, authorization, path] of [
    ['seatable', 'Token 43543wrsd', '/api2/account/info/'],
    ['previsto', basic, '/accounts/current'],
    ['terraform', 'Bearer terraform-demo-token', '/account/details'],
  ] as const)
    expect((await caller(api, authorization)(path)).body).toEqual(JSON.parse(pages[api]));
});

describe('SeaTable', () => {
  const info = '/api2/account/info/';
  const contactEmail = '/api/v2.1/user/contact-email/';
  const as = (authorization?: string): Caller => caller('seatable', authorization);
  const member = as(`Token ${seatableAccounts.teamMember.token}`);
  const invalidToken = { status: 401, type: json, body: { detail: 'Invalid token' } };

  function put(address: string): Options {
    const body = new FormData();
    body.set('new_contact_email', address);
    return { method: 'PUT', body };
  }

  test('gives the account of a token, the same for each token', async () => {
    const { token, otherTokens, info: account } = seatableAccounts.teamMember;
    for (const one of [token, ...otherTokens])
      expect(await as(`Token ${one}`)(info)).toEqual({ status: 200, type: json, body: account });
  });

  test('a lone user has no team, no address and no quota', async () => {
    const { body } = await as(`Token ${seatableAccounts.loneUser.token}`)(info);
    expect(body).toMatchObject({ total: -2, contact_email: null });
    expect(body).not.toHaveProperty('org_id');
    expect(body).not.toHaveProperty('is_org_staff');
  });

  test('a new address is mailed, and waits', async () => {
    expect(await member(contactEmail, put('newemail@example.com'))).toEqual({
      status: 200,
      type: json,
      body: { msg: 'email has been sent, please check it in your current email.' },
    });
    expect((await member(info)).body).toEqual(seatableAccounts.teamMember.info);
  });

  test.each(['', 'nonsense', 'two words@example.com', '@example.com'])('rejects the address %j', async (address) => {
    expect(await member(contactEmail, put(address))).toEqual({
      status: 400,
      type: json,
      body: { error_msg: 'new_contact_email invalid.' },
    });
  });

  test('rejects a change without the field, without a body, and with a file in its place', async () => {
    const other = new FormData();
    other.set('email', 'newemail@example.com');
    const file = new FormData();
    file.set('new_contact_email', new Blob(['newemail@example.com']));
    for (const options of [{ body: other }, {}, { body: file }])
      expect(await member(contactEmail, { method: 'PUT', ...options })).toMatchObject({
        status: 400,
        body: { error_msg: 'new_contact_email invalid.' },
      });
  });

  test.each([
    seatableAccounts.cloudUser.info.contact_email,
    seatableAccounts.teamMember.info.contact_email,
    'Carla@Example.com',
  ])('rejects %s, which is in use', async (address) => {
    expect(await member(contactEmail, put(address))).toEqual({
      status: 409,
      type: json,
      body: { error_msg: 'email already exists!' },
    });
  });

  test('rejects every change where the feature is off', async () => {
    const cloudUser = as(`Token ${seatableAccounts.cloudUser.token}`);
    for (const address of ['newemail@example.com', 'nonsense'])
      expect(await cloudUser(contactEmail, put(address))).toEqual({
        status: 403,
        type: json,
        body: { error_msg: 'Feature disabled.' },
      });
  });

  test('accepts nothing but a form of parts', async () => {
    for (const options of [
      typed('PUT', 'application/json', '{"new_contact_email":"newemail@example.com"}'),
      typed('PUT', 'application/x-www-form-urlencoded', 'new_contact_email=newemail@example.com'),
      { method: 'PUT', body: bytes('new_contact_email=newemail@example.com') },
    ])
      expect((await member(contactEmail, options)).status).toBe(415);
    const broken = await member(contactEmail, typed('PUT', 'multipart/form-data; boundary=x', '--x\r\nnonsense'));
    expect(broken).toEqual({ status: 400, type: json, body: { detail: 'Multipart form parse error' } });
  });

  test('rejects a missing and a wrong credential on both operations', async () => {
    for (const path of [info, contactEmail]) {
      const options = path === info ? {} : put('newemail@example.com');
      expect(await as()(path, options)).toEqual({
        status: 403,
        type: json,
        body: { detail: 'Authentication credentials were not provided.' },
      });
      for (const authorization of ['Token nobody', 'Token', `Bearer ${seatableAccounts.teamMember.token}`])
        expect(await as(authorization)(path, options)).toEqual(invalidToken);
    }
  });

  test.each(['/api2/account/info', '/API2/account/info/', '/api2/account/info//', '/', ''])(
    'has no %j',
    async (path) => {
      expect(await member(path)).toEqual({ status: 404, type: json, body: { detail: 'Not found.' } });
    },
  );

  test('names the methods it has', async () => {
    expect(await member(info, { method: 'POST' })).toEqual({
      status: 405,
      type: json,
      body: { detail: 'Method "POST" not allowed.' },
    });
    expect(await member(contactEmail)).toMatchObject({ status: 405, body: { detail: 'Method "GET" not allowed.' } });
    expect((await as('Token nobody')(info, { method: 'POST' })).status).toBe(401);
  });
});

describe('Previsto', () => {
  const current = '/accounts/current';
  const basic = (user: string, password = ''): Caller =>
    caller('previsto', `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`);
  const { john, mette } = previstoAccounts;
  const owner = basic(john.key);
  const post = (form: Record<string, string> | [string, string][]): Options => ({
    method: 'POST',
    body: new URLSearchParams(form),
  });
  const rejection = (status: number, problem: { message: string; param?: string }): Reply => ({
    status,
    type: json,
    body: { type: 'invalid_request', ...problem },
  });

  test('gives the account of a key', async () => {
    expect(await owner(current)).toEqual({ status: 200, type: json, body: john.account });
    expect((await basic(mette.key)(current)).body).toEqual(mette.account);
  });

  test('changes what is given and nothing else', async () => {
    const named = { ...john.account, name: 'Jane Dow' };
    expect(await owner(current, post({ name: 'Jane Dow' }))).toEqual({ status: 200, type: json, body: named });
    const changes = { name: 'Jane Dow', email: 'jane@doe.com', languageCode: 'en' };
    const changed = { ...named, ...changes };
    expect((await owner(current, post(changes))).body).toEqual(changed);
    expect((await owner(current)).body).toEqual(changed);
    expect((await basic(mette.key)(current)).body).toEqual(mette.account);
  });

  test('takes meta values by their keys', async () => {
    const { body } = await owner(current, post({ name: 'John Dow', 'meta[hairColor]': 'Grey', 'meta[size]': 'L' }));
    expect(body).toEqual({ ...john.account, meta: { hairColor: 'Grey', size: 'L' } });
  });

  test.each([
    ['name', post({ email: 'jane@doe.com' }), "'name' must be specified."],
    ['name', post({ name: ' ' }), "'name' must be specified."],
    [
      'name',
      post([
        ['name', 'a'],
        ['name', 'b'],
      ]),
      "'name' must be specified once.",
    ],
    ['email', post({ name: 'John Dow', email: 'jane' }), "'email' must have email syntax."],
    ['email', post({ name: 'John Dow', email: '' }), "'email' must have email syntax."],
    ['languageCode', post({ name: 'John Dow', languageCode: 'dan' }), "'languageCode' must be a 2-letter code."],
    ['meta', post({ name: 'John Dow', meta: 'Brown' }), "'meta' must be an object."],
  ])('rejects a wrong %s', async (param, options, message) => {
    expect(await owner(current, options)).toEqual(rejection(400, { message, param }));
    expect((await owner(current)).body).toEqual(john.account);
  });

  test('rejects an address that another account uses, and takes its own', async () => {
    const taken = await owner(current, post({ name: 'John Dow', email: 'Mette@example.dk' }));
    expect(taken).toEqual(rejection(409, { message: "'email' is already in use.", param: 'email' }));
    expect((await owner(current, post({ name: 'John Dow', email: john.account.email }))).status).toBe(200);
  });

  test('accepts nothing but a form', async () => {
    for (const options of [
      typed('POST', 'application/json', '{"name":"Jane Dow"}'),
      typed('POST', 'multipart/form-data; boundary=x', 'name=Jane'),
      { method: 'POST', body: bytes('name=Jane') },
    ])
      expect(await owner(current, options)).toEqual(rejection(415, { message: 'Unsupported Media Type' }));
    const charset = typed('POST', 'application/x-www-form-urlencoded; charset=utf-8', 'name=J%C3%B8rn+Dow');
    expect((await owner(current, charset)).body).toMatchObject({ name: 'Jørn Dow' });
  });

  test('deletes the own account, after which the key is worth nothing', async () => {
    const reply = await owner(`/accounts/${john.account.id}`, { method: 'DELETE' });
    expect(reply).toEqual({ status: 204, type: null, body: '' });
    expect((await owner(current)).status).toBe(401);
    const reused = await basic(mette.key)(current, post({ name: 'Mette', email: john.account.email }));
    expect(reused.status).toBe(200);
  });

  test.each([mette.account.id, 'acct_nobody', 'current'])('has no own account %s to delete', async (id) => {
    const reply = await owner(`/accounts/${id}`, { method: 'DELETE' });
    expect(reply).toEqual(rejection(404, { message: 'No such account.', param: 'id' }));
    expect((await basic(mette.key)(current)).status).toBe(200);
  });

  test('rejects a missing and a wrong credential everywhere', async () => {
    const unnamed = caller('previsto', undefined);
    const bearer = caller('previsto', `Bearer ${john.key}`);
    const bare = caller('previsto', `Basic ${Buffer.from(john.key).toString('base64')}`);
    for (const call of [unnamed, bearer, bare, basic('sk_nobody'), basic(john.key, 'secret'), basic(john.key, '\n')])
      for (const [path, options] of [
        [current, {}],
        [current, post({ name: 'Jane Dow' })],
        [`/accounts/${john.account.id}`, { method: 'DELETE' }],
        ['/nowhere', {}],
      ] as const)
        expect(await call(path, options)).toEqual(rejection(401, { message: 'Bad credentials' }));
  });

  test('a public key has no access', async () => {
    expect(await basic(john.publicKey)(current)).toEqual(rejection(403, { message: 'Access is denied' }));
  });

  test.each(['/accounts/current/', '/Accounts/current', '/accounts', '/', '/accounts/x/y'])(
    'has no %j',
    async (path) => {
      expect(await owner(path)).toEqual(rejection(404, { message: 'Not Found' }));
    },
  );

  test('names the methods it has', async () => {
    for (const [method, path] of [
      ['PUT', current],
      ['PATCH', current],
      ['GET', `/accounts/${john.account.id}`],
      ['POST', `/accounts/${john.account.id}`],
    ] as const)
      expect(await owner(path, { method })).toEqual(rejection(405, { message: 'Method Not Allowed' }));
  });
});

describe('Terraform', () => {
  const jsonApi = 'application/vnd.api+json';
  const type = `${jsonApi}; charset=utf-8`;
  const { admin, member } = terraformAccounts;
  const bearer = (token: string): Caller => caller('terraform', `Bearer ${token}`);
  const user = bearer(admin.token);
  const patchText = (body: string): Options => typed('PATCH', jsonApi, body);
  const patch = (attributes: unknown): Options => patchText(JSON.stringify({ data: { type: 'users', attributes } }));
  const rejection = (status: number, title: string, ...details: string[]): Reply => ({
    status,
    type,
    body: {
      errors:
        details.length === 0
          ? [{ status: String(status), title }]
          : details.map((detail) => ({ status: String(status), title, detail })),
    },
  });
  const documentWith = (changes: Record<string, unknown>): Reply => ({
    status: 200,
    type,
    body: {
      data: {
        id: 'user-V3R563qtJNcExAkN',
        type: 'users',
        attributes: { ...admin.attributes, ...changes },
        relationships: {
          'authentication-tokens': {
            links: { related: '/api/v2/users/user-V3R563qtJNcExAkN/authentication-tokens' },
          },
        },
        links: { self: '/api/v2/users/user-V3R563qtJNcExAkN' },
      },
    },
  });
  const passwords = {
    'current-password': admin.password,
    password: 'a longer password',
    'password-confirmation': 'a longer password',
  };

  test('gives the user of a token', async () => {
    expect(await user('/account/details')).toEqual(documentWith({}));
    expect((await bearer(member.token)('/account/details')).body).toMatchObject({
      data: { id: member.id, attributes: member.attributes },
    });
  });

  test('a new name takes effect, a new address waits', async () => {
    const changed = documentWith({ username: 'root', 'unconfirmed-email': 'root@example.com' });
    expect(await user('/account/update', patch({ username: 'root', email: 'root@example.com' }))).toEqual(changed);
    expect(await user('/account/details')).toEqual(changed);
    const back = await user('/account/update', patch({ email: admin.attributes.email }));
    expect(back).toEqual(documentWith({ username: 'root' }));
  });

  test('a change of nothing and of what is not for the user to change is none', async () => {
    expect(await user('/account/update', patch({}))).toEqual(documentWith({}));
    expect(await user('/account/update', patch({ 'is-site-admin': false }))).toEqual(documentWith({}));
    expect((await bearer(member.token)('/account/update', patch({}))).body).toMatchObject({
      data: { attributes: member.attributes },
    });
  });

  test.each([
    ['Username has already been taken', { username: 'Member' }],
    ['Email has already been taken', { email: 'Member@example.com' }],
    ['Username is invalid', { username: 7 }],
    ['Username is invalid', { username: '' }],
    ['Email is invalid', { email: null }],
    ['Email is invalid', { email: 'nonsense' }],
  ])('%s: %j', async (detail, attributes) => {
    const reply = await user('/account/update', patch({ email: 'root@example.com', ...attributes }));
    expect(reply).toEqual(rejection(422, 'invalid attribute', detail));
    expect(await user('/account/details')).toEqual(documentWith({}));
  });

  test('names everything that is wrong', async () => {
    const reply = await user('/account/update', patch({ username: false, email: member.attributes.email }));
    expect(reply).toEqual(rejection(422, 'invalid attribute', 'Username is invalid', 'Email has already been taken'));
  });

  test('changes the password, with keys of either spelling', async () => {
    expect(await user('/account/password', patch(passwords))).toEqual(documentWith({}));
    const again = {
      current_password: passwords.password,
      password: 'yet another password',
      password_confirmation: 'yet another password',
    };
    expect(await user('/account/password', patch(again))).toEqual(documentWith({}));
    expect(await user('/account/password', patch(again))).toEqual(
      rejection(422, 'invalid attribute', 'Current password is invalid'),
    );
  });

  test.each([
    ['Current password is invalid', { 'current-password': 'wrong' }],
    ['Current password is invalid', { 'current-password': undefined }],
    [
      'Password is too short (minimum is 10 characters)',
      { password: 'too short', 'password-confirmation': 'too short' },
    ],
    ["Password confirmation doesn't match Password", { 'password-confirmation': undefined }],
    ["Password confirmation doesn't match Password", { 'password-confirmation': 'a longer passwort' }],
  ])('%s: %j', async (detail, attributes) => {
    const reply = await user('/account/password', patch({ ...passwords, ...attributes }));
    expect(reply).toEqual(rejection(422, 'invalid attribute', detail));
    expect((await user('/account/password', patch(passwords))).status).toBe(200);
  });

  test.each([
    ['data is missing or not an object', ''],
    ['data is missing or not an object', '{"data":{"type":"users",}}'],
    ['data is missing or not an object', '[]'],
    ['data is missing or not an object', '{"data":[]}'],
    ['data.type must be "users"', '{"data":{"attributes":{}}}'],
    ['data.type must be "users"', '{"data":{"type":"teams","attributes":{}}}'],
    ['data.attributes is missing or not an object', '{"data":{"type":"users"}}'],
  ])('%s: %s', async (detail, body) => {
    for (const path of ['/account/update', '/account/password'])
      expect(await user(path, patchText(body))).toEqual(rejection(422, 'malformed request body', detail));
  });

  test('accepts nothing but JSON:API', async () => {
    const body = '{"data":{"type":"users","attributes":{"username":"root"}}}';
    for (const path of ['/account/update', '/account/password'])
      for (const options of [typed('PATCH', 'application/json', body), { method: 'PATCH', body: bytes(body) }])
        expect(await user(path, options)).toEqual(rejection(415, 'unsupported media type'));
    expect(await user('/account/details')).toEqual(documentWith({}));
  });

  test('rejects a missing and a wrong credential everywhere', async () => {
    const basic = caller('terraform', `Basic ${Buffer.from(`${admin.token}:`).toString('base64')}`);
    for (const call of [
      caller('terraform', undefined),
      basic,
      bearer('nobody'),
      bearer(''),
      bearer(`${admin.token} x`),
    ])
      for (const [path, options] of [
        ['/account/details', {}],
        ['/account/update', patch({ username: 'root' })],
        ['/account/password', patch(passwords)],
        ['/nowhere', {}],
      ] as const)
        expect(await call(path, options)).toEqual(rejection(401, 'unauthorized'));
  });

  test.each(['/account/details/', '/Account/details', '/account', '/'])('has no %j', async (path) => {
    expect(await user(path)).toEqual(rejection(404, 'not found'));
  });

  test('names the methods it has', async () => {
    for (const [method, path] of [
      ['PATCH', '/account/details'],
      ['GET', '/account/update'],
      ['PUT', '/account/update'],
      ['POST', '/account/password'],
    ] as const)
      expect(await user(path, { method })).toEqual(rejection(405, 'method not allowed'));
  });
});

describe('Golem', () => {
  const { admin, developer, partner } = golemAccounts;
  const bearer = (token: string): Caller => caller('golem', `Bearer ${token}`);
  const [root, dan, pia] = [bearer(admin.token), bearer(developer.token), bearer(partner.token)];
  const path = ({ account }: { account: { id: string } }): string => `/v1/accounts/${account.id}`;
  const send = (method: string, body: unknown): Options => typed(method, 'application/json', JSON.stringify(body));
  const success = (body: unknown): Reply => ({ status: 200, type: json, body });
  const rejection = (status: number, error: string): Reply => ({ status, type: json, body: { error } });
  const problems = (...errors: string[]): Reply => ({ status: 400, type: json, body: { errors } });
  const adminOnly = rejection(401, 'Action is only allowed for [Admin]');
  const noAccess = (id: string): Reply => rejection(401, `Access to account \`${id}\` is not allowed`);
  const eve = { name: 'Eve', email: 'eve@example.com' };

  test('finds the accounts that a caller sees', async () => {
    expect(await dan('/v1/accounts')).toEqual(success({ values: [developer.account] }));
    expect(await pia('/v1/accounts')).toEqual(success({ values: [developer.account, partner.account] }));
    const all = [admin.account, developer.account, partner.account];
    expect(await root('/v1/accounts')).toEqual(success({ values: all }));
  });

  test('finds by the exact address', async () => {
    expect(await pia('/v1/accounts?email=dan@example.com')).toEqual(success({ values: [developer.account] }));
    expect(await pia('/v1/accounts?email=Dan@example.com')).toEqual(success({ values: [] }));
    expect(await dan('/v1/accounts?email=pia@example.com')).toEqual(success({ values: [] }));
  });

  test('gives the account of a token by its id', async () => {
    expect(await pia('/v1/login/token')).toEqual(
      success({
        id: partner.tokenId,
        accountId: partner.account.id,
        createdAt: '2025-01-01T00:00:00Z',
        expiresAt: '2125-01-01T00:00:00Z',
      }),
    );
  });

  test('gives an account to its owner, to those it shares with and to an administrator', async () => {
    for (const call of [dan, pia, root]) expect(await call(path(developer))).toEqual(success(developer.account));
    expect(await dan(path(partner))).toEqual(noAccess(partner.account.id));
    for (const call of [dan, root]) expect(await call('/v1/accounts/nobody')).toEqual(noAccess('nobody'));
  });

  test('gives the plan to its owner and to an administrator', async () => {
    for (const call of [dan, root]) expect(await call(`${path(developer)}/plan`)).toEqual(success(golemPlan));
    expect(await pia(`${path(developer)}/plan`)).toEqual(adminOnly);
    expect(await dan('/v1/accounts/nobody/plan')).toEqual(noAccess('nobody'));
  });

  test('an administrator creates an account', async () => {
    const { body } = await root('/v1/accounts', send('POST', { ...eve, planId: 'of no effect' }));
    expect(body).toEqual({ ...eve, id: expect.stringMatching(/^[0-9a-f-]{36}$/), planId: golemPlan.planId });
    expect(await root('/v1/accounts?email=eve@example.com')).toEqual(success({ values: [body] }));
    expect(await root('/v1/accounts', send('POST', eve))).toEqual(
      rejection(409, 'Account with email eve@example.com already exists'),
    );
    expect(await dan('/v1/accounts', send('POST', eve))).toEqual(adminOnly);
  });

  test('replaces name and address', async () => {
    const changed = { ...developer.account, ...eve };
    expect(await dan(path(developer), send('PUT', eve))).toEqual(success(changed));
    expect(await dan(path(developer))).toEqual(success(changed));
    expect(await dan(path(developer), send('PUT', eve))).toEqual(success(changed));
    const { name, email } = developer.account;
    expect(await root(path(developer), send('PUT', { name, email }))).toEqual(success(developer.account));
  });

  test('replaces no other account and accepts no address of another', async () => {
    expect(await pia(path(developer), send('PUT', eve))).toEqual(adminOnly);
    expect(await dan('/v1/accounts/nobody', send('PUT', eve))).toEqual(noAccess('nobody'));
    expect(await dan(path(developer), send('PUT', { ...eve, email: partner.account.email }))).toEqual(
      rejection(409, 'Account with email pia@example.com already exists'),
    );
    expect(await dan(path(developer))).toEqual(success(developer.account));
  });

  test('rejects an incomplete change, and one of the plan', async () => {
    const [name, email] = ['name', 'email'].map((field) => `Field ${field} is required and must be a string.`);
    for (const [body, ...errors] of [
      [{ name: 'Eve' }, email],
      [{ email: 'eve@example.com' }, name],
      [{}, name, email],
      [{ name: null, email: 7 }, name, email],
      [{ ...eve, planId: golemPlan.planId }, 'Changing the planId is not allowed.'],
    ] as const)
      expect(await dan(path(developer), send('PUT', body))).toEqual(problems(...errors.map(String)));
    expect(await root('/v1/accounts', send('POST', { name: 'Eve' }))).toEqual(problems(String(email)));
    expect(await dan(path(developer))).toEqual(success(developer.account));
  });

  test('an administrator deletes any account but the own', async () => {
    expect(await dan(path(developer), { method: 'DELETE' })).toEqual(adminOnly);
    expect(await root(path(admin), { method: 'DELETE' })).toEqual(problems('Cannot delete current account.'));
    expect(await root(path(developer), { method: 'DELETE' })).toEqual(success({}));
    expect(await root(path(developer), { method: 'DELETE' })).toEqual(noAccess(developer.account.id));
    expect(await dan('/v1/accounts')).toEqual(rejection(401, 'Invalid Token: Unknown token secret.'));
    expect(await pia('/v1/accounts')).toEqual(success({ values: [partner.account] }));
  });

  test('accepts nothing but JSON', async () => {
    const body = JSON.stringify(eve);
    for (const [method, target] of [
      ['POST', '/v1/accounts'],
      ['PUT', path(developer)],
    ] as const) {
      const form = await root(target, typed(method, 'application/x-www-form-urlencoded', body));
      expect(form).toMatchObject({ status: 415, type: plain, body: expect.stringContaining('urlencoded') });
      expect(await root(target, { method, body: bytes(body) })).toMatchObject({ status: 415, type: plain });
      for (const broken of ['{"name":', '[]', '']) {
        const reply = await root(target, typed(method, 'application/json', broken));
        expect(reply).toEqual({ status: 400, type: plain, body: 'parse request payload error: not a JSON object' });
      }
    }
  });

  test('rejects a missing, a misshapen and an unknown token', async () => {
    for (const call of [
      caller('golem', undefined),
      bearer('not-a-uuid'),
      caller('golem', `Basic ${developer.token}`),
      caller('golem', developer.token),
    ])
      for (const target of ['/v1/accounts', path(developer), `${path(developer)}/plan`, '/v1/login/token'])
        expect(await call(target)).toEqual({ status: 401, type: plain, body: 'authorization error' });
    expect(await bearer('00000000-0000-4000-8000-0000000000ff')('/v1/accounts')).toEqual(
      rejection(401, 'Invalid Token: Unknown token secret.'),
    );
  });

  test.each(['/v1/accounts/', '/V1/accounts', '/v1/login', '/v1/accounts/root/plan/', '/'])(
    'has no %j',
    async (target) => {
      expect(await root(target)).toEqual({ status: 404, type: plain, body: 'not found' });
    },
  );

  test('names the methods it has', async () => {
    for (const [method, target] of [
      ['PUT', '/v1/accounts'],
      ['PATCH', path(developer)],
      ['POST', `${path(developer)}/plan`],
      ['DELETE', '/v1/login/token'],
    ] as const)
      expect(await root(target, { method })).toEqual({ status: 405, type: plain, body: 'method not allowed' });
  });
});

describe('the sandbox', () => {
  const { admin } = golemAccounts;

  test('names its methods in Allow', async () => {
    const response = await fetch(`${sandbox.url}${sandboxPaths.golem}/v1/accounts/root`, { method: 'PATCH' });
    expect(response.headers.get('allow')).toBe('GET, HEAD, PUT, DELETE');
    await response.text();
  });

  test('has nothing but the APIs', async () => {
    const origin = sandbox.url;
    for (const path of ['/', '/GOLEM/v1/accounts', '/terraform/account/details', '/Terraform/api/v2/account/details'])
      expect(await replyOf(await fetch(`${origin}${path}`))).toEqual({ status: 404, type: plain, body: 'not found' });
  });

  test('answers a body that is too large and a malformed path in the form of the API', async () => {
    const overlong = { method: 'PUT', body: 'x'.repeat(200_000) };
    expect(await caller('seatable', undefined)('/api2/account/info/', overlong)).toEqual({
      status: 413,
      type: json,
      body: { detail: 'Payload Too Large' },
    });
    expect(await caller('golem', `Bearer ${admin.token}`)('/v1/accounts/%ff')).toEqual({
      status: 400,
      type: plain,
      body: 'bad request',
    });
  });

  test('starts afresh every time', async () => {
    const other = await startSandbox({ host: '127.0.0.1', port: 0 });
    const call = caller('golem', `Bearer ${admin.token}`);
    await call(`/v1/accounts/${golemAccounts.developer.account.id}`, { method: 'DELETE' });
    const untouched = await fetch(`${other.url + sandboxPaths.golem}/v1/accounts`, {
      headers: { authorization: `Bearer ${admin.token}` },
    });
    expect(await untouched.json()).toHaveProperty('values.length', 3);
    expect(await call('/v1/accounts')).toHaveProperty('body.values.length', 2);
    await other.close();
  });

  test('gives the token for a name and a password', async () => {
    const ask = async (body: Record<string, string>, headers: Record<string, string> = {}) => {
      const url = `${sandbox.url}${sandboxPaths.seatable}/api2/auth-token/`;
      const reply = await fetch(url, { method: 'POST', headers, body: new URLSearchParams(body) });
      return { otp: reply.headers.get('x-seafile-otp'), ...(await replyOf(reply)) };
    };
    for (const { info, token, password, ...more } of Object.values(seatableAccounts)) {
      const headers = 'secondFactor' in more ? { 'X-SEAFILE-OTP': more.secondFactor } : undefined;
      for (const username of [info.email, info.contact_email, info.login_id]) {
        if (username)
          expect(await ask({ username, password }, headers)).toMatchObject({ status: 200, otp: null, body: { token } });
      }
    }
    const { loneUser, cloudUser } = seatableAccounts;
    const refused = (text: string) => ({ status: 400, type: json, body: { non_field_errors: [text] } });
    const { login_id: username } = loneUser.info;
    for (const body of [
      { username, password: 'wrong' },
      { username: 'nobody', password: loneUser.password },
      { username, password: cloudUser.password },
    ]) {
      expect(await ask(body)).toEqual({ otp: null, ...refused('Unable to login with provided credentials.') });
    }
    const carla = { username: cloudUser.info.contact_email, password: cloudUser.password };
    expect(await ask(carla)).toEqual({ otp: 'required', ...refused('Two factor auth token is missing.') });
    expect(await ask(carla, { 'X-SEAFILE-OTP': '000000' })).toEqual({
      otp: 'required',
      ...refused('Two factor auth token is invalid.'),
    });
    expect(await ask({ username })).toMatchObject({
      status: 400,
      body: { password: ['This field may not be blank.'] },
    });
    expect(await caller('seatable', undefined)('/api2/auth-token/')).toMatchObject({ status: 405 });
  });

  test('accepts every credential that it names', async () => {
    const reads = {
      seatable: (token: string) => caller('seatable', `Token ${token}`)('/api2/account/info/'),
      previsto: (key: string) => caller('previsto', `Basic ${btoa(`${key}:`)}`)('/accounts/current'),
      terraform: (token: string) => caller('terraform', `Bearer ${token}`)('/account/details'),
      golem: (token: string) => caller('golem', `Bearer ${token}`)('/v1/login/token'),
      box: (token: string) => caller('box', `Bearer ${token}`)('/2.0/users/me'),
    };
    for (const { provider, credential } of sandboxCredentials) {
      expect(await reads[provider](credential)).toMatchObject({ status: 200 });
    }
    expect(sandboxCredentials.map(({ credential }) => credential)).toEqual([
      '43543wrsd',
      'seatable-lone-user-token',
      'seatable-cloud-user-token',
      'sk_12345',
      'sk_67890',
      'terraform-demo-token',
      'terraform-member-token',
      '00000000-0000-4000-8000-00000000000a',
      '00000000-0000-4000-8000-00000000000b',
      '00000000-0000-4000-8000-00000000000c',
      'box-admin-token',
      'box-managed-token',
      'box-unlimited-token',
    ]);
  });
});
