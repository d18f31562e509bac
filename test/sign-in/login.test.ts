import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { seatableAccounts } from '../../src/sandbox/seatable.js';
import { encodings } from '../support/cases/encodings.js';
import { oldClients } from '../support/clients/old-clients.js';
import { startBridge } from '../support/servers/bridge.js';
import {
  always,
  type ModernApis,
  newTicket,
  pageAddress,
  providerNames,
  type ShownPage,
  startModernApis,
  visit,
} from '../support/servers/modern-apis.js';

const { teamMember, loneUser, cloudUser } = seatableAccounts;
const DONE = 'You are signed in';
const formats = Object.entries(oldClients).map(([format, call]) => ({ format, call }));
const LOGIN = 'POST /seatable/api2/auth-token/';
const READ = 'GET /seatable/api2/account/info/';

const logged: string[] = [];
let apis: ModernApis;
let bridge: Awaited<ReturnType<typeof startBridge>>;

beforeAll(async () => {
  apis = await startModernApis();
  bridge = await startBridge(
    {
      trust_proxy: true,
      limits: { tickets_per_minute: 1000 },
      applications: [
        ...providerNames.map((provider) => apis.application(provider, provider)),
        { ...apis.application('seatable', 'web'), redirect_url: 'https://old.example.com/' },
        { ...apis.application('seatable', 'confirmed'), confirm_sign_in: true },
        { ...apis.application('seatable', 'passthrough'), credentials: 'passthrough' },
      ],
    },
    { log: pino({}, { write: (line: string) => void logged.push(line) }) },
  );
});

afterAll(async () => {
  await bridge.close();
  await apis.close();
});

beforeEach(() => {
  apis.become();
  apis.received.length = 0;
});

/** What an old program sends to the page. */
const post = (address: string, login: string, password: string): Promise<ShownPage> =>
  visit(address, { method: 'POST', body: new URLSearchParams({ login, password, dologin: '1', __login: '1' }) });

const asked = () => apis.received.map(({ method, path }) => `${method} ${path}`);
const problemIn = ({ text }: ShownPage) => /id="problem">([^<]*)</.exec(text)?.[1];

async function newPage(apiKey = 'seatable') {
  const ticket = await newTicket(bridge.url, apiKey);
  return { ticket, address: pageAddress(bridge.url, ticket) };
}

const redeem = (ticket: string, api_key = 'seatable') =>
  oldClients.rest(bridge.url, 'get_auth_token', { api_key, ticket });

describe('a program that posts the real name and password', () => {
  test.each([
    [teamMember.info.contact_email, teamMember],
    [teamMember.info.email, teamMember],
    [' Lone-User\n', loneUser],
  ])('is signed in: %j', async (login, { password, info }) => {
    const { ticket, address } = await newPage();
    const page = await post(address, login, password);
    expect([page.status, page.text.includes('api_auth_success')]).toEqual([200, true]);
    expect(asked()).toEqual([READ, LOGIN, READ].slice(password.includes(' ') ? 1 : 0));
    const { status, authToken, user } = await redeem(ticket);
    expect([status, user.email]).toEqual(['get_auth_token_ok', info.contact_email ?? info.email]);
    const own = { api_key: 'seatable', auth_token: authToken };
    expect((await oldClients.rest(bridge.url, 'get_account_info', own)).status).toBe('get_account_info_ok');
  });

  test('is sent on to a web application', async () => {
    const { address } = await newPage('web');
    const page = await post(address, 'lone-user', loneUser.password);
    expect(page.status).toBe(303);
    const auth_token = new URL(page.headers.get('location') ?? '').searchParams.get('auth_token') ?? '';
    const { status } = await oldClients.rest(bridge.url, 'get_account_info', { api_key: 'web', auth_token });
    expect(status).toBe('get_account_info_ok');
  });

  test('may send the token as the password, whatever the name: no login is tried', async () => {
    for (const login of ['', 'anybody', 'lone-user']) {
      apis.received.length = 0;
      const { address } = await newPage();
      expect((await post(address, login, ` ${loneUser.token}\r\n`)).text).toContain(DONE);
      expect(asked()).toEqual([READ]);
    }
  });

  test('may send a name that is no text beside the token', async () => {
    const { address } = await newPage();
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const page = await visit(address, { method: 'POST', headers, body: `login=J%F8rgen&password=${loneUser.token}` });
    expect(page.text).toContain(DONE);
  });

  test('is told that they are wrong, and not what they were', async () => {
    const { ticket, address } = await newPage();
    const page = await post(address, 'Lone-Us3r', 'wr0ng-password');
    expect([page.status, problemIn(page)]).toEqual([
      200,
      'SeaTable did not accept this name and password. Check both and try again.',
    ]);
    expect(JSON.stringify([page.text, ...page.headers])).not.toMatch(/Lone-Us3r|wr0ng/);
    expect((await redeem(ticket)).status).toBe('not_logged_in');
    const nameless = await post(address, '', loneUser.password);
    expect(problemIn(nameless)).toBe('SeaTable did not accept this account token. Check it and try again.');
    expect(problemIn(await post(address, 'lone-user', ' '))).toBe('Enter your SeaTable account token.');
    expect((await post(address, 'lone-user', loneUser.password)).text).toContain(DONE);
  });

  test('has ten wrong tries: the eleventh is not sent, though it is right', async () => {
    const { address } = await newPage();
    for (let n = 0; n < 10; n += 1) expect((await post(address, 'lone-user', `wrong${n}`)).status).toBe(200);
    apis.received.length = 0;
    expect((await post(address, 'lone-user', loneUser.password)).status).toBe(429);
    expect(asked()).toEqual([]);
  });
});

describe('a page that is shown again', () => {
  const begins = ({ text }: ShownPage) => /<input id="(\w+)"[^>]* autofocus>/.exec(text)?.[1];
  /** What a reader of the screen says of the field that it begins at, besides its label. */
  const said = ({ text }: ShownPage) => /aria-describedby="([^"]*)"[^>]* autofocus>/.exec(text)?.[1]?.split(' ');
  const wrong = ({ text }: ShownPage) => /<input id="(\w+)"[^>]* aria-invalid="true"/.exec(text)?.[1];

  test.each([
    ['lone-user', 'wrong', 'login', 'login'],
    ['', 'wrong', 'password', 'password'],
    [cloudUser.info.contact_email, cloudUser.password, 'password', 'password'],
    ['lone-user', '', 'login', 'password'],
    ['', '', 'password', 'password'],
  ])('after %j and %j begins at %s, for %s is wrong', async (login, password, first, field) => {
    const page = await post((await newPage()).address, login, password);
    expect([begins(page), wrong(page)]).toEqual([first, field]);
    expect(said(page)).toEqual([`${first}-hint`, 'problem']);
  });

  test('says what is wrong with no field where it begins, and nothing where nothing is', async () => {
    const { address } = await newPage();
    expect(said(await visit(address))).toEqual(['login-hint']);
    apis.become(always(503));
    for (const login of ['', 'lone-user']) {
      const page = await post(address, login, 'any');
      expect([page.status, begins(page), wrong(page)]).toEqual([503, 'login', undefined]);
      expect(said(page)).toEqual(['login-hint', 'problem']);
    }
  });

  test.each([
    ['lone-user', 'login'],
    ['', 'confirmation'],
  ])('after %j and a wrong code begins at %s', async (login, first) => {
    const { address } = await newPage('confirmed');
    for (const confirmation of ['', '????']) {
      const body = new URLSearchParams({ login, password: loneUser.password, confirmation });
      const page = await visit(address, { method: 'POST', body });
      expect([begins(page), wrong(page)]).toEqual([first, 'confirmation']);
    }
  });

  test('begins at the secret where no name is asked for', async () => {
    const page = await post((await newPage('previsto')).address, 'anybody', 'wrong');
    expect([begins(page), wrong(page)]).toEqual(['password', 'password']);
  });
});

describe('an outage of the login', () => {
  const html = (status: number) => ({ status, type: 'text/html', body: '<h1>nginx</h1>' });

  test.each([
    html(400),
    html(403),
    html(404),
    html(500),
    { status: 400, type: 'application/json', body: '{"message":"blocked"}' },
    { status: 429, type: 'text/plain', body: '' },
    { status: 429, type: 'application/json', body: '{"detail":"Request was throttled."}' },
    { status: 200, type: 'application/json', body: '{}' },
    html(200),
  ])('%j is no wrong try, and leaves the ticket', async ({ status, type, body }) => {
    const { ticket, address } = await newPage();
    apis.become((request, response) => {
      if (request.method === 'POST') response.writeHead(status, { 'Content-Type': type }).end(body);
      else always(401)(request, response);
    });
    for (let n = 0; n < 11; n += 1) {
      const page = await post(address, 'lone-user', loneUser.password);
      expect([page.status, problemIn(page)]).toEqual([
        503,
        'SeaTable does not answer right now. Nothing is lost: try again in a moment.',
      ]);
    }
    expect((await redeem(ticket)).status).toBe('not_logged_in');
    apis.become();
    expect((await post(address, 'lone-user', loneUser.password)).text).toContain(DONE);
  });
});

describe('an account with a second factor', () => {
  const login = cloudUser.info.contact_email;

  test('is told what to do instead, which then works', async () => {
    const { ticket, address } = await newPage();
    const page = await post(address, login, cloudUser.password);
    expect([page.status, problemIn(page)]).toEqual([
      200,
      'For this account SeaTable asks for a one-time code beside the password, which cannot be entered here. Leave the name empty and enter the account token instead.',
    ]);
    expect((await redeem(ticket)).status).toBe('not_logged_in');
    // A wrong password tells nothing of it.
    expect(problemIn(await post(address, login, 'wrong'))).toContain('did not accept this name and password');
    expect((await post(address, '', cloudUser.token)).text).toContain(DONE);
  });

  test('cannot sign in by authorization', async () => {
    const call = { api_key: 'seatable', login, password: cloudUser.password };
    expect((await oldClients.rest(bridge.url, 'authorization', call)).status).toBe('invalid_login');
    expect(logged.join('')).toContain('Two factor auth token is missing.');
  });
});

describe.each(formats)('authorization in $format', ({ format, call }) => {
  const ask = (api_key: string, login: string, password: string) =>
    call(bridge.url, 'authorization', { api_key, login, password });

  test('takes the real name and password', async () => {
    const { status, authToken, user } = await ask('seatable', 'lone-user', loneUser.password);
    expect([status, user.login]).toEqual(['logged', 'lone-user']);
    expect(authToken).toMatch(/^[a-z0-9]{32}$/);
    const own = { api_key: 'seatable', auth_token: authToken };
    expect((await call(bridge.url, 'get_account_info', own)).status).toBe('get_account_info_ok');
    expect((await call(bridge.url, 'logout', own)).status).toBe('logout_ok');
  });

  test('takes the token, and wrong ones are invalid_login', async () => {
    expect((await ask('seatable', 'anybody', loneUser.token)).status).toBe('logged');
    expect((await ask('seatable', `${format}-user`, 'wrong')).status).toBe('invalid_login');
    expect((await ask('seatable', `${format}-user`, loneUser.password)).status).toBe('invalid_login');
  });

  test('of a passthrough application takes the token alone', async () => {
    expect((await ask('passthrough', 'lone-user', loneUser.password)).status).toBe('invalid_login');
    expect(asked()).toEqual([READ]);
    expect(await ask('passthrough', 'lone-user', loneUser.token)).toMatchObject({ authToken: loneUser.token });
  });
});

test.each(providerNames)('the page of %s shows the name only where it is wanted', async (provider) => {
  const { text } = await visit((await newPage(provider)).address);
  const shown = ['<label for="login">Name or e-mail at SeaTable<', '<label for="password">Password, or account token<'];
  const isSeatable = provider === 'seatable';
  expect(shown.map((part) => text.includes(part))).toEqual([isSeatable, isSeatable]);
  expect(text.includes('<input name="login" autocomplete="username" hidden>')).toBe(!isSeatable);
  expect(text.includes('the password itself is not kept')).toBe(isSeatable);
  expect(/<input id="(\w+)"[^>]* autofocus>/.exec(text)?.[1]).toBe(isSeatable ? 'login' : 'password');
});

test('no password is stored or logged, and neither is the token', async () => {
  const files = await readdir(bridge.folder, { recursive: true, withFileTypes: true });
  const texts = await Promise.all(
    files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), 'latin1')),
  );
  expect(logged.length).toBeGreaterThan(10);
  const secrets = [teamMember, loneUser, cloudUser].flatMap(({ password, token }) => [password, token]);
  for (const secret of secrets.filter(({ length }) => length > 12)) {
    for (const form of [...encodings(secret), new URLSearchParams({ '': secret }).toString().slice(1)])
      for (const text of [...texts, logged.join('')]) expect([secret, text.includes(form)]).toEqual([secret, false]);
  }
});
