import type { ServerResponse } from 'node:http';
import { expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterwards } from '../support/cleanup.js';
import { formats, post } from '../support/clients/legacy.js';
import { startWithVendor } from '../support/servers/vendor-session.js';
import { until } from '../support/until.js';

const OK = 'get_account_info_ok';
const statusOf = async (call: Promise<{ status: string }>) => (await call).status;

/** Calls at all nodes at once. */
const callsAtOnce = (
  { callAt }: Pick<Awaited<ReturnType<typeof startWithVendor>>, 'callAt'>,
  authToken: string,
  count = 9,
) =>
  Promise.all(
    Array.from({ length: count }, (_, n) => statusOf(callAt(n, 'get_account_info', { auth_token: authToken }))),
  );

const json = (response: ServerResponse, body: object, status = 200) =>
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));

test('three nodes, called at once after a 401, renew an access token once, and then no more', async () => {
  const bridge = await startWithVendor({ nodes: 3 });
  const authToken = await bridge.signIn();
  for (let round = 1; round <= 3; round += 1) {
    bridge.vendor.endAccessTokens();
    expect(new Set(await callsAtOnce(bridge, authToken))).toEqual(new Set([OK]));
    expect(bridge.vendor.spent).toHaveLength(round);
  }
  expect(new Set(bridge.vendor.spent).size).toBe(3);
  expect(bridge.vendor.revocations()).toBe(0);
});

test('a lease outlasts the longest request for a token, that of a reload too', async () => {
  const { vendor, nodes, configuration, signIn, call } = await startWithVendor();
  const authToken = await signIn();
  await nodes[0]?.reload({ ...configuration, limits: { upstream_timeout_ms: 60_000 } });
  vendor.endAccessTokens();
  const held = vendor.holdTokens();
  const before = Date.now();
  const calling = statusOf(call('get_account_info', { auth_token: authToken }));
  await until(() => held.waiting() === 1);
  const database = new DatabaseSync(configuration.store.replace('sqlite:', ''));
  afterwards(async () => database.close());
  const session = database.prepare('SELECT leased_until FROM sessions').get();
  held.release();
  expect(await calling).toBe(OK);
  expect(Number(Object.values(session ?? {})[0])).toBeGreaterThan(before + 60_000);
});

test('a token is renewed before its end', async () => {
  const { vendor, signIn, call } = await startWithVendor({ lifeSeconds: 2 });
  const authToken = await signIn();
  const refused = vendor.refused();
  for (let renewed = 0; renewed < 2; renewed = vendor.spent.length)
    expect(await statusOf(call('get_account_info', { auth_token: authToken }))).toBe(OK);
  expect(vendor.refused()).toBe(refused);
});

test('a write that was refused with 401 is sent once more, and done once', async () => {
  const { vendor, signIn, call } = await startWithVendor();
  const authToken = await signIn();
  vendor.endAccessTokens();
  const reply = await call('update_account', { auth_token: authToken, name: 'Another' });
  expect(reply.status).toBe('update_account_ok');
  expect(vendor.writes).toEqual(['{"name":"Another"}']);
  expect(vendor.spent).toHaveLength(1);
});

test('a 401 without a body is one, too', async () => {
  const { vendor, signIn, call } = await startWithVendor();
  const authToken = await signIn();
  let refusals = 0;
  vendor.intercept((request, response) => {
    const isFirst = request.url === '/api/me' && refusals === 0;
    if (isFirst) response.writeHead(401, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }).end();
    if (isFirst) refusals += 1;
    return isFirst;
  });
  expect(await statusOf(call('get_account_info', { auth_token: authToken }))).toBe(OK);
  expect([refusals, vendor.spent.length]).toEqual([1, 1]);
});

test('a token that is refused again is not renewed again in the call', async () => {
  const { vendor, signIn, call } = await startWithVendor();
  const authToken = await signIn();
  vendor.intercept((request, response) => {
    const isApi = request.url === '/api/me';
    if (isApi) json(response, { error: 'No.' }, 401);
    return isApi;
  });
  expect(await statusOf(call('get_account_info', { auth_token: authToken }))).toBe('not_logged_in');
  expect(vendor.spent).toHaveLength(1);
});

test('a refresh token that the vendor has withdrawn: not logged in', async () => {
  const { vendor, signIn, call } = await startWithVendor();
  const authToken = await signIn();
  vendor.endAccessTokens();
  await vendor.withdrawAll();
  for (let n = 0; n < 2; n += 1)
    expect(await statusOf(call('get_account_info', { auth_token: authToken }))).toBe('not_logged_in');
});

const html = (response: ServerResponse) =>
  response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Maintenance</h1>');
const bearer = { token_type: 'Bearer', access_token: 'a-token-that-is-none' };

const outages: readonly (readonly [string, (response: ServerResponse) => void])[] = [
  ['HTML', (response) => html(response)],
  [
    'HTML that says it is JSON',
    (response) => response.writeHead(200, { 'Content-Type': 'application/json' }).end('<h1>Maintenance</h1>'),
  ],
  ['503', (response) => json(response, { error: 'temporarily_unavailable' }, 503)],
  ['a token of no length', (response) => json(response, { ...bearer, access_token: '' })],
  ['a token that is no text', (response) => json(response, { ...bearer, access_token: 17 })],
  ['no token', (response) => json(response, { token_type: 'Bearer' })],
  ['a token of another type', (response) => json(response, { ...bearer, token_type: 'mac' })],
  ['a token without a type', (response) => json(response, { access_token: 'a-token-that-is-none' })],
  ['a reply that is too large', (response) => json(response, { ...bearer, more: 'x'.repeat(2 ** 21) })],
  ['a redirect', (response) => response.writeHead(302, { Location: '/elsewhere' }).end()],
  ['a connection that breaks', (response) => response.destroy()],
  ['nothing in time', () => undefined],
  ['that the client is wrong', (response) => json(response, { error: 'invalid_client' }, 401)],
];

test('a vendor that answers a renewal with anything else: unavailable, and nothing is lost', async () => {
  const { vendor, signIn, call } = await startWithVendor({
    configuration: { limits: { upstream_timeout_ms: 1000 } },
  });
  const authToken = await signIn();
  for (const [n, [what, answer]] of outages.entries()) {
    vendor.endAccessTokens();
    vendor.intercept((request, response) => {
      const isToken = request.url === '/token';
      if (isToken) answer(response);
      return isToken;
    });
    const during = await statusOf(call('get_account_info', { auth_token: authToken }));
    vendor.intercept();
    const after = await statusOf(call('get_account_info', { auth_token: authToken }));
    expect([what, during, after]).toEqual([what, 'service_unavailable', OK]);
    expect(vendor.spent).toHaveLength(n + 1);
  }
});

const lives = ['missing', -5, 0, 'not a number', 1e300, Number.MAX_SAFE_INTEGER, null, '3600'];

test('expires_in that is none, or far away: what was given is kept, and renewed after a 401', async () => {
  const { vendor, signIn, call } = await startWithVendor();
  for (const seconds of lives) {
    vendor.changeTokens((reply) => {
      const { expires_in: _life, ...rest } = reply;
      return seconds === 'missing' ? rest : { ...rest, expires_in: seconds };
    });
    const authToken = await signIn();
    const before = vendor.spent.length;
    const read = () => statusOf(call('get_account_info', { auth_token: authToken }));
    expect([seconds, await read(), await read(), vendor.spent.length - before]).toEqual([seconds, OK, OK, 0]);
    vendor.endAccessTokens();
    expect([seconds, await read(), vendor.spent.length - before]).toEqual([seconds, OK, 1]);
  }
});

/** What vendors really send with a token, and how. */
const oddTokens: readonly (readonly [string, { body?: object; status?: number; type?: string }])[] = [
  ['scopes in a list', { body: { scope: ['root_readwrite', 'openid'] } }],
  ['no scope, said by null', { body: { scope: null } }],
  ['no refresh token, said by null', { body: { refresh_token: null } }],
  ['no refresh token, said by an empty text', { body: { refresh_token: '' } }],
  ['an error of no length', { body: { error: '' } }],
  ['an error beside it', { body: { error: 'none' } }],
  ['a type in capitals', { body: { token_type: 'BEARER' } }],
  ['201', { status: 201 }],
  ['another type of JSON', { type: 'text/json' }],
  ['the type of HTML', { type: 'text/html' }],
];

test('a token that comes with something odd is kept', async () => {
  const { vendor, signIn, call } = await startWithVendor();
  const authToken = await signIn();
  for (const [what, { body = {}, status = 200, type = 'application/json' }] of oddTokens) {
    vendor.endAccessTokens();
    const token = { token_type: 'Bearer', access_token: await vendor.ownToken(), expires_in: 3600, ...body };
    vendor.intercept((request, response) => {
      const isToken = request.url === '/token';
      if (isToken) response.writeHead(status, { 'Content-Type': type }).end(`\ufeff${JSON.stringify(token)}`);
      return isToken;
    });
    expect([what, await statusOf(call('get_account_info', { auth_token: authToken }))]).toEqual([what, OK]);
  }
});

const refusals: readonly (readonly [error: string, status: number, type: string])[] = [
  ['invalid_grant', 400, 'application/json'],
  ['invalid_grant', 401, 'text/json'],
  ['invalid_grant', 400, 'application/problem+json'],
  ['invalid_grant', 403, ''],
  ['invalid_grant', 200, 'application/json'],
  ['bad_refresh_token', 200, 'application/json'],
  ['interaction_required', 400, 'application/json'],
  ['consent_required', 400, 'application/json'],
  ['login_required', 400, 'application/json'],
];

test.each(refusals)('a refresh token that is refused by %s, %i, %s: not logged in', async (error, status, type) => {
  const { vendor, signIn, call } = await startWithVendor();
  const authToken = await signIn();
  vendor.endAccessTokens();
  vendor.intercept((request, response) => {
    const isToken = request.url === '/token';
    if (isToken) response.writeHead(status, { 'Content-Type': type }).end(JSON.stringify({ error }));
    return isToken;
  });
  expect(await statusOf(call('get_account_info', { auth_token: authToken }))).toBe('not_logged_in');
});

test.each([429, 503])('a vendor that says with %i when to ask again is heard by the old caller', async (status) => {
  const { vendor, signIn, url } = await startWithVendor();
  const authToken = await signIn();
  vendor.endAccessTokens();
  vendor.intercept((request, response) => {
    const isToken = request.url === '/token';
    if (isToken) response.writeHead(status, { 'Retry-After': '77' }).end('{"error":"too_many_requests"}');
    return isToken;
  });
  for (const format of formats) {
    const caller = [['api_key', 'key'] as const, ['auth_token', authToken] as const];
    const reply = await post(url, format, 'get_account_info', caller);
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([format === 'soap' ? 500 : 503, '77']);
  }
});

test('a vendor that does not rotate: the refresh token is kept', async () => {
  const { vendor, signIn, call } = await startWithVendor({ rotates: false });
  const authToken = await signIn();
  for (let n = 0; n < 2; n += 1) {
    vendor.endAccessTokens();
    expect(await statusOf(call('get_account_info', { auth_token: authToken }))).toBe(OK);
  }
  expect(new Set(vendor.spent).size).toBe(1);
});

test('a call that is over before the vendor answers leaves the renewal in work, which is stored', async () => {
  const bridge = await startWithVendor({ nodes: 2, configuration: { limits: { upstream_timeout_ms: 1500 } } });
  const { vendor, signIn, callAt } = bridge;
  const authToken = await signIn();
  vendor.endAccessTokens();
  const held = vendor.holdTokens();
  const caller = new AbortController();
  const address = `${bridge.url}/api/1.0/rest?action=get_account_info&api_key=key&auth_token=${authToken}`;
  const gone = fetch(address, { signal: caller.signal }).catch(() => undefined);
  await until(() => held.waiting() === 1);
  caller.abort();
  await gone;
  const waiting = statusOf(callAt(1, 'get_account_info', { auth_token: authToken }));
  held.release();
  expect(await waiting).toBe(OK);
  expect(vendor.spent).toHaveLength(1);
});
