import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { connect } from '../../src/applications/connect.js';
import { parseConfig } from '../../src/config/load.js';
import { createCalls } from '../../src/console/calls.js';
import { createConsole } from '../../src/console/router.js';
import { actionNames } from '../../src/core/actions.js';
import { adminApp } from '../../src/http/health.js';
import { listen } from '../../src/http/listener.js';
import { createCache } from '../../src/providers/cache.js';
import { providers } from '../../src/providers/index.js';
import { seatableAccounts } from '../../src/sandbox/seatable.js';
import { openSqlite } from '../../src/store/sqlite.js';
import { createUpstreams } from '../../src/upstream/client.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { API_KEY, ask, startConsole } from '../support/servers/console.js';

const credential = seatableAccounts.loneUser.token;
const vault = { api_key: 'key-of-the-vault', name: '<b>Vault</b>', provider: 'seatable', credentials: 'vault' };
const shop = { ...vault, api_key: 'key-of-the-shop', name: 'Shop' };

const start = () =>
  startConsole({ more: [vault, shop].map((application) => ({ ...application, base_url: '/seatable' })) });

/** Signs in with the credential; gives the auth_token. */
async function signIn(url: string, apiKey: string): Promise<string> {
  const reply = await (
    await fetch(
      `${url}/api/1.0/rest?${new URLSearchParams({ action: 'authorization', api_key: apiKey, login: 'a', password: credential })}`,
    )
  ).text();
  return /<auth_token>([^<]*)/.exec(reply)?.[1] ?? reply;
}

const tokensIn = (page: string) => [...page.matchAll(/<code>([0-9a-z]{12})<\/code>/g)].map(([, prefix = '']) => prefix);
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const revoke = (admin: string, fields: Record<string, string>, headers: Record<string, string> = form) =>
  ask(`${admin}/console/applications/revoke`, { method: 'POST', headers, body: `${new URLSearchParams(fields)}` });

test('applications are shown with their providers and breakers, tokens by their prefixes, and no secret', async () => {
  const { url, admin, call } = await start();
  const tokens = [await signIn(url, vault.api_key), await signIn(url, shop.api_key)];
  await call({ api_key: shop.api_key, auth_token: tokens[1] ?? '' });
  const { body } = await ask(`${admin}/console/applications`);
  for (const text of ['Invoice importer', '&lt;b&gt;Vault&lt;/b&gt;', 'SeaTable', 'It is asked.', 'never'])
    expect(body).toContain(text);
  expect(tokensIn(body)).toHaveLength(2);
  for (const secret of [API_KEY, vault.api_key, shop.api_key, credential, ...tokens, '<b>'])
    expect(body).not.toContain(secret);
  expect(tokensIn((await ask(`${admin}/console/applications?application=2`)).body)).toHaveLength(1);
  expect(tokensIn((await ask(`${admin}/console/applications?application=0`)).body)).toHaveLength(0);
});

test('a token is revoked, and those of an application', async () => {
  const { url, admin, call } = await start();
  const token = await signIn(url, vault.api_key);
  const account = (authToken: string, apiKey: string) => call({ api_key: apiKey, auth_token: authToken });
  expect(await account(token, vault.api_key)).toContain('get_account_info_ok');
  const [prefix = ''] = tokensIn((await ask(`${admin}/console/applications`)).body);
  const { status, headers } = await revoke(admin, { token: prefix });
  expect([status, headers.location]).toEqual([303, '/console/applications?application=&revoked=1#tokens']);
  expect(await account(token, vault.api_key)).toContain('not_logged_in');

  const others = [await signIn(url, shop.api_key), await signIn(url, shop.api_key), await signIn(url, vault.api_key)];
  expect((await revoke(admin, { application: '2' })).headers.location).toContain('revoked=2');
  expect(await account(others[0] ?? '', shop.api_key)).toContain('not_logged_in');
  expect(await account(others[2] ?? '', vault.api_key)).toContain('get_account_info_ok');
});

test('what names nothing, or comes from another site, revokes nothing', async () => {
  const { url, admin, call } = await start();
  const token = await signIn(url, vault.api_key);
  for (const fields of [
    {},
    { token: 'ffffffffffff' },
    { application: '9' },
    { application: 'x' },
    { application: '-1' },
  ])
    expect((await revoke(admin, fields)).status).toBe(400);
  expect((await revoke(admin, { application: '1' }, { ...form, Origin: 'https://box.example.com' })).status).toBe(403);
  expect(await call({ api_key: vault.api_key, auth_token: token })).toContain('get_account_info_ok');
});

test('many tokens are shown a hundred at a time', async () => {
  const { url, admin } = await start();
  const waiting = Array.from({ length: 120 }, () => signIn(url, vault.api_key));
  await Promise.all(waiting);
  const first = (await ask(`${admin}/console/applications`)).body;
  const after = /after=([^#"]+)/.exec(first)?.[1] ?? '';
  const second = (await ask(`${admin}/console/applications?after=${after}`)).body;
  const shown = [...tokensIn(first), ...tokensIn(second)];
  expect([tokensIn(first).length, shown.length, new Set(shown).size]).toEqual([100, 120, 120]);
  expect(second).not.toContain('The next ones');
});

test('the addresses and what old clients are given', async () => {
  const { url, admin } = await start();
  const { body } = await ask(`${admin}/console/addresses`);
  for (const path of ['rest', 'xml', 'soap', 'soap?wsdl', 'soap?wsdl=literal'])
    expect(body).toContain(`<code>${url}/api/1.0/${path}</code>`);
  for (const client of ['SoapClient', 'SOAP::Lite', 'gSOAP', '.NET', 'Axis', 'JAX-WS', 'curl'])
    expect(body).toContain(client);
});

test('what the ledger has of an application is shown', async () => {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  const store = openSqlite(join(path, 'bridge.db'));
  afterwards(store.close);
  const row = {
    application: 'Shop',
    protocol: 'rest',
    kind: 'action',
    first: 0,
    last: Date.UTC(2026, 0, 31, 8),
    cause: '',
  };
  await store.addToLedger([
    { ...row, userAgent: 'One', name: 'get_account_info', outcome: 'served', count: 11 },
    { ...row, userAgent: 'Two', name: 'get_account_info', outcome: 'served', count: 1 },
    { ...row, userAgent: 'One', name: 'get_account_info', outcome: 'unavailable', count: 5 },
    { ...row, userAgent: 'One', name: 'create_folder', outcome: 'restricted', count: 1, cause: '<no>' },
    { ...row, application: 'Another', userAgent: 'One', name: 'logout', outcome: 'served', count: 9 },
  ]);
  const baseUrl = 'http://127.0.0.1:1';
  const { applications } = parseConfig(
    { applications: [{ api_key: API_KEY, name: 'Shop', provider: 'previsto', base_url: baseUrl }] },
    { directory: path, actions: actionNames, providers },
  );
  const upstreams = createUpstreams({ timeoutMs: 1000 });
  const connected = await Promise.all(applications.map((each) => connect(each, upstreams, createCache())));
  const { routes } = createConsole({
    ...{ applications: connected, store, calls: createCalls(), log: pino({ level: 'silent' }) },
    ...{ bridgeUrl: baseUrl, publicUrl: baseUrl, sessions: { labelOf: ({ apiKey }) => apiKey } },
    breakers: () => new Map([[baseUrl, 'half-open']]),
  });
  const health = { isReady: async () => true, metrics: async () => ({ contentType: 'text/plain', text: '' }) };
  const listener = await listen(adminApp(health, routes), { host: '127.0.0.1', port: 0 });
  afterwards(listener.close);
  const { body } = await ask(`${listener.url}/console/applications`);
  const shown = body.replace(/<time[^>]*>|<\/time>/g, '');
  expect(shown).toContain('<dt>get_account_info</dt><dd>12 calls by 2 callers, last 2026-01-31 08:00</dd>');
  expect(shown).toMatch(
    /Asked for in vain[\s\S]*<dt>create_folder<\/dt><dd>1 call by 1 caller, last 2026-01-31 08:00: &lt;no&gt;<\/dd>/,
  );
  expect(shown).not.toContain('<dt>logout</dt>');
  expect(body).toContain('It is being tried again.');
});
