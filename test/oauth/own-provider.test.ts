import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { toFault } from '../../src/core/fault.js';
import { createOAuthClient } from '../../src/oauth/client.js';
import { loadProvider } from '../../src/providers/load.js';
import { missingIn } from '../../src/providers/own-kind.js';
import type { OAuthDescription } from '../../src/providers/provider.js';
import { createScope } from '../../src/shared/scope.js';
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

const code = { device_code: 'the code', user_code: 'AB-12', verification_url: 'https://v.example.com/device' };
const PENDING = { error: 'authorization_pending' };
const TOKEN = { access_token: 'the token', token_type: 'bearer', scope: '' };

/** Signs in by a device at a vendor that answers so: each status with its body, none for a connection that breaks. */
async function signInByDevice(answers: readonly (readonly [number, unknown])[], expiresIn = '900') {
  const left = [...answers];
  const vendor = await startUpstream((request, response) => {
    const isBegin = request.url === '/device';
    const begun = [200, { ...code, verification_uri_complete: null, expires_in: expiresIn, interval: '0.01' }] as const;
    const [status, body] = isBegin ? begun : (left.shift() ?? [200, PENDING]);
    response.setHeader('Content-Type', 'application/json').statusCode = status;
    if (body === undefined) response.destroy();
    else response.end(JSON.stringify(body));
  });
  afterwards(vendor.close);
  const description = { token: '{base_url}/token', deviceAuthorization: '{base_url}/device' };
  const client = clientFor(description, { base_url: vendor.url }, 10_000);
  const told: unknown[] = [];
  const scope = { deadline: 0, outcomes: [], secrets: [] };
  const given = client.ofDevice?.((shown) => told.push(shown), scope);
  return { told, outcome: await given?.catch((error: unknown) => toFault(error)) };
}

test('a device at a vendor that writes numbers as text, says its address by another name, and is pending with 200 and 429', async () => {
  const { told, outcome } = await signInByDevice([
    [200, PENDING],
    [429, PENDING],
    [200, TOKEN],
  ]);
  expect(told).toEqual([{ userCode: 'AB-12', url: 'https://v.example.com/device', completeUrl: undefined }]);
  expect(outcome).toMatchObject({ accessToken: 'the token' });
});

test('a device waits through outages of its vendor', async () => {
  const { outcome } = await signInByDevice([
    [200, undefined],
    [502, 'down'],
    [429, {}],
    [503, undefined],
    [200, TOKEN],
  ]);
  expect(outcome).toMatchObject({ accessToken: 'the token' });
});

test.each([
  ['declined', [400, { error: 'access_denied' }], 'the vendor does not give a token (access_denied)'],
  ['too late for the vendor', [400, { error: 'expired_token' }], 'the vendor does not give a token (expired_token)'],
  ['never answered', [200, PENDING], 'nobody has agreed in time'],
] as const)('a sign-in by a device that is %s says so', async (_case, answer, cause) => {
  const { outcome } = await signInByDevice([answer], '1');
  expect(outcome).toMatchObject({ reason: 'unauthenticated', cause });
});

test.each([400, 503])(
  'a vendor that refuses to withdraw one token with %i is asked to withdraw the other',
  async (status) => {
    const asked: string[] = [];
    const vendor = await startUpstream(async (request, response) => {
      const token = new URLSearchParams((await buffer(request)).toString()).get('token') ?? '';
      asked.push(token);
      response.statusCode = token === 'access' ? 200 : status;
      response.setHeader('Content-Type', 'application/json').end('{"error":"unsupported_token_type"}');
    });
    afterwards(vendor.close);
    const client = clientFor(
      { token: '{base_url}/token', revocation: '{base_url}/revoke' },
      { base_url: vendor.url },
      10_000,
    );
    const grant = { accessToken: 'access', refreshToken: 'refresh' };
    await expect(client.revoke?.(grant, createScope())).rejects.toMatchObject({ reason: 'unavailable' });
    expect(asked).toEqual(['refresh', 'access']);
  },
);

test('an address that lacks a setting, or is no address with it, is a problem of the start', () => {
  const token = '{host}/token';
  expect(() => clientFor({ token }, {})).toThrow('host is not given');
  expect(() => clientFor({ token }, { host: 'ftp://h' })).toThrow('ftp://h/token is no http or https URL');
});
