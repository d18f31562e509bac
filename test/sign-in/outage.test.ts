import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { oldClients } from '../support/clients/old-clients.js';
import { startBridge } from '../support/servers/bridge.js';
import {
  always,
  credentials,
  enter,
  type ModernApis,
  newAuthToken,
  newTicket,
  pageAddress,
  providerNames,
  signedInTicket,
  startModernApis,
  visit,
} from '../support/servers/modern-apis.js';

const GOOD = credentials.previsto;
const formats = Object.entries(oldClients).map(([format, call]) => ({ format, call }));
const unavailable = expect.stringMatching(/^(.*\bServer: )?service_unavailable$/);

const html =
  (status: number): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, { 'Content-Type': 'text/html' }).end('<html><h1>nginx</h1></html>');
const text =
  (status: number): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, { 'Content-Type': 'text/plain' }).end('404 page not found\n');

const outages: readonly (readonly [what: string, api: RequestListener])[] = [
  ['500', always(500)],
  ['503', always(503)],
  ['429', always(429)],
  ['402', always(402)],
  ['a redirect', always(302)],
  ['400', always(400)],
  [
    'a 403 that says when to try again',
    (_request, response) => void response.writeHead(403, { 'Retry-After': '10' }).end(),
  ],
  ...[400, 401, 403, 404, 409].flatMap((status) => [
    [`${status} in HTML`, html(status)] as const,
    [`${status} in plain text`, text(status)] as const,
  ]),
  ['an account without an id', always(200)],
  ['HTML', (_request, response) => void response.end('<title>Maintenance</title>')],
  ['a broken connection', (request) => void request.socket.destroy()],
  ['silence', () => {}],
];

let apis: ModernApis;
let bridge: Awaited<ReturnType<typeof startBridge>>;

beforeAll(async () => {
  apis = await startModernApis();
  bridge = await startBridge({
    limits: { upstream_timeout_ms: 300, tickets_per_minute: 1000 },
    applications: providerNames.map((provider) => apis.application(provider, provider)),
  });
});

afterAll(async () => {
  await bridge.close();
  await apis.close();
});

beforeEach(() => apis.become());

const ask = (action: string, parameters: Record<string, string>) =>
  Promise.all(formats.map(async ({ call }) => (await call(bridge.url, action, parameters)).status));
const inEveryFormat = (status: unknown) => formats.map(() => status);

test('the page passes on the Retry-After of the modern API', async () => {
  const address = pageAddress(bridge.url, await newTicket(bridge.url, 'previsto'));
  apis.become((_request, response) => void response.writeHead(429, { 'Retry-After': '120' }).end('{}'));
  const page = await enter(address, GOOD);
  expect([page.status, page.headers.get('retry-after')]).toEqual([503, '120']);
});

describe.each(outages)('an outage, %s', (_what, outage) => {
  test('at the page loses nothing', async () => {
    const ticket = await newTicket(bridge.url, 'previsto');
    const address = pageAddress(bridge.url, ticket);
    apis.become(outage);
    expect((await visit(address)).status).toBe(200);
    const page = await enter(address, GOOD);
    expect(page.status).toBe(503);
    expect(page.headers.get('retry-after')).toBe('10');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.text).toContain('Previsto does not answer right now. Nothing is lost');
    expect(page.text).toContain('<form name="login_form1" method="post">');
    expect(page.text).not.toContain(GOOD);
    expect(await ask('get_auth_token', { api_key: 'previsto', ticket })).toEqual(inEveryFormat('not_logged_in'));
    apis.become();
    expect((await enter(address, GOOD)).text).toContain('You are signed in');
  });

  test('at get_auth_token leaves the ticket', async () => {
    const parameters = { api_key: 'previsto', ticket: await signedInTicket(bridge.url, 'previsto', GOOD) };
    apis.become(outage);
    expect(await ask('get_auth_token', parameters)).toEqual(inEveryFormat(unavailable));
    apis.become();
    expect((await oldClients.rest(bridge.url, 'get_auth_token', parameters)).status).toBe('get_auth_token_ok');
  });

  test('at get_account_info ends no session', async () => {
    const parameters = { api_key: 'previsto', auth_token: await newAuthToken(bridge.url, 'previsto', GOOD) };
    apis.become(outage);
    expect(await ask('get_account_info', parameters)).toEqual(inEveryFormat(unavailable));
    apis.become();
    expect(await ask('get_account_info', parameters)).toEqual(inEveryFormat('get_account_info_ok'));
  });
});

test('what a proxy says never uses up the tries at the page', async () => {
  const address = pageAddress(bridge.url, await newTicket(bridge.url, 'previsto'));
  for (const status of [400, 401, 403, 404, 409]) {
    for (const outage of [html(status), text(status), always(status, { message: 'Forbidden' })]) {
      apis.become(outage);
      expect((await enter(address, GOOD)).status).toBe(503);
    }
  }
  apis.become();
  expect((await enter(address, GOOD)).text).toContain('You are signed in');
});

test('logout needs no modern API', async () => {
  const parameters = { api_key: 'previsto', auth_token: await newAuthToken(bridge.url, 'previsto', GOOD) };
  apis.become(always(503));
  expect((await oldClients.rest(bridge.url, 'logout', parameters)).status).toBe('logout_ok');
});

describe.each(providerNames)('a rejection by %s', (provider) => {
  const key = { api_key: provider };

  test('is reported, and the auth_token works again once the credential does', async () => {
    const parameters = { ...key, auth_token: await newAuthToken(bridge.url, provider, credentials[provider]) };
    for (const _again of [1, 2]) {
      apis.become(always(401));
      expect(await ask('get_account_info', parameters)).toEqual(inEveryFormat('not_logged_in'));
      apis.become();
      expect(await ask('get_account_info', parameters)).toEqual(inEveryFormat('get_account_info_ok'));
    }
  });

  test('between the page and get_auth_token leaves the ticket', async () => {
    const parameters = { ...key, ticket: await signedInTicket(bridge.url, provider, credentials[provider]) };
    apis.become(always(401));
    expect(await ask('get_auth_token', parameters)).toEqual(inEveryFormat('not_logged_in'));
    apis.become();
    expect((await oldClients.rest(bridge.url, 'get_auth_token', parameters)).status).toBe('get_auth_token_ok');
  });

  test.each([
    [403, 'application_restricted'],
    [404, 'account_not_found'],
  ])('with %i is %s, and ends no session', async (status, word) => {
    const parameters = { ...key, auth_token: await newAuthToken(bridge.url, provider, credentials[provider]) };
    apis.become(always(status));
    expect(await ask('get_account_info', parameters)).toEqual(inEveryFormat(word));
    apis.become();
    expect(await ask('get_account_info', parameters)).toEqual(inEveryFormat('get_account_info_ok'));
  });
});

/** Lets the store fail at a table during some work. */
async function without(table: string, work: () => Promise<void>): Promise<void> {
  const database = new DatabaseSync(join(bridge.folder, 'data', 'bridge.db'), { timeout: 5000 });
  try {
    database.exec(`ALTER TABLE ${table} RENAME TO set_aside`);
    await work();
  } finally {
    database.exec(`ALTER TABLE set_aside RENAME TO ${table}`);
    database.close();
  }
}

test('a store that fails is an outage too', async () => {
  const pending = pageAddress(bridge.url, await newTicket(bridge.url, 'previsto'));
  const ticket = await signedInTicket(bridge.url, 'previsto', GOOD);
  const auth_token = await newAuthToken(bridge.url, 'previsto', GOOD);
  const key = { api_key: 'previsto' };
  await without('tickets', async () => {
    expect(await ask('get_ticket', key)).toEqual(inEveryFormat(unavailable));
    expect(await ask('get_auth_token', { ...key, ticket })).toEqual(inEveryFormat(unavailable));
    for (const page of [await visit(pending), await enter(pending, GOOD)]) {
      expect(page.status).toBe(503);
      expect(page.text).toContain('Nothing is lost');
      expect(page.text).not.toMatch(/sqlite|no such table|set_aside/i);
    }
  });
  await without('sessions', async () => {
    expect(await ask('get_account_info', { ...key, auth_token })).toEqual(inEveryFormat(unavailable));
    expect(await ask('logout', { ...key, auth_token })).toEqual(inEveryFormat(unavailable));
    expect(await ask('get_auth_token', { ...key, ticket })).toEqual(inEveryFormat(unavailable));
  });
  expect((await enter(pending, GOOD)).text).toContain('You are signed in');
  expect((await oldClients.rest(bridge.url, 'get_auth_token', { ...key, ticket })).status).toBe('get_auth_token_ok');
  expect(await ask('get_account_info', { ...key, auth_token })).toEqual(inEveryFormat('get_account_info_ok'));
});
