import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { oldClients } from '../support/clients/old-clients.js';
import { startBridge } from '../support/servers/bridge.js';
import {
  credentials,
  enter,
  type ModernApis,
  newAuthToken,
  newTicket,
  pageAddress,
  providerNames,
  type ShownPage,
  signedInTicket,
  startModernApis,
  visit,
} from '../support/servers/modern-apis.js';

const WRONG = 'wr0ng-"secret"-&<b>';
const SECRET = /^[a-z0-9]{32}$/;
const USER = ['login', 'email', 'access_id', 'user_id', 'space_amount', 'space_used', 'max_upload_size'];

const services = [
  { provider: 'seatable', service: 'SeaTable', login: 'teamplayer@example.com' },
  { provider: 'previsto', service: 'Previsto', login: 'john' },
  { provider: 'terraform', service: 'Terraform', login: 'admin' },
  { provider: 'golem', service: 'Golem', login: 'dan@example.com' },
  { provider: 'box', service: 'Box', login: 'email@example.com' },
] as const;

const formats = Object.entries(oldClients).map(([format, call]) => ({ format, call }));
const stories = formats.flatMap((format) => services.map((service) => ({ ...format, ...service })));

let apis: ModernApis;
let bridge: Awaited<ReturnType<typeof startBridge>>;

beforeAll(async () => {
  apis = await startModernApis();
  const redirecting = (redirect_url: string, api_key: string) => ({
    ...apis.application('previsto', api_key),
    redirect_url,
  });
  // The `soap` client leaves out what is nil, so that only known numbers show whether all seven elements are there.
  const defaults = { space_amount: 3, space_used: 2, max_upload_size: 1 };
  const named = { name: 'Invoice importer', defaults };
  bridge = await startBridge({
    applications: [
      ...providerNames.map((provider) => ({ ...apis.application(provider, provider), ...named })),
      { ...apis.application('previsto', 'odd-name'), name: '<script>"Söhne" & \'Co\'</script>' },
      redirecting('https://old.example.com/callback', 'web'),
      redirecting('http://old.example.com:8081/box?page=a%20b&flag&next=%2Fx#top', 'web-with-query'),
      { ...apis.application('previsto', 'no-sign-in'), actions: ['get_account_info'] },
      { ...apis.application('previsto', 'passthrough'), credentials: 'passthrough' },
    ],
  });
});

afterAll(async () => {
  await bridge.close();
  await apis.close();
});

const sourceOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The contract of every page: not cached, not framed, and loading nothing. */
function expectSafe({ headers, text }: ShownPage, redirectOrigin?: string): void {
  const [, style = ''] = /<style>(.*)<\/style>/s.exec(text) ?? [];
  const [, script] = /<script type="module">(.*)<\/script>/s.exec(text) ?? [];
  const policy = new Map(
    headers
      .get('content-security-policy')
      ?.split('; ')
      .map((part) => [part.replace(/ .*/, ''), part.replace(/^[^ ]* /, '')]),
  );
  const formAction = policy.get('form-action') ?? '';
  expect(Object.fromEntries(policy)).toEqual({
    'default-src': "'none'",
    'style-src': sourceOf(style),
    'script-src': script === undefined ? expect.stringMatching(/^'sha256-[\w+/=]+'$/) : sourceOf(script),
    'form-action': redirectOrigin === undefined ? "'self'" : formAction,
    'base-uri': "'none'",
    'frame-ancestors': "'none'",
  });
  if (redirectOrigin !== undefined) expectReachable(formAction, redirectOrigin);
  expect(Object.fromEntries(headers)).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    vary: 'Accept-Language',
    'content-language': 'en',
    'x-content-type-options': 'nosniff',
  });
  for (const name of ['set-cookie', 'x-powered-by', 'etag']) expect(headers.get(name)).toBeNull();
  const links = /<a href="https:\/\/[^"]*" target="_blank" rel="noopener noreferrer">/g;
  const others = text.replace(/<script type="module">.*<\/script>/s, '').replace(links, '');
  expect(others).not.toMatch(/<script|<link|<img|<iframe|\bsrc=|\bhref=|\bon\w+=|url\(|@import|https?:/i);
}

/** Browsers apply `form-action` to a form's redirects too; it MUST allow the web application's origin or scheme. */
function expectReachable(formAction: string, redirectOrigin: string): void {
  const sources = formAction.split(' ');
  expect(sources).toContain("'self'");
  expect(sources.some((source) => [redirectOrigin, new URL(redirectOrigin).protocol].includes(source))).toBe(true);
  expect(sources).not.toContain('*');
}

/** The fields that a form must have, with the label that a person reads or hears. */
function expectForm({ text }: ShownPage, secret: string): void {
  expect(text).toMatch(/<form name="login_form1" method="post">/);
  // Old programs fill in both.
  expect(text).toMatch(/<input [^>]*name="login"/);
  expect(text).toContain(`<label for="password">${secret}</label>`);
  expect(text).toMatch(/<input id="password" name="password" type="password" [^>]*aria-describedby="password-hint/);
  expect(text).toContain('<small id="password-hint">');
}

describe('signing in', () => {
  test.each(stories)('$format to $provider', async ({ format, call, provider, service, login }) => {
    const key = { api_key: provider };
    // In SOAP the auth_token is an empty text, as the old service sent it.
    const namesOfFailure = format === 'soap' ? ['status', 'auth_token'] : ['status'];
    const issued = await call(bridge.url, 'get_ticket', key);
    expect(issued).toMatchObject({ status: 'get_ticket_ok', names: ['status', 'ticket'] });
    const { ticket } = issued;
    expect(ticket).toMatch(SECRET);
    expect(await call(bridge.url, 'get_auth_token', { ...key, ticket })).toMatchObject({
      status: 'not_logged_in',
      names: namesOfFailure,
    });

    const address = pageAddress(bridge.url, ticket);
    const page = await visit(address);
    expect(page.status).toBe(200);
    expect(page.text).toContain(`<title>Sign in to ${service}</title>`);
    expect(page.text).toContain(`Invoice importer asks for access to your ${service} account.`);
    const [, secretName = ''] = /<label for="password">([^<]*)</.exec(page.text) ?? [];
    expect(secretName).toMatch(
      provider === 'seatable' ? /^Password, or account token$/ : new RegExp(`^${service} \\w`),
    );
    expectForm(page, secretName);
    expect(page.text).not.toContain('<p role="alert"');
    expectSafe(page);

    const rejected = await enter(address, WRONG);
    expect(rejected.status).toBe(200);
    expectForm(rejected, secretName);
    expectSafe(rejected);
    expect(rejected.text).toContain(`<p role="alert" id="problem">${service} did not accept this`);
    const reply = JSON.stringify([rejected.text, ...rejected.headers]);
    for (const part of ['wr0ng', 'anybody']) expect(reply).not.toContain(part);
    expect((await call(bridge.url, 'get_auth_token', { ...key, ticket })).status).toBe('not_logged_in');

    const accepted = await enter(address, credentials[provider]);
    expect(accepted.status).toBe(200);
    expect(accepted.text).toContain('You can close this window');
    expect(JSON.stringify([accepted.text, ...accepted.headers])).not.toContain(credentials[provider]);
    expectSafe(accepted);

    const redeemed = await call(bridge.url, 'get_auth_token', { ...key, ticket });
    expect(redeemed).toMatchObject({ status: 'get_auth_token_ok', names: ['status', 'auth_token', 'user'] });
    const { authToken, user } = redeemed;
    expect(authToken).toMatch(SECRET);
    expect(authToken).not.toBe(ticket);
    expect(Object.keys(user)).toEqual(USER);
    expect(user.login).toBe(login);
    expect(user.user_id).toMatch(/^[1-9]\d*$/);
    expect(user.access_id).toBe(user.user_id);
    expect(await call(bridge.url, 'get_auth_token', { ...key, ticket })).toMatchObject({
      status: 'get_auth_token_error',
      names: namesOfFailure,
    });

    const token = { ...key, auth_token: authToken };
    expect(await call(bridge.url, 'get_account_info', token)).toMatchObject({ status: 'get_account_info_ok', user });
    expect(await call(bridge.url, 'logout', token)).toMatchObject({ status: 'logout_ok', names: ['status'] });
    for (const action of ['get_account_info', 'logout'])
      expect((await call(bridge.url, action, token)).status).toBe('not_logged_in');
  });

  test('the name of an application is escaped', async () => {
    const page = await visit(pageAddress(bridge.url, await newTicket(bridge.url, 'odd-name')));
    expect(page.text).toContain('&lt;script&gt;&quot;Söhne&quot; &amp; &#39;Co&#39;&lt;/script&gt; asks for access');
    expectSafe(page);
  });

  test('blanks around a pasted secret are removed', async () => {
    const ticket = await signedInTicket(bridge.url, 'previsto', ` \t${credentials.previsto}\r\n`);
    const { status } = await oldClients.rest(bridge.url, 'get_auth_token', { api_key: 'previsto', ticket });
    expect(status).toBe('get_auth_token_ok');
  });

  test('two sign-ins of one account have two tokens, and end one by one', async () => {
    const [one = '', other = ''] = await Promise.all(
      ['first', 'second'].map(() => newAuthToken(bridge.url, 'previsto', credentials.previsto)),
    );
    expect(other).not.toBe(one);
    const as = (auth_token: string) => ({ api_key: 'previsto', auth_token });
    expect((await oldClients.rest(bridge.url, 'logout', as(one))).status).toBe('logout_ok');
    expect((await oldClients.rest(bridge.url, 'get_account_info', as(other))).status).toBe('get_account_info_ok');
  });

  test.each(formats)('of 20 $format programs that redeem a ticket at the same moment one gets it', async ({ call }) => {
    const ticket = await signedInTicket(bridge.url, 'previsto', credentials.previsto);
    const redeem = () => call(bridge.url, 'get_auth_token', { api_key: 'previsto', ticket });
    const replies = await Promise.all(Array.from({ length: 20 }, redeem));
    expect(replies.filter(({ status }) => status === 'get_auth_token_ok')).toHaveLength(1);
    expect(replies.filter(({ status }) => status === 'get_auth_token_error')).toHaveLength(19);
  });
});

describe('a web application', () => {
  test.each([
    ['web', 'https://old.example.com', /^https:\/\/old\.example\.com\/callback\?ticket=(\w{32})&auth_token=(\w{32})$/],
    [
      'web-with-query',
      'http://old.example.com:8081',
      /^http:\/\/old\.example\.com:8081\/box\?page=a%20b&flag&next=%2Fx&ticket=(\w{32})&auth_token=(\w{32})#top$/,
    ],
  ])('receives its user with ticket and auth_token: %s', async (api_key, origin, expected) => {
    const ticket = await newTicket(bridge.url, api_key);
    const address = pageAddress(bridge.url, ticket);
    expectSafe(await visit(address), origin);
    expectSafe(await enter(address, WRONG), origin);

    const accepted = await enter(address, credentials.previsto);
    expect(accepted.status).toBe(303);
    expect(accepted.text).toBe('');
    const [, formAction = ''] = /form-action ([^;]*)/.exec(accepted.headers.get('content-security-policy') ?? '') ?? [];
    expectReachable(formAction, origin);
    expect(accepted.headers.get('cache-control')).toBe('no-store');
    expect(accepted.headers.get('referrer-policy')).toBe('no-referrer');
    const [, sentTicket, auth_token = ''] = expected.exec(accepted.headers.get('location') ?? '') ?? [];
    expect(sentTicket).toBe(ticket);
    expect(auth_token).toMatch(SECRET);

    const info = () => oldClients.rest(bridge.url, 'get_account_info', { api_key, auth_token });
    expect((await info()).status).toBe('get_account_info_ok');
    const redeem = () => oldClients.rest(bridge.url, 'get_auth_token', { api_key, ticket });
    expect(await redeem()).toMatchObject({ status: 'get_auth_token_ok', authToken: auth_token });
    expect((await redeem()).status).toBe('get_auth_token_error');
    expect((await info()).status).toBe('get_account_info_ok');
  });
});

test.each(formats)('$format: an application may have no sign-in', async ({ call }) => {
  const outcome = async (action: string, parameters: Record<string, string>) =>
    (await call(bridge.url, action, parameters)).status;
  for (const api_key of ['no-sign-in', 'passthrough']) {
    expect(await outcome('get_ticket', { api_key })).toBe('application_restricted');
    expect(await outcome('get_auth_token', { api_key, ticket: 't' })).toBe('application_restricted');
  }
  expect(await outcome('logout', { api_key: 'no-sign-in', auth_token: 't' })).toBe('application_restricted');
  expect(await outcome('logout', { api_key: 'passthrough', auth_token: 't' })).toBe('logout_ok');
});

/** The encodings of a secret in a file: plain, UTF-16, hex, and base64 at every offset. */
function shapesOf(secret: string): Buffer[] {
  const inBase64 = [0, 1, 2].map((before) =>
    Buffer.from(`${'x'.repeat(before)}${secret}`)
      .toString('base64')
      .replace(/=+$/, '')
      .slice(before && before + 1, -1),
  );
  const texts = [secret, Buffer.from(secret).toString('hex'), ...inBase64].map((text) => Buffer.from(text));
  return [...texts, Buffer.from(secret, 'utf16le')];
}

test('the store and the key file hold no ticket, no auth_token and no credential', async () => {
  const own = await startBridge({
    applications: [
      ...providerNames.map((provider) => apis.application(provider, provider)),
      ...providerNames.map((provider) => ({
        ...apis.application(provider, `web-${provider}`),
        redirect_url: 'https://old.example.com/',
      })),
    ],
  });
  const secrets: string[] = [];
  const missing = new Set(['accounts', 'acct_7B10MYfEnPp6r']);
  try {
    for (const provider of providerNames) {
      const credential = credentials[provider];
      const active = await newAuthToken(own.url, provider, credential);
      const ended = await newAuthToken(own.url, provider, credential);
      await oldClients.rest(own.url, 'get_account_info', { api_key: provider, auth_token: active });
      await oldClients.rest(own.url, 'logout', { api_key: provider, auth_token: ended });
      const web = await newTicket(own.url, `web-${provider}`);
      const { headers } = await enter(pageAddress(own.url, web), credential);
      const issued = new URL(headers.get('location') ?? '').searchParams.get('auth_token') ?? '';
      const waiting = await signedInTicket(own.url, provider, credential);
      const pending = await newTicket(own.url, provider);
      secrets.push(credential, active, ended, web, issued, waiting, pending);
    }
    expect(new Set(secrets).size).toBe(7 * providerNames.length);
    const files = await readdir(own.folder, { recursive: true, withFileTypes: true });
    const names = files.filter((entry) => entry.isFile()).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['bridge.db', 'bridge.db-wal', 'bridge.key']));
    for (const entry of files.filter((file) => file.isFile())) {
      const bytes = await readFile(join(entry.parentPath, entry.name));
      const found = secrets.filter((secret) => shapesOf(secret).some((shape) => bytes.includes(shape)));
      expect([entry.name, found]).toEqual([entry.name, []]);
      // The search finds what is not secret.
      for (const text of missing) if (bytes.includes(text)) missing.delete(text);
    }
    expect([...missing]).toEqual([]);
  } finally {
    await own.close();
  }
});
