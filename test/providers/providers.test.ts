import { describe, expect, test } from '@jest/globals';
import { toFault } from '../../src/core/fault.js';
import { box } from '../../src/providers/box.js';
import { golem } from '../../src/providers/golem.js';
import { providers } from '../../src/providers/index.js';
import { previsto } from '../../src/providers/previsto.js';
import type { Account, Provider, ProviderKind } from '../../src/providers/provider.js';
import { seatable } from '../../src/providers/seatable.js';
import { terraform } from '../../src/providers/terraform.js';
import type { SettingValues } from '../../src/shared/setting.js';
import { createUpstreams } from '../../src/upstream/client.js';
import { afterwards } from '../support/cleanup.js';
import { type CannedReply, canned, startUpstream, type Upstream } from '../support/servers/upstream.js';
import { type ProviderMember, providerSuite, readOrReason } from '../support/suites/provider-suite.js';

const members: readonly ProviderMember[] = [
  {
    kind: seatable,
    refusal: { detail: 'Refused.' },
    credential: 'a-seatable-token',
    login: {
      path: '/api2/auth-token/',
      reply: { token: 'a-seatable-token' },
      refusal: { status: 400, body: { non_field_errors: ['Unable to login with provided credentials.'] } },
    },
    readPath: '/api2/account/info/',
    reply: { email: 'a@auth.local', contact_email: 'a@example.com', total: 100000000000, usage: 121974751 },
    account: {
      nativeId: 'a@auth.local',
      login: 'a@example.com',
      email: 'a@example.com',
      spaceAmount: 100000000000n,
      spaceUsed: 121974751n,
    },
  },
  {
    kind: previsto,
    refusal: { type: 'invalid_request' },
    credential: 'sk_secret',
    readPath: '/accounts/current',
    reply: { id: 'acct_1', login: 'john', email: 'john@doe.com', name: 'John Dow' },
    account: { nativeId: 'acct_1', login: 'john', email: 'john@doe.com' },
  },
  {
    kind: terraform,
    refusal: { errors: [{ title: 'refused' }] },
    credential: 'a-terraform-token',
    readPath: '/account/details',
    reply: { data: { id: 'user-1', type: 'users', attributes: { username: 'admin', email: 'admin@example.com' } } },
    account: { nativeId: 'user-1', login: 'admin', email: 'admin@example.com' },
  },
  {
    kind: golem,
    refusal: { error: 'Refused.' },
    credential: '00000000-0000-4000-8000-000000000001',
    readPath: '/v1/accounts',
    reply: { values: [{ id: 'g1', name: 'G', email: 'g@example.com', planId: 'p1' }] },
    account: { nativeId: 'g1', login: 'g@example.com', email: 'g@example.com' },
  },
  {
    kind: box,
    refusal: { type: 'error', status: 400, code: 'refused', message: 'Refused.', request_id: 'abcdef123456' },
    credential: 'a-box-token',
    readPath: '/2.0/users/me',
    reply: {
      type: 'user',
      id: '11446498',
      name: 'Aaron Levie',
      login: 'ceo@example.com',
      language: 'en',
      space_amount: 11345156112,
      space_used: 1237009912,
      max_upload_size: 2147483648,
      avatar_url: 'https://www.box.com/api/avatar/large/181216415',
    },
    account: {
      nativeId: '11446498',
      proposedUserId: 11446498,
      login: 'ceo@example.com',
      name: 'Aaron Levie',
      email: 'ceo@example.com',
      languageCode: 'en',
      avatarUrl: 'https://www.box.com/api/avatar/large/181216415',
      spaceAmount: 11345156112n,
      spaceUsed: 1237009912n,
      maxUploadSize: 2147483648n,
    },
  },
];

test('every provider has a member here', () => {
  expect(members.map(({ kind }) => kind)).toEqual(providers);
});

describe.each(members.map((member) => [member.kind.name, member] as const))('%s', (_name, member) => {
  providerSuite(member);
});

let upstream: Upstream;

async function connect(
  kind: ProviderKind,
  replies: Readonly<Record<string, CannedReply>>,
  settings: SettingValues = {},
): Promise<Provider> {
  upstream = await startUpstream(canned(replies));
  afterwards(upstream.close);
  return kind.connect({
    baseUrl: upstream.url,
    send: createUpstreams({ timeoutMs: 2000 }).sendFor({
      baseUrl: upstream.url,
      isRefusal: kind.isRefusal,
      refusals: kind.refusals,
    }),
    settings,
  });
}

describe('seatable', () => {
  const info = '/api2/account/info/';

  test.each<[Record<string, unknown>, Partial<Account>]>([
    [{ total: -2 }, { spaceAmount: 'unlimited' }],
    [{ total: 0 }, { spaceAmount: 'unlimited' }],
    [{ total: null }, { spaceAmount: 'unlimited' }],
    [{}, { spaceAmount: undefined, spaceUsed: undefined }],
    [
      { total: 'much', usage: null },
      { spaceAmount: undefined, spaceUsed: undefined },
    ],
    [{ total: 1e21 }, { spaceAmount: undefined }],
    [
      { total: 1.5e3, usage: 0 },
      { spaceAmount: 1500n, spaceUsed: 0n },
    ],
    [
      { contact_email: null, login_id: 'me' },
      { login: 'me', email: 'a@auth.local' },
    ],
    [
      { contact_email: '', login_id: '' },
      { login: 'a@auth.local', email: 'a@auth.local' },
    ],
  ])('reads %j', async (fields, expected) => {
    const provider = await connect(seatable, { [info]: { body: { email: 'a@auth.local', ...fields } } });
    expect(await provider.readAccount('t')).toMatchObject(expected);
  });

  test('keeps every digit of a number beyond 2^53', async () => {
    const provider = await connect(seatable, { [info]: { body: '{"email":"a@auth.local","total":9007199254740993}' } });
    expect(await provider.readAccount('t')).toMatchObject({ spaceAmount: 9007199254740993n });
  });

  test.each([
    [{ detail: 'Authentication credentials were not provided.' }, 'unauthenticated'],
    [{ detail: 'Invalid token' }, 'unauthenticated'],
    [{ detail: 'User inactive or deleted' }, 'unauthenticated'],
    [{ detail: 'Token has expired.' }, 'unauthenticated'],
    [{ detail: 'You do not have permission to perform this action.' }, 'restricted'],
    [{ detail: 'Permission denied.' }, 'restricted'],
    [{ error_msg: 'Feature disabled.' }, 'restricted'],
  ])('distinguishes the two kinds of 403: %j', async (body, reason) => {
    const provider = await connect(seatable, { [info]: { status: 403, body } });
    expect(await readOrReason(provider, 't')).toBe(reason);
  });

  test.each<[CannedReply, string]>([
    [{ status: 400, body: { password: ['This field may not be blank.'] } }, 'unauthenticated'],
    [{ status: 400, body: { non_field_errors: ['User account is disabled.'] } }, 'unauthenticated'],
    [
      {
        status: 400,
        headers: { 'X-Seafile-OTP': 'required' },
        body: { non_field_errors: ['Two factor auth token is missing.'] },
      },
      'unauthenticated about second factor',
    ],
    [{ status: 400, headers: { 'X-Seafile-OTP': 'required' }, body: '<h1>nginx</h1>' }, 'unavailable'],
    [{ status: 400, body: { detail: 'JSON parse error' } }, 'unavailable'],
    [{ status: 403, body: { detail: 'Permission denied.' } }, 'restricted'],
    [{ status: 404, body: { detail: 'Not found.' } }, 'unavailable'],
    [{ body: { token: '' } }, 'unavailable'],
  ])('takes %j to a login for %s', async (reply, outcome) => {
    const provider = await connect(seatable, { '/api2/auth-token/': reply });
    const fault = await provider.login?.('ada', 'pass').then(() => undefined, toFault);
    expect([fault?.reason, ...(fault?.about ? ['about', fault.about] : [])].join(' ')).toBe(outcome);
  });

  test('sends name and password as a form', async () => {
    const provider = await connect(seatable, { '/api2/auth-token/': { body: { token: 't' } } });
    expect(await provider.login?.('ä@example.com', ' a+b&c=%20!☃ ')).toBe('t');
    const [{ method = '', headers = {}, body = '' } = {}] = upstream.received;
    expect([method, headers['content-type'], headers.authorization]).toEqual([
      'POST',
      'application/x-www-form-urlencoded',
      undefined,
    ]);
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      username: 'ä@example.com',
      password: ' a+b&c=%20!☃ ',
    });
  });
});

describe('terraform', () => {
  test.each<[Record<string, unknown>, Partial<Account>]>([
    [
      { username: null, email: 'a@example.com' },
      { login: 'a@example.com', email: 'a@example.com' },
    ],
    [{ username: 'api-org' }, { login: 'api-org', email: '' }],
    [{ username: 'a', email: 'old@b.c', 'unconfirmed-email': 'new@b.c' }, { email: 'old@b.c' }],
  ])('reads the attributes %j', async (attributes, expected) => {
    const body = { data: { id: 'user-1', type: 'users', attributes } };
    expect(await (await connect(terraform, { '/account/details': { body } })).readAccount('t')).toMatchObject(expected);
  });
});

describe('box', () => {
  const me = '/2.0/users/me';
  const user = { type: 'user', id: '11446498', name: 'Aaron Levie', login: 'ceo@example.com' };
  const gone =
    'Bearer realm="Service", error="invalid_token", error_description="The access token provided is invalid."';
  const narrow = 'Bearer realm="Service", error="insufficient_scope", error_description="More is required."';
  const paths = () => upstream.received.map(({ path }) => path);
  const listOf = (query: string) => `/2.0/users?${query}limit=500&usemarker=true`;

  test.each<[Record<string, unknown>, Partial<Account>]>([
    [{ space_amount: -1 }, { spaceAmount: 'unlimited' }],
    [{ space_amount: 0 }, { spaceAmount: 0n }],
    [{ space_amount: '999999999999999999' }, { spaceAmount: undefined }],
    [{}, { spaceAmount: undefined, spaceUsed: undefined, maxUploadSize: undefined }],
    [{ login: null }, { login: '', email: '' }],
    [{ id: 11446498 }, { nativeId: '11446498', proposedUserId: 11446498 }],
    [{ id: '1' }, { proposedUserId: 1 }],
    [{ id: '2147483647' }, { proposedUserId: 2147483647 }],
    ...['2147483648', '11446498123', '0', '-1', '007', '1e3', ' 7', '7\n', '0x10', 'u7', '９'].map(
      (id): [Record<string, unknown>, Partial<Account>] => [{ id }, { nativeId: id, proposedUserId: undefined }],
    ),
  ])('reads %j', async (fields, expected) => {
    const provider = await connect(box, { [me]: { body: { ...user, ...fields } } });
    expect(await provider.readAccount('t')).toMatchObject(expected);
  });

  test.each<[number, string, string, string | undefined, string]>([
    [401, 'an ended token', '', gone, 'unauthenticated'],
    [401, 'another order', '', 'Bearer error="invalid_token", realm="Service"', 'unauthenticated'],
    [403, 'a token with too narrow a scope', '', narrow, 'restricted'],
    [401, 'no word why', '', 'Bearer realm="Service"', 'unavailable'],
    [401, 'the realm of a gateway', '', 'Bearer realm="Intranet", error="invalid_token"', 'unavailable'],
    [401, 'another scheme', '', 'Basic realm="Service", error="invalid_token"', 'unavailable'],
    [401, 'no challenge', '', undefined, 'unavailable'],
    [401, 'a page', '<html><body>nginx</body></html>', gone, 'unavailable'],
    [401, 'a text', 'Unauthorized', gone, 'unavailable'],
    [503, 'an outage', '', gone, 'unavailable'],
  ])('takes %i with %s for what it is', async (status, _what, body, challenge, reason) => {
    const headers = challenge === undefined ? {} : { 'WWW-Authenticate': challenge };
    expect(await readOrReason(await connect(box, { [me]: { status, headers, body } }), 't')).toBe(reason);
  });

  test('reads all pages of a list, and gives those whose login is the one that was asked for', async () => {
    const provider = await connect(box, {
      [listOf('filter_term=ceo%40example.com&')]: {
        body: { entries: [user, { ...user, id: '2', login: 'ceo@example.com.au' }], limit: 500, next_marker: 'a b&c' },
      },
      [`${listOf('filter_term=ceo%40example.com&')}&marker=a+b%26c`]: {
        body: { entries: [{ ...user, id: '3', login: 'CEO@Example.com' }], limit: 500, next_marker: '' },
      },
    });
    const found = await provider.findAccounts?.('t', 'ceo@example.com');
    expect(found?.map(({ nativeId }) => nativeId)).toEqual(['11446498', '3']);
    expect(paths()).toHaveLength(2);
  });

  test('takes a name that begins like an e-mail for none', async () => {
    const entries = [{ ...user, name: 'ceo@example.com', login: 'other@example.com' }];
    const provider = await connect(box, { [listOf('filter_term=ceo%40example.com&')]: { body: { entries } } });
    expect(await provider.findAccounts?.('t', 'ceo@example.com')).toEqual([]);
  });

  test('gives up on a list without an end', async () => {
    upstream = await startUpstream((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ entries: [user], next_marker: 'again' }));
    });
    afterwards(upstream.close);
    const send = createUpstreams({ timeoutMs: 5000 }).sendFor({ baseUrl: upstream.url });
    const provider = box.connect({ baseUrl: upstream.url, send, settings: {} });
    expect(await provider.findAccounts?.('t').then(() => 'a list', toFault)).toMatchObject({ reason: 'unavailable' });
    expect(paths()).toHaveLength(20);
  });

  test.each([{}, { entries: {} }, { entries: [1] }, { entries: [{ login: 'no id' }] }])(
    'takes the list %j for an outage',
    async (body) => {
      const provider = await connect(box, { [listOf('')]: { body } });
      expect(await provider.findAccounts?.('t').then(() => 'a list', toFault)).toMatchObject({ reason: 'unavailable' });
    },
  );

  test.each([
    [{ errors: [{ reason: 'invalid_parameter', name: 'name', message: 'too long' }] }, 'too long'],
    [{ errors: [] }, 'Bad Request'],
    [{ conflicts: [{ name: 'x' }] }, 'Bad Request'],
    [null, 'Bad Request'],
  ])('says why a write is refused: %j', async (context_info, message) => {
    const body = { type: 'error', status: 400, code: 'bad_request', context_info, message: 'Bad Request' };
    const provider = await connect(box, { '/2.0/users': { status: 400, body } });
    const fault = await provider.createAccount?.('t', 'N', 'n@example.com').then(() => undefined, toFault);
    expect(fault).toMatchObject({ reason: 'invalid', upstreamMessage: message });
  });

  test('sends an id as one segment of the path, and deletes without force', async () => {
    const provider = await connect(box, {});
    const odd = '../me?x=1&force=true';
    await provider.deleteAccount?.('t', odd).catch(() => {});
    await provider.readAccountOf?.('t', odd).catch(() => {});
    expect(upstream.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'DELETE /2.0/users/..%2Fme%3Fx%3D1%26force%3Dtrue',
      'GET /2.0/users/..%2Fme%3Fx%3D1%26force%3Dtrue',
    ]);
  });

  test('passes on when to try again', async () => {
    const body = { type: 'error', status: 429, code: 'rate_limit_exceeded' };
    const provider = await connect(box, { [me]: { status: 429, headers: { 'Retry-After': '7' }, body } });
    const fault = await provider.readAccount('t').then(() => undefined, toFault);
    expect(fault).toMatchObject({ reason: 'unavailable', retryAfter: 7 });
  });
});

describe('golem', () => {
  const one = { id: 'g1', name: 'G', email: 'g@example.com', planId: 'p1' };
  const two = { id: 'g/2', name: 'H', email: 'h@example.com', planId: 'p1' };
  const plan = (storageLimit: unknown) => ({ body: { planId: 'p1', planData: { storageLimit } } });
  const paths = () => upstream.received.map(({ path }) => path);

  test('takes the only account of the list without asking for it again', async () => {
    const provider = await connect(golem, {
      '/v1/accounts': { body: { values: [one] } },
      '/v1/accounts/g1/plan': plan(500000000),
    });
    expect(await provider.readAccount('t')).toMatchObject({ nativeId: 'g1', spaceAmount: 500000000n });
    expect(paths()).toEqual(['/v1/accounts', '/v1/accounts/g1/plan']);
  });

  test('takes the account of the token where the list has several', async () => {
    const provider = await connect(golem, {
      '/v1/accounts': { body: { values: [one, two] } },
      '/v1/login/token': { body: { id: 't1', accountId: 'g/2' } },
      '/v1/accounts/g%2F2': { body: two },
      '/v1/accounts/g%2F2/plan': plan(1),
    });
    expect(await provider.readAccount('t')).toMatchObject({ nativeId: 'g/2', spaceAmount: 1n });
    expect(paths()).toEqual(['/v1/accounts', '/v1/login/token', '/v1/accounts/g%2F2', '/v1/accounts/g%2F2/plan']);
  });

  test('takes the account of the token where the list is empty', async () => {
    const provider = await connect(golem, {
      '/v1/accounts': { body: { values: [] } },
      '/v1/login/token': { body: { accountId: 'g1' } },
      '/v1/accounts/g1': { body: one },
      '/v1/accounts/g1/plan': plan('1000000000000000000'),
    });
    expect(await provider.readAccount('t')).toMatchObject({ nativeId: 'g1', spaceAmount: undefined });
  });

  test('asks for the configured account alone', async () => {
    const replies = { '/v1/accounts/g1': { body: one }, '/v1/accounts/g1/plan': plan(1) };
    const provider = await connect(golem, replies, { accountId: 'g1' });
    expect(await provider.readAccount('t')).toMatchObject({ nativeId: 'g1' });
    expect(paths()).toEqual(['/v1/accounts/g1', '/v1/accounts/g1/plan']);
  });

  test.each([401, 403, 404])('a plan refused with %i is an unknown number', async (status) => {
    const replies = { '/v1/accounts/g1': { body: one }, '/v1/accounts/g1/plan': { status, body: { error: 'no' } } };
    const provider = await connect(golem, replies, { accountId: 'g1' });
    expect(await provider.readAccount('t')).toMatchObject({ nativeId: 'g1', spaceAmount: undefined });
  });

  test.each([400, 429, 500, 200])('a plan that cannot be had (%i) is an outage', async (status) => {
    const replies = { '/v1/accounts/g1': { body: one }, '/v1/accounts/g1/plan': { status, body: 'oops' } };
    expect(await readOrReason(await connect(golem, replies, { accountId: 'g1' }), 't')).toBe('unavailable');
  });

  test.each([
    ['Invalid Token: Unknown token secret.', 'unauthenticated'],
    ['Action is only allowed for [Admin]', 'restricted'],
    ['Access to account `g1` is not allowed', 'unauthenticated'],
  ])('takes 401 "%s" for %s', async (error, reason) => {
    const provider = await connect(golem, { '/v1/accounts': { status: 401, body: { error } } });
    expect(await readOrReason(provider, 't')).toBe(reason);
  });

  test.each([
    ['a plan of Golem 1.3', { planId: 'p1', planData: { storageLimit: 1, workerLimit: 2 } }],
    ['a plan of later versions', { planId: 'p1', name: 'default', storageLimit: 1, workerLimit: 2 }],
  ])('reads %s', async (_what, body) => {
    const provider = await connect(golem, { '/v1/accounts/g1/plan': { body } });
    expect(await provider.readPlan?.('t', 'g1')).toMatchObject({
      planId: 'p1',
      limits: { storageLimit: 1n, workerLimit: 2n },
      attributes: body,
    });
  });

  test.each([400, 401, 403, 404, 409, 415, 422, 429, 500, 501, 502, 503])(
    'sends a change that is answered with %i in no other way',
    async (status) => {
      upstream = await startUpstream((request, response) => {
        const isRead = request.method === 'GET';
        response.writeHead(isRead ? 200 : status, { 'Content-Type': 'application/json' });
        response.end(JSON.stringify(isRead ? { ...one, revision: 7 } : { error: 'no' }));
      });
      afterwards(upstream.close);
      const send = createUpstreams({ timeoutMs: 2000 }).sendFor({ baseUrl: upstream.url });
      const provider = golem.connect({ baseUrl: upstream.url, send, settings: { accountId: 'g1' } });
      const refused = provider.updateAccount?.send('t', { name: 'N' }).then(() => 'done', toFault);
      expect(await refused).toBeInstanceOf(Error);
      expect(upstream.received.map(({ method }) => method)).toEqual(['GET', 'PATCH']);
    },
  );

  test.each([
    [404, { error: 'no' }, 405, 'missing'],
    [405, '', 401, 'unauthenticated'],
    [404, '', 503, 'unavailable'],
  ])('where %i %j to the list is followed by %i to the rest, the account is %s', async (list, body, status, reason) => {
    const rest = { status, body: { error: 'no' } };
    const replies = { '/v1/accounts': { status: list, body }, '/v1/me/token': rest, '/v1/login/token': rest };
    expect(await readOrReason(await connect(golem, replies), 't')).toBe(reason);
  });

  test('takes a list that is none for an outage', async () => {
    expect(await readOrReason(await connect(golem, { '/v1/accounts': { body: { values: {} } } }), 't')).toBe(
      'unavailable',
    );
  });
});
