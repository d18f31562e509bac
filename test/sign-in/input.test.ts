import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Listener } from '../../src/http/listener.js';
import { previstoAccounts } from '../../src/sandbox/previsto.js';
import { oldClients, plainReply } from '../support/clients/old-clients.js';
import { exchange, type RawReply } from '../support/clients/raw.js';
import { startBridge } from '../support/servers/bridge.js';
import {
  credentials,
  enter,
  type ModernApis,
  newAuthToken,
  newTicket,
  pageAddress,
  signedInTicket,
  startModernApis,
  visit,
} from '../support/servers/modern-apis.js';

const GOOD = credentials.previsto;
const formats = Object.entries(oldClients).map(([format, call]) => ({ format, call }));

let apis: ModernApis;
let bridge: Listener;

beforeAll(async () => {
  apis = await startModernApis();
  bridge = await startBridge({
    applications: [
      apis.application('previsto', 'one'),
      apis.application('previsto', 'other'),
      apis.application('seatable', 'seatable'),
      { ...apis.application('previsto', 'web'), redirect_url: 'https://old.example.com/callback' },
    ],
  });
});

afterAll(async () => {
  await bridge.close();
  await apis.close();
});

beforeEach(() => {
  apis.received.length = 0;
});

const newPage = async (apiKey = 'one') => {
  const ticket = await newTicket(bridge.url, apiKey);
  return { ticket, address: pageAddress(bridge.url, ticket) };
};

const redeem = (ticket: string, api_key = 'one') => oldClients.rest(bridge.url, 'get_auth_token', { api_key, ticket });

const oddSecrets = ['%ff', '../x', '"\'', "' OR 1=1 --", '<script>', ']]>', '☃', 'schlüssel', 'a b', '%', '__proto__'];

describe.each(formats)('$format', ({ call }) => {
  const outcomes = (apiKey: string, secret: string) =>
    Promise.all([
      call(bridge.url, 'get_auth_token', { api_key: apiKey, ticket: secret }),
      call(bridge.url, 'get_account_info', { api_key: apiKey, auth_token: secret }),
      call(bridge.url, 'logout', { api_key: apiKey, auth_token: secret }),
    ]).then((replies) => replies.map(({ status }) => status));
  const unknown = ['get_auth_token_error', 'not_logged_in', 'not_logged_in'];

  test.each([...oddSecrets, 'a'.repeat(32), 'x'.repeat(5000)])('%j is no ticket and no token', async (odd) => {
    expect(await outcomes('one', odd)).toEqual(unknown);
  });

  test('a ticket or a token that is almost right is wrong', async () => {
    const ticket = await signedInTicket(bridge.url, 'one', GOOD);
    const authToken = await newAuthToken(bridge.url, 'one', GOOD);
    for (const secret of [ticket, authToken]) {
      for (const near of [secret.toUpperCase(), secret.slice(1), `${secret}a`, [...secret].reverse().join('')])
        expect(await outcomes('one', near)).toEqual(unknown);
    }
    expect((await redeem(authToken)).status).toBe('get_auth_token_error');
    const asToken = { api_key: 'one', auth_token: ticket };
    expect((await call(bridge.url, 'get_account_info', asToken)).status).toBe('not_logged_in');
  });

  test('a ticket with a NUL is malformed', async () => {
    const { status } = await call(bridge.url, 'get_auth_token', { api_key: 'one', ticket: 'a\0b' });
    expect(status).toMatch(/\bwrong_input\b/);
  });

  test('a ticket and a token are invalid for another application', async () => {
    const ticket = await signedInTicket(bridge.url, 'one', GOOD);
    const authToken = await newAuthToken(bridge.url, 'one', GOOD);
    apis.received.length = 0;
    expect((await outcomes('other', ticket))[0]).toBe('get_auth_token_error');
    expect((await outcomes('other', authToken)).slice(1)).toEqual(['not_logged_in', 'not_logged_in']);
    expect(apis.received).toEqual([]);
    const own = { api_key: 'one', auth_token: authToken };
    expect((await call(bridge.url, 'get_account_info', own)).status).toBe('get_account_info_ok');
    expect((await call(bridge.url, 'get_auth_token', { api_key: 'one', ticket })).status).toBe('get_auth_token_ok');
  });

  test('a ticket is over with the auth_token that the web application got, for the page too', async () => {
    const { ticket, address } = await newPage('web');
    const key = { api_key: 'web' };
    const location = (await enter(address, GOOD)).headers.get('location') ?? '';
    const auth_token = new URL(location).searchParams.get('auth_token') ?? '';
    expect((await call(bridge.url, 'logout', { ...key, auth_token })).status).toBe('logout_ok');
    for (const page of [await visit(address), await enter(address, GOOD)])
      expect([page.status, page.headers.get('location')]).toEqual([404, null]);
    expect((await call(bridge.url, 'get_auth_token', { ...key, ticket })).status).toBe('get_auth_token_error');
  });

  test('a spent ticket and a revoked token are invalid, for the page too', async () => {
    const ticket = await signedInTicket(bridge.url, 'one', GOOD);
    const { authToken } = await redeem(ticket);
    await call(bridge.url, 'logout', { api_key: 'one', auth_token: authToken });
    expect((await outcomes('one', ticket))[0]).toBe('get_auth_token_error');
    expect((await outcomes('one', authToken)).slice(1)).toEqual(['not_logged_in', 'not_logged_in']);
    const address = pageAddress(bridge.url, ticket);
    for (const page of [await visit(address), await enter(address, GOOD)]) {
      expect(page.status).toBe(404);
      expect(page.text).toContain('This sign-in is over');
    }
  });
});

test.each([60_000, 100_000])('a ticket of %i letters', async (length) => {
  const body = new URLSearchParams({ action: 'get_auth_token', api_key: 'one', ticket: 'x'.repeat(length) });
  const response = await fetch(`${bridge.url}/api/1.0/rest`, { method: 'POST', body });
  expect([response.status, (await plainReply(response)).status]).toEqual(
    length < 65_536 ? [200, 'get_auth_token_error'] : [413, 'wrong_input'],
  );
  expect((await visit(pageAddress(bridge.url, 'x'.repeat(length)))).status).toBe(431);
});

describe('the page', () => {
  const odd = [
    ...oddSecrets.map(encodeURIComponent),
    'a%00b',
    '%ff',
    '%',
    '%2e%2e%2fx',
    '',
    '..%2f..',
    'x'.repeat(9000),
  ];

  test.each(odd)('is 404 at %j', async (ticket) => {
    const address = pageAddress(bridge.url, ticket);
    for (const page of [await visit(address), await enter(address, GOOD)]) {
      expect(page.status).toBe(404);
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(page.headers.get('cache-control')).toBe('no-store');
      expect(page.headers.get('referrer-policy')).toBe('no-referrer');
      expect(page.text).toContain('This sign-in is over');
      expect(page.text).not.toMatch(/<script|\bat .*\.js|node_modules/);
    }
    expect(apis.received).toEqual([]);
  });

  test.each([
    ['PUT', 405],
    ['DELETE', 405],
    ['PATCH', 405],
    ['OPTIONS', 200],
  ])('does nothing for %s', async (method, status) => {
    const { ticket, address } = await newPage();
    const page = await visit(address, { method, body: `password=${GOOD}` });
    expect([page.status, page.headers.get('allow')]).toEqual([status, 'GET, POST, HEAD, OPTIONS']);
    expect((await redeem(ticket)).status).toBe('not_logged_in');
  });

  test('accepts the absolute-form of a request target, as through a proxy', async () => {
    const { ticket, address } = await newPage();
    const { pathname } = new URL(address);
    const form = `password=${GOOD}`;
    const requests = [
      `GET http://www.box.net${pathname} HTTP/1.1\r\nHost: www.box.net\r\n\r\n`,
      `POST http://www.box.net/${pathname} HTTP/1.1\r\nHost: www.box.net\r\nContent-Length: ${form.length}\r\n\r\n${form}`,
    ];
    const pages: (RawReply | undefined)[] = [];
    for (const request of requests)
      pages.push((await exchange(bridge.url, Buffer.from(request), { replies: 1 })).replies[0]);
    expect(pages.map((page) => page?.status)).toEqual([200, 200]);
    expect(pages[0]?.body.toString()).toContain('<form');
    expect((await redeem(ticket)).status).toBe('get_auth_token_ok');
  });

  test('may be opened twice, before and after signing in', async () => {
    const { ticket, address } = await newPage();
    expect((await visit(address)).text).toBe((await visit(address)).text);
    await enter(address, GOOD);
    for (const _again of [1, 2]) expect((await visit(address)).text).toContain('You are signed in');
    expect((await redeem(ticket)).status).toBe('get_auth_token_ok');
  });

  test('signs in the first of two tabs, and shows the other that it is signed in', async () => {
    const { ticket, address } = await newPage();
    const tabs = await Promise.all([enter(address, GOOD), enter(address, GOOD)]);
    for (const { status, text } of tabs) expect([status, text.includes('You are signed in')]).toEqual([200, true]);
    expect((await redeem(ticket)).status).toBe('get_auth_token_ok');
    expect((await redeem(ticket)).status).toBe('get_auth_token_error');
  });

  test('redirects each of two tabs to the web application, and whoever comes later, with one auth_token', async () => {
    const { ticket, address } = await newPage('web');
    const tabs = await Promise.all([enter(address, GOOD), enter(address, GOOD)]);
    tabs.push(await enter(address, GOOD));
    expect(tabs.map(({ status }) => status)).toEqual([303, 303, 303]);
    const [location = '', ...others] = new Set(tabs.map(({ headers }) => headers.get('location') ?? ''));
    expect(others).toEqual([]);
    const authToken = new URL(location).searchParams.get('auth_token');
    expect(await redeem(ticket, 'web')).toMatchObject({ status: 'get_auth_token_ok', authToken });
    expect((await enter(address, GOOD)).status).toBe(404);
  });

  test('redirects nobody after a sign-in who does not enter the same secret', async () => {
    const { address } = await newPage('web');
    await enter(address, GOOD);
    const others = ['wrong', '', previstoAccounts.mette.key].map((secret) => enter(address, secret));
    const headers = { Origin: 'https://evil.example' };
    const forged = visit(address, { method: 'POST', headers, body: new URLSearchParams({ password: GOOD }) });
    for (const page of await Promise.all([visit(address), forged, ...others])) {
      expect([page.status, page.headers.get('location')]).toEqual([200, null]);
      expect(page.text).toContain('You are signed in');
      expect(page.text).not.toContain('<form');
    }
  });

  test.each(['wrong', GOOD])('does not try %j after a sign-in', async (secret) => {
    const { ticket, address } = await newPage();
    await enter(address, GOOD);
    apis.received.length = 0;
    expect(await enter(address, secret)).toMatchObject({
      status: 200,
      text: expect.stringContaining('You are signed in'),
    });
    expect(apis.received).toEqual([]);
    expect((await redeem(ticket)).status).toBe('get_auth_token_ok');
  });

  const forged = ['redirect_url', 'redirect', 'next', 'return_to', 'url'].map((name): [string, string] => [
    name,
    'https://evil.example/',
  ]);

  test.each([
    ['one', 200, null],
    ['web', 303, 'https://old.example.com/callback'],
  ])('redirects nowhere else: %s', async (apiKey, status, location) => {
    const { ticket, address } = await newPage(apiKey);
    const post = (headers: Record<string, string>) =>
      visit(`${address}?${new URLSearchParams(forged)}`, {
        method: 'POST',
        headers: { 'X-Forwarded-Host': 'evil.example', ...headers },
        body: new URLSearchParams([['password', GOOD], ...forged]),
      });
    const refused = await post({ Origin: 'https://evil.example' });
    expect([refused.status, refused.headers.get('location')]).toEqual([403, null]);
    expect(JSON.stringify([refused.text, ...refused.headers])).not.toContain('evil');
    const page = await post({});
    expect(page.status).toBe(status);
    expect(page.headers.get('location')?.split('?')[0] ?? null).toBe(location);
    expect(JSON.stringify([page.text, ...page.headers])).not.toContain('evil');
    expect((await redeem(ticket, apiKey)).status).toBe('get_auth_token_ok');
  });

  test('rejects a megabyte at once, and nothing is lost', async () => {
    const { ticket, address } = await newPage();
    const begun = performance.now();
    const page = await visit(address, { method: 'POST', body: `password=${'x'.repeat(1024 * 1024)}` });
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(page).toMatchObject({ status: 413, text: expect.stringContaining('Nothing is lost') });
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(apis.received).toEqual([]);
    await enter(address, GOOD);
    expect((await redeem(ticket)).status).toBe('get_auth_token_ok');
  });

  test.each([
    ['missing', 'login=a'],
    ['empty', 'password='],
    ['blank', 'password=+%09%0D%0A'],
    ['nothing at all', ''],
    ['under another name', `Password=${GOOD}`],
    ['a list', `password[]=${GOOD}`],
    ['repeated, once empty', `password=&password=${GOOD}`],
    ['a field of a field', `password[a]=${GOOD}`],
    ['repeated and different', `password=${GOOD}&password=other`],
    ['not a form', '{"password":"x"}'],
  ])('shows the form again where the secret is %s', async (_what, body) => {
    const { ticket, address } = await newPage();
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const page = await visit(address, { method: 'POST', headers, body });
    expect(page.status).toBe(200);
    expect(page.text).toContain('id="problem">Enter your Previsto secret key.');
    expect(page.text).toContain('<form name="login_form1" method="post">');
    expect(page.text).not.toContain(GOOD);
    expect(apis.received).toEqual([]);
    expect((await redeem(ticket)).status).toBe('not_logged_in');
  });

  test.each([
    'application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded; charset=UTF-8',
    'application/x-www-form-urlencoded; charset=iso-8859-1',
    'application/x-www-form-urlencoded; charset=windows-1252',
    'text/plain; charset=us-ascii',
    'application/json',
    'application/octet-stream',
    'no/such;type',
    '',
  ])('accepts the form as %j', async (type) => {
    const { ticket, address } = await newPage();
    const headers = type === '' ? {} : { 'Content-Type': type };
    const body = new TextEncoder().encode(`login=J%F8rgen&password=${GOOD}&remember`);
    expect((await visit(address, { method: 'POST', headers, body })).text).toContain('You are signed in');
    expect((await redeem(ticket)).status).toBe('get_auth_token_ok');
  });

  test('rejects a Content-Encoding that the body does not have', async () => {
    const { address } = await newPage();
    for (const [encoding, status] of [
      ['gzip', 400],
      ['zip', 415],
    ] as const) {
      const headers = { 'Content-Encoding': encoding };
      const page = await visit(address, { method: 'POST', headers, body: `password=${GOOD}` });
      expect(page.status).toBe(status);
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    }
    expect((await enter(address, GOOD)).text).toContain('You are signed in');
  });

  test.each(['one', 'seatable'])('tries any text as a secret: %s', async (apiKey) => {
    const { ticket, address } = await newPage(apiKey);
    for (const secret of [
      'two words',
      'two\nlines',
      'a\r\nX-Injected: 1',
      'schlüssel',
      '☃',
      'a\0b',
      '%s $x',
      '\ud800',
    ]) {
      const page = await enter(address, secret);
      expect([secret, page.status]).toEqual([secret, 200]);
      expect(page.text).toContain('did not accept this');
      expect(page.text).not.toContain(secret);
    }
    for (const { headers } of apis.received) expect(headers).not.toHaveProperty('x-injected');
    expect((await redeem(ticket, apiKey)).status).toBe('not_logged_in');
  });
});
