import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { startBridgeServer } from '../../src/bootstrap/bridge-server.js';
import { parseConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import { faultOfCall } from '../../src/core/error-mapping.js';
import { Fault } from '../../src/core/fault.js';
import { createMask } from '../../src/core/secrets.js';
import { providers } from '../../src/providers/index.js';
import { loadProvider } from '../../src/providers/load.js';
import { afterwards } from '../support/cleanup.js';
import { at, callBridge, formats, itemsOf, type Parameters } from '../support/clients/legacy.js';
import { startBridge, temporaryFolder } from '../support/servers/bridge.js';
import { canned, startUpstream } from '../support/servers/upstream.js';

const example = fileURLToPath(new URL('../../../examples/my-service.js', import.meta.url));
const credential = 'key-of-the_vault';
const passwords = ['old password, long enough', 'new+password/long&enough'] as const;

/** A modern API that repeats a part of the request in its refusal. */
async function startEcho(status: number, part: 'headers' | 'body') {
  const upstream = await startUpstream((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const said = part === 'body' ? body.slice(body.indexOf('attributes')) : JSON.stringify(request.headers);
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify({ errors: [said] }));
    });
  });
  afterwards(upstream.close);
  return upstream;
}

async function startWith(provider: string, baseUrl: string) {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  const kind = await loadProvider(provider);
  const lines: string[] = [];
  const config = parseConfig(
    {
      listen: { host: '127.0.0.1', port: 0 },
      applications: [{ api_key: 'k', provider: kind.name, base_url: baseUrl }],
    },
    { directory: path, actions: actionNames, providers: [...providers, kind] },
  );
  const applications = config.applications.map((each) => ({ ...each, provider }));
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const bridge = await startBridgeServer({ ...config, applications }, log);
  afterwards(bridge.close);
  return { url: bridge.url, lines };
}

const signed: Parameters = [
  ['api_key', 'k'],
  ['auth_token', credential],
];
const change: Parameters = [
  ['current_password', passwords[0]],
  ['new_password', passwords[1]],
];

describe.each<[string, string, Parameters, 'headers' | 'body']>([
  [example, 'update_account', [['name', 'Ada']], 'headers'],
  [example, 'get_account_info', [], 'headers'],
  ['terraform', 'change_password', change, 'body'],
])('%s: %s, whose refusal repeats the request', (provider, action, parameters, part) => {
  test.each([400, 403, 422, 500])('with %i, gives no secret away', async (status) => {
    const upstream = await startEcho(status, part);
    const bridge = await startWith(provider, upstream.url);
    for (const format of formats) {
      const reply = await callBridge(bridge.url, format, action, [...signed, ...parameters]);
      expect(reply.status).toMatch(/^(e_|application_restricted|service_unavailable)/);
      expect(reply.result.message ?? '').toBe('');
    }
    expect(upstream.received.length).toBeGreaterThanOrEqual(3);
    const log = bridge.lines.join('');
    expect(log).toContain('"cause":"reply ');
    for (const secret of [credential, ...passwords, encodeURIComponent(passwords[1])])
      expect(log).not.toContain(secret);
  });
});

describe.each(formats)('in %s a reply of a vault application', (format) => {
  const shown = {
    email: 'native@auth.local',
    avatar_url: `https://cdn.example/a.png?token=${credential}`,
    keys: [{ [credential]: 'main', key: credential, hint: credential.slice(0, 6), quota: 1.5 }],
  };
  const values = { 'keys.0.hint': credential.slice(0, 6), 'keys.0.quota': '1.5' };

  async function start() {
    const upstream = await startUpstream(canned({ '/api2/account/info/': { body: shown } }));
    afterwards(upstream.close);
    const application = { provider: 'seatable', base_url: upstream.url };
    const bridge = await startBridge({
      applications: [
        { ...application, api_key: 'vault', credentials: 'vault' },
        { ...application, api_key: 'open' },
      ],
    });
    afterwards(bridge.close);
    return bridge;
  }

  test('does not show the credential, which its caller does not have', async () => {
    const { url } = await start();
    const call = (action: string, more: Parameters) => callBridge(url, format, action, [['api_key', 'vault'], ...more]);
    const signed = await call('authorization', [
      ['login', 'a'],
      ['password', credential],
    ]);
    const { result } = await call('get_account_details', [['auth_token', String(signed.result.auth_token)]]);
    expect(at(result, 'account', 'avatar_url')).toBe('https://cdn.example/a.png?token=***');
    const attributes = itemsOf(at(result, 'account', 'attributes')).map((item) => [
      at(item, 'name'),
      at(item, 'value'),
    ]);
    expect(Object.fromEntries(attributes)).toMatchObject({ ...values, 'keys.0.***': 'main', 'keys.0.key': '***' });
  });

  test('is unchanged where the caller has sent the credential', async () => {
    const { url } = await start();
    const sent: Parameters = [
      ['api_key', 'open'],
      ['auth_token', credential],
    ];
    const { result } = await callBridge(url, format, 'get_account_details', sent);
    expect(at(result, 'account', 'avatar_url')).toBe(shown.avatar_url);
    const attributes = itemsOf(at(result, 'account', 'attributes')).map((item) => [
      at(item, 'name'),
      at(item, 'value'),
    ]);
    expect(Object.fromEntries(attributes)).toMatchObject({ ...values, 'keys.0.key': credential });
  });
});

describe('the mask of secrets', () => {
  const secret = `a"b'c<d>&e/f`;
  test.each([
    secret,
    'A"B\'C<D>&E/F',
    'a&quot;b&#39;c&lt;d&gt;&amp;e/f',
    'a&quot;b&#x27;c&lt;d&gt;&amp;e/f',
    "a&quot;b'c&lt;d&gt;&amp;e/f",
    'a\\"b\'c<d>&e\\/f',
    "a%22b'c%3Cd%3E%26e%2Ff",
    'a%22b%27c%3Cd%3E%26e%2Ff',
    Buffer.from(secret).toString('hex'),
    Buffer.from(`xy${secret}z`).toString('base64').slice(3, 18),
  ])('hides %s', (form) => {
    expect(createMask(['other-one', secret])(`not <${form}>!`)).toBe('not <***>!');
  });
});

describe('a fault as a caller may be told of it', () => {
  const call = (action: string, ...parameters: readonly (readonly [string, string])[]) => ({
    action,
    parameters: new Map(parameters.map(([name, value]) => [name, [value]])),
  });

  test.each([
    [call('update_account', ['email', 'a@b.c']), 'conflict', 'email'],
    [call('create_account', ['email', 'a@b.c']), 'conflict', 'email'],
    [call('update_account', ['email', '']), 'invalid', undefined],
    [call('update_account', ['name', 'N']), 'invalid', undefined],
    // Takes no e-mail, whatever a call has.
    [call('change_password', ['email', 'a@b.c']), 'invalid', undefined],
    [call('delete_account', ['email', 'a@b.c']), 'invalid', undefined],
  ])('is about the e-mail only where the call sets one: %j', (asked, reason, about) => {
    expect(faultOfCall(new Fault('conflict', { about: 'email' }), asked, [])).toMatchObject({ reason, about });
  });

  test('has no text that repeats a secret', () => {
    const details = { explanation: `no ${credential}`, upstreamMessage: `bad ${credential}`, retryAfter: 3, http: 429 };
    const fault = new Fault('unavailable', { ...details, cause: new Error('why') });
    expect(faultOfCall(fault, call('logout'), [])).toMatchObject(details);
    const told = faultOfCall(fault, call('logout'), ['other', credential]);
    expect(told).toMatchObject({ explanation: undefined, upstreamMessage: undefined, retryAfter: 3, http: 429 });
    expect(told.message).toBe('unavailable');
  });
});

describe('a secret that is too long for a pattern', () => {
  const long = `${'0123456789abcdef'.repeat(4000)}end`;

  test.each([
    ['as it is', long],
    ['in base64', Buffer.from(`x${long}`).toString('base64')],
    ['in hexadecimal', Buffer.from(long).toString('hex')],
    ['with words around it', `the key ${long} is wrong`],
  ])('is masked %s', (_how, text) => {
    const masked = createMask([long])(text);
    expect(masked).toContain('***');
    expect(masked.length).toBeLessThan(30);
  });

  test('changes no other text', () => {
    expect(createMask([long])(`0123456789abcdef of ${long.slice(0, 400)}`)).not.toContain('***');
  });
});
