import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createOAuthClient } from '../../src/oauth/client.js';
import { loadProvider } from '../../src/providers/load.js';
import { missingIn } from '../../src/providers/own-kind.js';
import type { OAuthDescription } from '../../src/providers/provider.js';
import { createUpstreams } from '../../src/upstream/client.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { startUpstream } from '../support/servers/upstream.js';

/** The module of a provider with this `oauth`, as an expression. */
async function moduleWith(oauth: string): Promise<string> {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  const file = join(path, 'own.mjs');
  await writeFile(
    file,
    `export default { name: 'own', title: 'Own', publicBaseUrl: 'https://own.example.com', oauth: ${oauth},
       credential: { name: 'token', hint: 'There.' }, connect: () => ({ readAccount: async () => ({}) }) };`,
  );
  return file;
}

const described = {
  name: 'own',
  title: 'Own',
  publicBaseUrl: 'https://own.example.com',
  credential: { name: 'token', hint: 'There.' },
  connect: () => ({ readAccount: async () => ({}) }),
};

test.each([
  [7, 'oauth'],
  [[], 'oauth'],
  [{}, 'oauth.token'],
  [{ token: '/token' }, 'oauth.token'],
  [{ token: '{base_url}/token', authorization: 'ftp://h' }, 'oauth.authorization'],
  [{ token: '{base_url}/token', scopes: 'a b' }, 'oauth.scopes'],
  [{ token: '{base_url}/token', clientAuthentication: 'jwt' }, 'oauth.clientAuthentication'],
  [{ token: '{base_url}/token', clientCredentials: true }, 'oauth.clientCredentials'],
  [
    { token: '{base_url}/token', revocation: 5, deviceAuthorization: 5 },
    'oauth.deviceAuthorization and oauth.revocation',
  ],
])('oauth: %j of a module is not taken: %s', (oauth, keys) => {
  expect(missingIn({ ...described, oauth }).join(' and ')).toBe(keys);
});

test('a module says what its oauth lacks', async () => {
  await expect(loadProvider(await moduleWith('{}'))).rejects.toThrow('it lacks oauth.token');
});

test('oauth of a module is taken with its templates', async () => {
  const oauth = "{ token: 'https://login.example.com/{tenant}/token', authorization: '{base_url}/agree' }";
  const kind = await loadProvider(await moduleWith(oauth));
  expect(kind.oauth).toEqual({
    token: 'https://login.example.com/{tenant}/token',
    authorization: '{base_url}/agree',
  });
});

const clientFor = (description: OAuthDescription, values: Record<string, string>, timeoutMs = 100) =>
  createOAuthClient(description, {
    clientId: 'the bridge',
    clientSecret: undefined,
    scopes: undefined,
    values,
    exchange: createUpstreams({ timeoutMs }).exchangeFor({ baseUrl: 'http://127.0.0.1:1' }),
    timeoutMs,
  });

test('addresses like those of Box, whose client needs a setting for a token of its own alone', async () => {
  const box: OAuthDescription = {
    authorization: 'https://account.box.com/api/oauth2/authorize',
    token: 'https://api.box.com/oauth2/token',
    clientCredentials: { box_subject_type: 'enterprise', box_subject_id: '{enterprise_id}' },
  };
  const client = clientFor(box, { base_url: 'https://api.box.com' });
  const { url, verifier } = (await client.begin?.('https://bridge.example.com/back?a=b', 'the state')) ?? {};
  expect(verifier).toMatch(/^[\w-]{43,}$/);
  const { origin, pathname, searchParams } = new URL(url ?? '');
  expect(origin + pathname).toBe('https://account.box.com/api/oauth2/authorize');
  expect(searchParams.get('redirect_uri')).toBe('https://bridge.example.com/back?a=b');
  expect(searchParams.get('client_id')).toBe('the bridge');
  expect(searchParams.has('scope')).toBe(false);
  expect(url).not.toContain(verifier);
  await expect(client.ofClient?.({ deadline: 0, outcomes: [], secrets: [] })).rejects.toThrow(
    'enterprise_id is not given',
  );
});

test('a device at a vendor that writes numbers as text, says its address by another name, and is pending with 200 and 429', async () => {
  const statuses = [200, 429];
  const pending = [
    { error: 'authorization_pending' },
    { error: 'authorization_pending' },
    { access_token: 'the token', token_type: 'bearer', scope: '' },
  ];
  const code = { device_code: 'the code', user_code: 'AB-12', verification_url: 'https://v.example.com/device' };
  const vendor = await startUpstream((request, response) => {
    const isBegin = request.url === '/device';
    const body = isBegin ? { ...code, expires_in: '900', interval: '0.01' } : pending.shift();
    response.statusCode = isBegin ? 200 : (statuses.shift() ?? 200);
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body));
  });
  afterwards(vendor.close);
  const description = { token: '{base_url}/token', deviceAuthorization: '{base_url}/device' };
  const client = clientFor(description, { base_url: vendor.url }, 10_000);
  const told: unknown[] = [];
  const grant = await client.ofDevice?.((shown) => told.push(shown), { deadline: 0, outcomes: [], secrets: [] });
  expect(told).toEqual([{ userCode: 'AB-12', url: 'https://v.example.com/device', completeUrl: undefined }]);
  expect(grant?.accessToken).toBe('the token');
});

test('an address that lacks a setting, or is no address with it, is a problem of the start', () => {
  const token = '{host}/token';
  expect(() => clientFor({ token }, {})).toThrow('host is not given');
  expect(() => clientFor({ token }, { host: 'ftp://h' })).toThrow('ftp://h/token is no http or https URL');
});
