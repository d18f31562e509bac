import { expect, test } from '@jest/globals';
import { createCookieBrowser } from '../support/clients/cookie-browser.js';
import { enter, pageAddress, visit } from '../support/servers/modern-apis.js';
import { agree, startWithVendor } from '../support/servers/vendor-session.js';

const DONE = 'You are signed in';
const OVER = 'This sign-in is over';
const isCallback = (target: string) => target.includes('/api/1.0/auth/callback');

/** A browser that was sent away, agreed, and has not come back yet: with the address that it comes back to. */
async function sentBack(bridge: Awaited<ReturnType<typeof startWithVendor>>, ticket: string, answer = 'Agree') {
  const browser = createCookieBrowser(isCallback);
  const page = await agree(browser, await browser.open(pageAddress(bridge.url, ticket), {}), answer);
  return { browser, callback: page.headers.get('Location') ?? '' };
}

test('a user agrees at the vendor, and the program signs in', async () => {
  const bridge = await startWithVendor();
  const ticket = await bridge.newTicket();
  const browser = createCookieBrowser();
  const form = await browser.open(pageAddress(bridge.url, ticket));
  expect(form.text).toContain('Continue at Vendor');
  expect(form.text).not.toContain('name="password"');
  expect(form.headers.get('Content-Security-Policy')).toContain("form-action 'self' http: https:");
  expect((await bridge.call('get_auth_token', { ticket })).status).toBe('not_logged_in');
  const back = await agree(browser, await browser.open(form.url, {}));
  expect(back.text).toContain(DONE);
  expect(back.text).toContain('somebody');
  const { authToken, status } = await bridge.call('get_auth_token', { ticket });
  expect(status).toBe('get_auth_token_ok');
  expect((await bridge.call('get_account_info', { auth_token: authToken })).status).toBe('get_account_info_ok');
  expect((await bridge.call('logout', { auth_token: authToken })).status).toBe('logout_ok');
  expect((await bridge.call('get_account_info', { auth_token: authToken })).status).toBe('not_logged_in');
});

test('the address at the vendor has a challenge, a state and the scopes, and neither verifier nor ticket', async () => {
  const bridge = await startWithVendor({ application: { scopes: ['openid', 'offline_access'] } });
  const ticket = await bridge.newTicket();
  const { status, headers } = await visit(pageAddress(bridge.url, ticket), {
    method: 'POST',
    body: new URLSearchParams(),
  });
  expect(status).toBe(303);
  const { searchParams } = new URL(headers.get('Location') ?? '');
  expect(Object.fromEntries(searchParams)).toEqual({
    client_id: 'the-bridge',
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge_method: 'S256',
    prompt: 'consent',
    redirect_uri: `${bridge.url}/api/1.0/auth/callback`,
    response_type: 'code',
    scope: 'openid offline_access',
    state: expect.stringMatching(/^[\w-]{80,}$/),
  });
  expect(headers.get('Location')).not.toContain(ticket);
  expect(headers.get('Set-Cookie')).toMatch(/Path=\/api\/1.0\/auth\/callback;.*HttpOnly; SameSite=Lax$/);
});

test('with a redirect_url the browser goes on to it with the auth_token', async () => {
  const bridge = await startWithVendor({ application: { redirect_url: 'https://web.example.com/back?a=b' } });
  const ticket = await bridge.newTicket();
  const { browser, callback } = await sentBack(bridge, ticket);
  const { cookies } = browser;
  const web = createCookieBrowser((target) => target.startsWith('https://web.'));
  for (const [name, value] of cookies) web.cookies.set(name, value);
  const target = new URL((await web.open(callback)).headers.get('Location') ?? '');
  expect(target.searchParams.get('ticket')).toBe(ticket);
  const authToken = target.searchParams.get('auth_token') ?? '';
  expect((await bridge.call('get_account_info', { auth_token: authToken })).status).toBe('get_account_info_ok');
  expect((await bridge.call('get_auth_token', { ticket })).authToken).toBe(authToken);
});

test('a ticket that is redeemed after the end of the access token', async () => {
  const bridge = await startWithVendor();
  const ticket = await bridge.newTicket();
  const { browser, callback } = await sentBack(bridge, ticket);
  expect((await browser.open(callback)).text).toContain(DONE);
  bridge.vendor.endAccessTokens();
  bridge.vendor.intercept((request, response) => {
    if (request.url === '/token') response.writeHead(503).end();
    return request.url === '/token';
  });
  expect((await bridge.call('get_auth_token', { ticket })).status).toBe('service_unavailable');
  bridge.vendor.intercept();
  expect((await bridge.call('get_auth_token', { ticket })).status).toBe('get_auth_token_ok');
  expect((await bridge.call('get_auth_token', { ticket })).status).toBe('get_auth_token_error');
  expect(bridge.vendor.spent).toHaveLength(1);
});

test('a callback that is forged, or of no sign-in', async () => {
  const bridge = await startWithVendor();
  const ticket = await bridge.newTicket();
  const { browser, callback } = await sentBack(bridge, ticket);
  const stranger = await startWithVendor();
  const theirs = await sentBack(stranger, await stranger.newTicket());
  const changed = (change: (query: URLSearchParams) => void) => {
    const url = new URL(callback);
    change(url.searchParams);
    return url.href;
  };
  const state = new URL(callback).searchParams.get('state') ?? '';
  for (const url of [
    changed((query) => query.delete('state')),
    changed((query) => query.set('state', '')),
    changed((query) => query.set('state', 'x'.repeat(state.length))),
    changed((query) => query.set('state', `${state.startsWith('A') ? 'B' : 'A'}${state.slice(1)}`)),
    changed((query) => query.set('state', ticket)),
    changed((query) => query.set('state', new URL(theirs.callback).searchParams.get('state') ?? '')),
    changed((query) => query.append('state', state)),
    `${bridge.url}/api/1.0/auth/callback`,
  ]) {
    const page = await browser.open(url);
    expect([url, page.status, page.text.includes(OVER)]).toEqual([url, 404, true]);
  }
  // HEAD redeems nothing, and what is true is still taken.
  expect((await visit(callback, { method: 'HEAD' })).status).toBe(200);
  expect((await browser.open(callback)).text).toContain(DONE);
});

test('a callback in another browser gets nobody in, and ends the attempt', async () => {
  const bridge = await startWithVendor();
  const ticket = await bridge.newTicket();
  const { browser, callback } = await sentBack(bridge, ticket);
  expect((await createCookieBrowser().open(callback)).text).toContain('was not completed here');
  expect((await browser.open(callback)).text).toContain('was not completed here');
  expect((await bridge.call('get_auth_token', { ticket })).status).toBe('not_logged_in');
  // The form of that page begins it again.
  const { callback: again, browser: another } = await sentBack(bridge, ticket);
  expect((await another.open(again)).text).toContain(DONE);
});

test('the callback of an earlier attempt, and of another ticket', async () => {
  const bridge = await startWithVendor();
  const ticket = await bridge.newTicket();
  const early = await sentBack(bridge, ticket);
  const late = await sentBack(bridge, ticket);
  expect((await early.browser.open(early.callback)).text).toContain('was not completed here');
  const other = await sentBack(bridge, await bridge.newTicket());
  const mixed = new URL(late.callback);
  mixed.searchParams.set('state', new URL(other.callback).searchParams.get('state') ?? '');
  expect((await late.browser.open(mixed.href)).text).toContain('was not completed here');
  expect((await late.browser.open(late.callback)).text).toContain(DONE);
});

test('a callback twice, one after the other and at once: one code is redeemed', async () => {
  const bridge = await startWithVendor();
  const ticket = await bridge.newTicket();
  const { browser, callback } = await sentBack(bridge, ticket);
  const pages = await Promise.all([browser.open(callback), browser.open(callback)]);
  expect(pages.filter(({ text }) => text.includes(DONE)).length).toBeGreaterThan(0);
  expect((await browser.open(callback)).text).toContain(DONE);
  expect(bridge.vendor.revocations()).toBe(0);
  const { authToken } = await bridge.call('get_auth_token', { ticket });
  expect((await bridge.call('get_account_info', { auth_token: authToken })).status).toBe('get_account_info_ok');
  // The ticket is spent: nothing tells a callback of one that never was.
  const page = await browser.open(callback);
  expect([page.status, page.text.includes(OVER)]).toEqual([404, true]);
});

test('a user who does not agree can begin again', async () => {
  const bridge = await startWithVendor();
  const ticket = await bridge.newTicket();
  const { browser, callback } = await sentBack(bridge, ticket, 'Refuse');
  expect(callback).toContain('error=access_denied');
  const page = await browser.open(callback);
  expect(page.text).toContain('you did not agree');
  expect(page.text).toContain(`action="${ticket}"`);
  expect((await bridge.call('get_auth_token', { ticket })).status).toBe('not_logged_in');
  const again = await sentBack(bridge, ticket);
  expect((await again.browser.open(again.callback)).text).toContain(DONE);
});

test.each<[string, string | undefined, string]>([
  ['HTML', '<h1>Down</h1>', 'does not answer right now'],
  ['an empty token', '{"token_type":"bearer","access_token":""}', 'does not answer right now'],
  ['nothing in time', undefined, 'does not answer right now'],
])('a vendor that answers the code with %s', async (_case, body, words) => {
  const bridge = await startWithVendor({ configuration: { limits: { upstream_timeout_ms: 1000 } } });
  const ticket = await bridge.newTicket();
  const { browser, callback } = await sentBack(bridge, ticket);
  bridge.vendor.intercept((request, response) => {
    if (request.url !== '/token') return false;
    if (body !== undefined) response.writeHead(200, { 'Content-Type': 'application/json' }).end(body);
    return true;
  });
  const page = await browser.open(callback);
  expect(page.text).toContain(words);
  expect(page.status).toBe(503);
  bridge.vendor.intercept();
  const again = await sentBack(bridge, ticket);
  expect((await again.browser.open(again.callback)).text).toContain(DONE);
});

test.each([
  [403, 'does not give access to this account'],
  [404, 'does not give access to this account'],
  [401, 'was not completed here'],
])('an account that the modern API refuses with %i is told so', async (status, words) => {
  const bridge = await startWithVendor();
  const ticket = await bridge.newTicket();
  const { browser, callback } = await sentBack(bridge, ticket);
  bridge.vendor.intercept((request, response) => {
    const isApi = request.url === '/api/me';
    if (isApi) response.writeHead(status, { 'Content-Type': 'application/json' }).end('{"error":"No."}');
    return isApi;
  });
  const page = await browser.open(callback);
  expect([page.status, page.text.includes(words)]).toEqual([200, true]);
  bridge.vendor.intercept();
  const again = await sentBack(bridge, ticket);
  expect((await again.browser.open(again.callback)).text).toContain(DONE);
});

test('what is not confirmed is not sent away, and another site sends nobody', async () => {
  const bridge = await startWithVendor({ application: { confirm_sign_in: true } });
  const ticket = await bridge.newTicket();
  const send = (confirmation: string, headers: Record<string, string> = {}) =>
    visit(pageAddress(bridge.url, ticket), { method: 'POST', headers, body: new URLSearchParams({ confirmation }) });
  expect((await send('')).text).toContain('Enter the code that your program shows.');
  expect((await send('0000')).text).toContain('not the code that your program shows');
  expect((await send(ticket.slice(0, 4), { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
  expect((await send(ticket.slice(0, 4))).status).toBe(303);
});

test('a program that posts a token of its own signs in with it, as everywhere', async () => {
  const bridge = await startWithVendor();
  const token = await bridge.vendor.ownToken();
  const ticket = await bridge.newTicket();
  expect((await enter(pageAddress(bridge.url, ticket), 'no-token-at-all')).text).toContain('did not accept');
  expect((await enter(pageAddress(bridge.url, ticket), token)).text).toContain(DONE);
  const { authToken } = await bridge.call('get_auth_token', { ticket });
  expect((await bridge.call('get_account_info', { auth_token: authToken })).status).toBe('get_account_info_ok');
  bridge.vendor.endAccessTokens();
  expect((await bridge.call('get_account_info', { auth_token: authToken })).status).toBe('not_logged_in');
});
