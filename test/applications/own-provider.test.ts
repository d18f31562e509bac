import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { startBridgeServer } from '../../src/bootstrap/bridge-server.js';
import { loadConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import { providers } from '../../src/providers/index.js';
import { loadProvider } from '../../src/providers/load.js';
import { afterwards } from '../support/cleanup.js';
import { callBridge, formats, type Reply } from '../support/clients/legacy.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { enter, newTicket, pageAddress } from '../support/servers/modern-apis.js';
import { startNode } from '../support/servers/process.js';
import { startUpstream } from '../support/servers/upstream.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** What `boxbridge/provider` is in a process of the bridge's own. */
const sdk = join(root, 'dist/src/providers/sdk.js');
const CREDENTIAL = 'credential-of-ada';
const account = "{ nativeId: '7', login: 'ada', email: 'ada@example.com', attributes: {} }";

/** A provider in a module of its own, with these methods and keys. */
const moduleWith = (methods: string, imports = '', keys = '') => `${imports}export default {
  name: 'own', title: 'Own', publicBaseUrl: 'https://own.example', credential: { name: 'key', hint: 'h' }, ${keys}
  connect: ({ baseUrl, send }) => ({ readAccount: async () => (${account}), ${methods} }),
};
`;

/** What a bridge with providers of their own has beside their methods. */
const ofOwn = { upstreamTimeoutMs: 10_000, baseUrl: 'http://127.0.0.1:9', keys: '' };

/** A bridge in front of a provider with these methods, and what it logs. */
const serveOwn = (methods: string, options: Partial<typeof ofOwn> = {}) => serveAll([methods], options);

/** The same with several: the first is called by the api_keys `k` and `v`, the next by `k1` and `v1`, and so on. */
async function serveAll(providersOf: readonly string[], options: Partial<typeof ofOwn> = {}) {
  const { upstreamTimeoutMs, baseUrl, keys } = { ...ofOwn, ...options };
  const log: string[] = [];
  const { path, remove } = await temporaryFolder();
  await writeFile(join(path, 'package.json'), '{ "type": "module" }');
  const applications: object[] = [];
  for (const [n, methods] of providersOf.entries()) {
    const [file, of] = [`own${n || ''}.js`, n || ''];
    await writeFile(join(path, file), moduleWith(methods, `import { Fault } from ${JSON.stringify(sdk)};\n`, keys));
    const common = { provider: `./${file}`, base_url: baseUrl };
    applications.push({ api_key: `k${of}`, ...common }, { api_key: `v${of}`, ...common, credentials: 'vault' });
  }
  const limits = { upstream_timeout_ms: upstreamTimeoutMs };
  // JSON is YAML.
  await writeFile(join(path, 'bridge.yaml'), JSON.stringify({ listen: { port: 0 }, limits, applications }));
  const config = await loadConfig(join(path, 'bridge.yaml'), { actions: actionNames, providers, loadProvider });
  const bridge = await startBridgeServer(config, pino({}, { write: (line) => void log.push(line) }));
  afterwards(async () => {
    await bridge.close();
    await remove();
  });
  return { url: bridge.url, lines: () => log.splice(0).map((line): Record<string, unknown> => JSON.parse(line)) };
}

type Format = (typeof formats)[number];

const call = (url: string, format: Format, action: string, more: Record<string, string> = {}): Promise<Reply> =>
  callBridge(url, format, action, Object.entries({ api_key: 'k', auth_token: CREDENTIAL, ...more }));

/** Methods of which one has a defect, the action that meets it, what the log says, and what the call has besides. */
const defects: readonly (readonly [methods: string, action: string, cause: string, more?: Record<string, string>])[] = [
  ["readAccount: async () => { throw new TypeError('no luck') }", 'get_account_info', 'no luck'],
  ["readAccount: () => { throw new Error('no luck') }", 'get_account_info', 'no luck'],
  ["readAccount: async () => { throw 'a text' }", 'get_account_info', 'a text'],
  ['readAccount: async (key) => { throw new Error("no such key: " + key) }', 'get_account_info', 'no such key: ***'],
  ['readAccount: async () => undefined', 'get_account_info', 'an account is no object'],
  ["readAccount: async () => { throw new Fault('forbidden') }", 'get_account_info', 'no reason of a Fault: forbidden'],
  [
    "readAccount: async (key) => { throw new Fault('internal', { cause: new Error(key + ' is odd') }) }",
    'get_account_info',
    '*** is odd',
  ],
  ["readAccount: async () => ({ login: 'a' })", 'get_account_info', 'an account has no nativeId'],
  [`readAccount: async () => ({ ...${account}, email: 1 })`, 'get_account_info', 'an account has no email'],
  [`readAccount: async () => ({ ...${account}, name: {} })`, 'get_account_info', 'name of an account is no string'],
  [
    `readAccount: async () => ({ ...${account}, proposedUserId: '7' })`,
    'get_account_info',
    'proposedUserId of an account is no number',
  ],
  [
    `readAccount: async () => ({ ...${account}, spaceUsed: 5 })`,
    'get_account_info',
    'spaceUsed of an account is no bigint',
  ],
  ['findAccounts: async () => ({})', 'find_accounts', 'the accounts are no array'],
  ['findAccounts: async () => [{}]', 'find_accounts', 'an account has no nativeId'],
  ['readPlan: async () => ({ attributes: {} })', 'get_account_plan', 'a plan has no limits'],
  [
    'readPlan: async () => ({ limits: { storageLimit: 1 }, attributes: {} })',
    'get_account_plan',
    'storageLimit of a plan is no bigint',
  ],
  [
    "updateAccount: { fields: ['name'], send: async () => { throw new Error('not saved') } }",
    'update_account',
    'not saved',
    { name: 'Ada' },
  ],
  [
    'changePassword: async (key, from, to) => { throw new Error(from + " to " + to) }',
    'change_password',
    '*** to ***',
    { current_password: 'old-secret', new_password: 'new-secret' },
  ],
];

type Own = Awaited<ReturnType<typeof serveOwn>>;

const keyOf = (n: number) => ({ api_key: `k${n || ''}` });

describe("an author's defect", () => {
  const SILENT = [
    ['readAccount: () => new Promise(() => {})', 'get_account_info'],
    ["updateAccount: { fields: ['name'], send: () => new Promise(() => {}) }", 'update_account'],
  ] as const;
  const GOOD = [
    "readAccount: () => send({ method: 'GET', url: baseUrl, headers: {} }), readPlan: null",
    "updateAccount: { fields: ['name'], send: async () => {} }",
  ];
  let own: Own;
  let silent: Own;

  beforeAll(async () => {
    own = await serveAll([...defects.map(([methods]) => methods), ...GOOD]);
    silent = await serveAll(
      SILENT.map(([methods]) => methods),
      { upstreamTimeoutMs: 100 },
    );
  });

  describe.each(formats)('in %s', (format) => {
    test.each(defects.map(([methods, action, cause, more], n) => ({ methods, action, cause, more, n })))(
      "counts as the provider's, in its own words: $methods",
      async ({ action, cause, more, n }) => {
        own.lines();
        const { http, status } = await call(own.url, format, action, { ...more, ...keyOf(n) });
        expect({ http, status }).toEqual({ http: 500, status: 'internal_error' });
        const [line, ...others] = own.lines();
        expect(others).toEqual([]);
        expect(line).toMatchObject({
          level: 50,
          msg: 'a defect of the provider',
          action,
          status: 'internal_error',
          cause,
        });
        expect(JSON.stringify(line)).not.toMatch(/credential-of|old-secret|new-secret/);
        if (cause === 'no luck') expect(line?.stack).toMatch(/own\d*\.js/);
      },
    );

    test('is not told of what fails as it should', async () => {
      const key = keyOf(defects.length);
      own.lines();
      expect((await call(own.url, format, 'get_account_info', key)).status).toBe('service_unavailable');
      expect((await call(own.url, format, 'get_account_plan', key)).status).toBe('application_restricted');
      expect(own.lines().map(({ msg }) => msg)).toEqual(['a call could not be answered', 'a call was refused']);
    });

    test.each(SILENT.map(([methods, action], n) => ({ methods, action, n })))(
      'is an outage where a method never settles: $methods',
      async ({ action, n }) => {
        silent.lines();
        const { http, status } = await call(silent.url, format, action, { name: 'Ada', ...keyOf(n) });
        expect({ http, status }).toEqual({ http: format === 'soap' ? 500 : 503, status: 'service_unavailable' });
        expect(silent.lines()).toMatchObject([{ cause: 'the provider gave nothing in time' }]);
      },
    );

    test('is not that a write gives nothing', async () => {
      const key = keyOf(defects.length + 1);
      expect(await call(own.url, format, 'update_account', { name: 'Ada', ...key })).toMatchObject({
        status: 'update_account_ok',
        result: { account: { login: 'ada' } },
      });
    });
  });
});

test('a defect of the provider is no wrong secret', async () => {
  const { url } = await serveOwn(
    `readAccount: async (key) => { if (key === 'bad') throw new Error('no luck'); return ${account}; }`,
  );
  const page = pageAddress(url, await newTicket(url, 'v'));
  const signIn = (password: string) => call(url, 'rest', 'authorization', { api_key: 'v', login: 'a', password });
  for (let n = 0; n < 12; n++) {
    expect((await enter(page, 'bad')).status).toBe(500);
    expect((await signIn('bad')).status).toBe('internal_error');
  }
  expect((await enter(page, 'good')).text).toContain('You are signed in');
  expect((await signIn('good')).status).toBe('logged');
});

test.each([
  ["readAccount: async () => { throw new Error('no luck') }", 'no luck'],
  ['readAccount: async () => ({})', /^an account has no /],
])('a defect of the provider is called so at the page too: %s', async (methods, cause) => {
  const { url, lines } = await serveOwn(methods);
  const page = pageAddress(url, await newTicket(url, 'v'));
  lines();
  expect((await enter(page, CREDENTIAL)).status).toBe(500);
  const expected = typeof cause === 'string' ? cause : expect.stringMatching(cause);
  expect(lines()).toMatchObject([{ level: 50, msg: 'a defect of the provider', cause: expected }]);
});

test.each(['unauthenticated', 'unavailable', 'internal'])(
  'no log of a sign-in has the secret that the cause of a Fault repeats: %s',
  async (reason) => {
    const { url, lines } = await serveOwn(
      `readAccount: async (key) => { throw new Fault('${reason}', { cause: new Error('no such key: ' + key) }) }`,
    );
    await enter(pageAddress(url, await newTicket(url, 'v')), CREDENTIAL);
    await call(url, 'rest', 'authorization', { api_key: 'v', login: 'a', password: CREDENTIAL });
    const told = JSON.stringify(lines());
    expect(told).toContain('no such key: ***');
    expect(told).not.toContain(CREDENTIAL);
  },
);

describe('a module outside of any package', () => {
  const imports = "import { Fault } from 'boxbridge/provider';\n";
  const refusing = moduleWith("readAccount: async () => { throw new Fault('unauthenticated') }", imports);
  const broken = refusing.replace('connect:', 'connect =');

  /** A folder with these files, and an application for each of these providers. */
  async function folderWith(files: Readonly<Record<string, string>>, ...given: string[]): Promise<string> {
    const { path, remove } = await temporaryFolder();
    afterwards(remove);
    await mkdir(join(path, 'lib'));
    for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
    const applications = given.map((provider, n) => ({
      api_key: `k${n}`,
      provider,
      base_url: `http://127.0.0.1:9/${n}`,
    }));
    await writeFile(join(path, 'bridge.yaml'), JSON.stringify({ listen: { port: 0 }, applications }));
    return path;
  }

  const check = (folder: string, ...args: string[]) =>
    startNode(folder, join(root, 'dist/src/cli.js'), 'check', '--config', 'bridge.yaml', ...args).end;

  test.each<[string, files: Readonly<Record<string, string>>, ...providers: string[]]>([
    [
      'own.js, own.mjs and a file that imports another',
      {
        'own.js': refusing,
        'own.mjs': refusing,
        'importing.mjs': "export { default } from './lib/it.mjs';",
        'lib/it.mjs': refusing,
      },
      ...['./own.js', './own.mjs', './importing.mjs'],
    ],
    [
      'one with a boxbridge of its own',
      {
        'own.mjs': refusing,
        'package.json': '{ "name": "boxbridge", "exports": { "./provider": "./lib/none.js" } }',
      },
      './own.mjs',
    ],
  ])("finds the bridge's boxbridge/provider, and its Faults are the bridge's: %s", async (_what, files, ...given) => {
    const checking = await check(await folderWith(files, ...given), '--online');
    expect(checking).toMatchObject({ code: 0, stderr: '' });
  });

  test('has the line of a syntax error in it, or in a file that it imports', async () => {
    const folder = await folderWith(
      {
        'own.js': broken,
        'importing.js': `${imports}export { default } from './it.mjs';`,
        'it.mjs': broken,
      },
      ...['./own.js', './importing.js'],
    );
    const { code, stderr } = await check(folder);
    expect(code).toBe(1);
    for (const [module, place] of [
      ['own.js', 'own.js:4'],
      ['importing.js', 'it.mjs:4'],
    ] as const)
      expect(stderr).toContain(
        `${module} cannot be loaded (${join(folder, place)}: Invalid shorthand property initializer)`,
      );
  });
});

test('a table of refusals of its own is read as that of any other', async () => {
  const upstream = await startUpstream((request, response) => {
    response.writeHead(request.url === '/elsewhere' ? 418 : 404, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ code: 'no_plan' }));
  });
  afterwards(upstream.close);
  const keys = `refusals: [
    { status: [404], of: ['find'], body: ({ code }) => code === 'no_plan', reason: 'restricted' },
    { status: [404, 418], of: ['write'], reason: 'conflict' },
  ],`;
  const methods = `
    readAccount: (key) => send({ method: 'GET', url: baseUrl, headers: {} }),
    findAccounts: (key) => send({ method: 'GET', url: baseUrl, headers: {}, operation: 'find' }),
    createAccount: (key) => send({ method: 'POST', url: baseUrl + '/elsewhere', headers: {} }),`;
  const { url } = await serveOwn(methods, { baseUrl: upstream.url, keys });
  for (const format of formats) {
    const wordOf = async (action: string, more = {}) => (await call(url, format, action, more)).status;
    expect(await wordOf('get_account_info')).toBe('account_not_found');
    expect(await wordOf('find_accounts')).toBe('application_restricted');
    expect(await wordOf('create_account', { name: 'n', email: 'e@example.com' })).toBe('email_already_registered');
  }
});

describe('a login of its own', () => {
  const readAccount = `readAccount: async (key) => { if (key !== 'key-of-ada') throw new Fault('unauthenticated'); return ${account} },`;
  const ask = (url: string, format: Format, login: string, password: string, apiKey = 'v') =>
    callBridge(url, format, 'authorization', Object.entries({ api_key: apiKey, login, password }));

  const DEFECTS = [
    ['async (name, password) => { throw new Error(name + " has not " + password) }', '*** has not ***'],
    ['async () => undefined', 'a credential is no text'],
    ["async () => ''", 'a credential is no text'],
    ['async () => ({ token: 1 })', 'a credential is no text'],
  ] as const;
  const GIVING = `${readAccount} login: async (name, password) => {
    if (name !== 'ada' || password !== 'pass word') throw new Fault('unauthenticated');
    return 'key-of-ada';
  },`;
  let own: Own;

  beforeAll(async () => {
    own = await serveAll([GIVING, ...DEFECTS.map(([login]) => `${readAccount} login: ${login},`)]);
  });

  test.each(formats)('gives the credential in %s, and at the page', async (format) => {
    const { url } = own;
    expect((await ask(url, format, 'ada', 'pass word')).status).toBe('logged');
    expect((await ask(url, format, 'ada', 'another')).status).toBe('invalid_login');
    const page = pageAddress(url, await newTicket(url, 'v'));
    const post = (password: string) =>
      fetch(page, { method: 'POST', body: new URLSearchParams({ login: 'ada', password }) }).then((reply) =>
        reply.text(),
      );
    expect(await post('another')).toContain('Own did not accept this name and password.');
    expect(await post('pass word')).toContain('You are signed in');
  });

  test.each(DEFECTS.map(([login, cause], n) => ({ login, cause, apiKey: `v${n + 1}` })))(
    "that has a defect is the author's: $login",
    async ({ cause, apiKey }) => {
      own.lines();
      expect((await ask(own.url, 'rest', 'name-of-ada', 'pass-word', apiKey)).status).toBe('internal_error');
      expect(own.lines()).toMatchObject([{ level: 50, msg: 'a defect of the provider', cause }]);
    },
  );

  test('that never settles is an outage', async () => {
    const { url } = await serveOwn(`${readAccount} login: () => new Promise(() => {}),`, { upstreamTimeoutMs: 100 });
    expect((await ask(url, 'rest', 'ada', 'pass-word')).status).toBe('service_unavailable');
  });

  test('may ask for a second factor', async () => {
    const { url } = await serveOwn(
      `${readAccount} login: async () => { throw new Fault('unauthenticated', { about: 'second factor' }) },`,
    );
    const page = await fetch(pageAddress(url, await newTicket(url, 'v')), {
      method: 'POST',
      body: new URLSearchParams({ login: 'ada', password: 'pass-word' }),
    });
    expect(await page.text()).toContain('For this account Own asks for a one-time code');
  });
});
