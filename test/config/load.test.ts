import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, type ParsedConfig } from '../../src/config/config.js';
import { loadConfig, parseConfig, readConfig } from '../../src/config/load.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';

const accountId = { kind: 'text', description: 'whose account' } as const;
const passwordKeys = { kind: 'choice', choices: ['kebab', 'snake'], default: 'kebab', description: 'names' } as const;
const golemSettings = { account_id: accountId, password_keys: passwordKeys };
const known = {
  actions: ['get_account_info', 'get_ticket'],
  providers: [
    { name: 'seatable', publicBaseUrl: 'https://cloud.seatable.io' },
    { name: 'golem', publicBaseUrl: 'https://golem.example.com', settings: golemSettings },
  ],
};
const options = { ...known, directory: '/etc/bridge' };
const folder = fileURLToPath(new URL('../../../test/fixtures/config/', import.meta.url));

/** Five lines that are right. */
const application = 'applications:\n-\n  api_key: key1\n  provider: seatable\n  base_url: https://one.example.com\n';

const topKeys =
  'listen, public_url, trust_proxy, store, store_file, key_file, limits_store, limits_store_file, operator, admin, log, record, rate, limits, applications';
const applicationKeys =
  'api_key, api_key_file, name, provider, base_url, credentials, actions, redirect_url, confirm_sign_in, client_id, client_secret, client_secret_file, scopes, defaults, unknown_numbers, fault_status, ' +
  'reply_charset, cache_seconds, token_days, rate, deprecation, blackout, ca_file, client_cert_file, client_key_file, shadow';
const golemKeys = `${applicationKeys}, account_id, password_keys`;
const networks = 'a network such as 10.0.0.0/8';
const trustProxy =
  'false, the number of proxies in front, a list of IP addresses and networks such as 10.0.0.0/8, or true';
const baseUrl = 'an http or https URL without query, fragment, user or password';
const store = 'sqlite: and a path, or a postgres:// URL with the special characters of its password percent-encoded';
const limitsStore =
  'valkey://, valkeys://, redis:// or rediss://, a host, and at most a port and the number of a database, with the special characters of its password percent-encoded';
const provider = 'seatable, golem or the path of a module such as ./provider.js';
const text = 'a text that is not empty, in quotes if it looks like a number';
const number = 'an integer from 0 to 9223372036854775807';
const time = 'a date such as 2026-12-31, or a date and time with its offset such as 2026-12-31T12:00Z';
const interval =
  'two times with a slash in between, the earlier one first, such as 2026-12-31T12:00Z/2026-12-31T13:00Z';
const limit = 'an integer from 1 to 2147483647';

const defaults: ParsedConfig = {
  listen: { host: '127.0.0.1', port: 8080 },
  trustProxy: false,
  store: { kind: 'sqlite', path: '/etc/bridge/data/bridge.db' },
  keyFile: '/etc/bridge/data/bridge.key',
  log: {},
  limits: {
    bodyBytes: 65536,
    xmlDepth: 32,
    concurrentCalls: 1024,
    upstreamTimeoutMs: 10000,
    requestTimeoutMs: 30000,
    connections: 4096,
    connectionsPerAddress: 2048,
    ticketsPerMinute: 60,
    eventLoopDelayMs: 1000,
    shutdownMs: 10000,
  },
  applications: [
    {
      apiKey: 'key1',
      name: 'seatable',
      provider: 'seatable',
      baseUrl: 'https://one.example.com',
      credentials: 'passthrough',
      confirmSignIn: false,
      defaults: {},
      unknownNumbers: 'auto',
      faultStatus: 500,
      replyCharset: 'UTF-8',
      cacheSeconds: 0,
      settings: {},
    },
  ],
};

/** `application` with these lines instead of its line with the same key, else below it. */
function applicationWith(lines: string): string {
  const key = /^ {2}\w+:/.exec(lines)?.[0];
  return key !== undefined && application.includes(key)
    ? application.replace(new RegExp(`${key}.*`), lines)
    : `${application}${lines}\n`;
}

function problemsOf(read: () => unknown): unknown {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ line, message }) => [line, message]);
    throw error;
  }
  return 'no problem';
}

/** Two applications of a module, with a line of its own, and one of a provider with a name. */
const moduleApplications = (line: string) =>
  ['key1', 'key2']
    .map((key) => `- { api_key: ${key}, provider: ./own.js, base_url: "https://h", ${line} }\n`)
    .concat('- { api_key: key3, provider: seatable, base_url: "https://h" }\n')
    .join('')
    .replace(/^/, 'applications:\n');

/** A file with a secret. */
async function secretFile(content: string): Promise<string> {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  await writeFile(join(path, 'password.txt'), content);
  return join(path, 'password.txt');
}

async function fileWith(yaml: string): Promise<string> {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  await writeFile(join(path, 'bridge.yaml'), yaml);
  return join(path, 'bridge.yaml');
}

describe('a good configuration', () => {
  test('with every key', () => {
    const path = (name: string) => join(folder, 'data', name);
    const tls = (name: string) => join(folder, 'tls', name);
    const full = readFileSync(join(folder, 'full.yaml'), 'utf8');
    const terraform = {
      name: 'terraform',
      publicBaseUrl: 'https://terraform.example.com',
      settings: { password_keys: passwordKeys },
    };
    const providers = [...known.providers, terraform];
    const [plain] = defaults.applications;
    expect(readConfig(full, { ...options, providers, directory: folder })).toEqual({
      listen: { host: '127.0.0.1', port: 8080 },
      publicUrl: 'https://www.box.example.com',
      trustProxy: false,
      store: { kind: 'sqlite', path: path('bridge.db') },
      keyFile: path('bridge.key'),
      limitsStore: 'valkeys://bridge:secret@valkey.example.com:6380/1',
      operator: {
        name: 'Example Ltd',
        contact: { text: 'help@example.com', href: 'mailto:help@example.com' },
      },
      admin: {
        ...{ host: '127.0.0.1', port: 9464, console: true },
        consolePasswordFile: path('console-password.txt'),
      },
      log: { level: 'warn', format: 'json' },
      record: { file: join(folder, 'recordings/calls'), sample: 0.1, applications: ['Invoice importer'] },
      rate: { perMinute: 600 },
      limits: {
        bodyBytes: 65536,
        xmlDepth: 32,
        concurrentCalls: 1024,
        upstreamTimeoutMs: 10000,
        requestTimeoutMs: 30000,
        connections: 4096,
        connectionsPerAddress: 2048,
        ticketsPerMinute: 60,
        memoryMb: 512,
        eventLoopDelayMs: 1000,
        shutdownMs: 10000,
      },
      applications: [
        {
          apiKey: 'rrc1d3ntb53tt6b2vhail6rdtrsxov3v',
          name: 'Invoice importer',
          provider: 'seatable',
          baseUrl: 'https://cloud.seatable.io',
          credentials: 'vault',
          actions: ['get_account_info'],
          redirectUrl: 'https://old.example.com/box-callback',
          confirmSignIn: true,
          clientId: 'bridge',
          clientSecret: 'the-secret-of-the-bridge-at-the-vendor',
          scopes: ['root_readwrite'],
          tokenDays: 30,
          defaults: { spaceAmount: 5368709120n, spaceUsed: 0n, maxUploadSize: 104857600n },
          unknownNumbers: 'auto',
          faultStatus: 500,
          replyCharset: 'ISO-8859-1',
          cacheSeconds: 0,
          settings: {},
          rate: { perMinute: 60 },
          deprecation: {
            since: Date.UTC(2026, 0, 1),
            sunset: Date.UTC(2026, 11, 31, 22),
            link: 'https://box.example.com/end',
          },
          blackout: [
            {
              text: '2026-11-02T09:00Z/2026-11-02T10:00Z',
              from: Date.UTC(2026, 10, 2, 9),
              to: Date.UTC(2026, 10, 2, 10),
            },
          ],
          caFile: tls('ca.pem'),
          clientCertFile: tls('client.pem'),
          clientKeyFile: tls('client.key'),
          shadow: {
            provider: 'golem',
            baseUrl: 'https://new.example.com',
            settings: { accountId: 'acc-123', passwordKeys: 'kebab' },
          },
        },
        {
          ...plain,
          apiKey: 'golem',
          name: 'golem',
          provider: 'golem',
          baseUrl: 'https://golem.example.com',
          settings: { accountId: 'acc-123', passwordKeys: 'kebab' },
        },
        {
          ...plain,
          apiKey: 'terraform',
          name: 'terraform',
          provider: 'terraform',
          baseUrl: 'https://app.terraform.io/api/v2',
          settings: { passwordKeys: 'snake' },
        },
      ],
    });
  });

  test('with nothing but what is required', () => expect(readConfig(application, options)).toEqual(defaults));

  test('as a plain value', () => {
    const value = {
      listen: { port: 0 },
      applications: [{ api_key: 'key1', provider: 'seatable', base_url: 'https://one.example.com', fault_status: 200 }],
    };
    expect(parseConfig(value, options)).toEqual({
      ...defaults,
      listen: { host: '127.0.0.1', port: 0 },
      applications: [{ ...defaults.applications[0], faultStatus: 200, tls: {} }],
    });
  });

  test.each<[string, Partial<ParsedConfig>]>([
    ['listen: { host: "::1" }', { listen: { host: '::1', port: 8080 } }],
    ['admin: {}', { admin: { host: '127.0.0.1', port: 9464 } }],
    ['public_url: https://box.example.com/old//', { publicUrl: 'https://box.example.com/old' }],
    ['public_url: https://box.example.com/api/', { publicUrl: 'https://box.example.com/api' }],
    ['trust_proxy: true', { trustProxy: true }],
    [
      'trust_proxy: [10.0.0.1, "::1", 10.0.0.0/8, "fd00::/8"]',
      { trustProxy: ['10.0.0.1', '::1', '10.0.0.0/8', 'fd00::/8'] },
    ],
    ['store: sqlite:/var/lib/bridge.db', { store: { kind: 'sqlite', path: '/var/lib/bridge.db' } }],
    ['store: postgres://u:p%40@h/d', { store: { kind: 'postgres', url: 'postgres://u:p%40@h/d' } }],
    ['store: postgresql:///d?host=/run', { store: { kind: 'postgres', url: 'postgresql:///d?host=/run' } }],
    ...['valkey://h', 'redis://:p%2F@[::1]:6379/0', 'rediss://u:p@h/15'].map(
      (limitsStore): [string, Partial<ParsedConfig>] => [`limits_store: ${limitsStore}`, { limitsStore }],
    ),
    ['record: { file: ../calls }', { record: { file: '/etc/calls', sample: 1 } }],
    ['record: { file: /calls, sample: 0 }', { record: { file: '/calls', sample: 0 } }],
    ['operator: {}', { operator: {} }],
    ['operator: { name: Example Ltd }', { operator: { name: 'Example Ltd' } }],
    ...[
      ['https://example.com/help', 'https://example.com/help'],
      ['help@example.com', 'mailto:help@example.com'],
      ["o'neil+box@xn--bcher-kva.example", "mailto:o'neil%2Bbox@xn--bcher-kva.example"],
      ['http://example.com/%3Ca%3E?x=<b>', 'http://example.com/%3Ca%3E?x=%3Cb%3E'],
    ].map(([contact = '', href = '']): [string, Partial<ParsedConfig>] => [
      `operator: { contact: "${contact}" }`,
      { operator: { contact: { text: contact, href } } },
    ]),
    ['key_file: ../bridge.key', { keyFile: '/etc/bridge.key' }],
    ['limits: { xml_depth: 8 }', { limits: { ...defaults.limits, xmlDepth: 8 } }],
  ])('%s', (line, expected) => {
    expect(readConfig(`${line}\n${application}`, options)).toEqual({ ...defaults, ...expected });
  });

  test.each<[string, Partial<ParsedConfig['applications'][number]>]>([
    ['  provider: ./providers/own.mjs', { provider: '/etc/bridge/providers/own.mjs', name: 'own' }],
    ['  provider: ../own.js', { provider: '/etc/own.js', name: 'own' }],
    ['  provider: /opt/own.js', { provider: '/opt/own.js', name: 'own' }],
    ['  provider: own.mjs', { provider: 'own.mjs', name: 'own' }],
    ['  provider: "@vendor/bridge-own"', { provider: '@vendor/bridge-own', name: 'bridge-own' }],
    ['  base_url: HTTP://localhost:1/api/v2///', { baseUrl: 'HTTP://localhost:1/api/v2' }],
    ['  redirect_url: https://old.example.com/?a=b#c', { redirectUrl: 'https://old.example.com/?a=b#c' }],
    [
      '  credentials: vault\n  client_id: bridge\n  client_secret: hush\n  scopes: [a, b:c]',
      { credentials: 'vault', clientId: 'bridge', clientSecret: 'hush', scopes: ['a', 'b:c'] },
    ],
    ['  defaults: { space_amount: 9223372036854775807 }', { defaults: { spaceAmount: 9223372036854775807n } }],
    ['  fault_status: 200', { faultStatus: 200 }],
    ['  cache_seconds: 60', { cacheSeconds: 60 }],
    [
      '  provider: golem\n  account_id: "0123"',
      { provider: 'golem', name: 'golem', settings: { accountId: '0123', passwordKeys: 'kebab' } },
    ],
    ['  unknown_numbers: omit', { unknownNumbers: 'omit' }],
    [
      '  provider: golem\n  password_keys: snake',
      { provider: 'golem', name: 'golem', settings: { passwordKeys: 'snake' } },
    ],
    ['  token_days: 30', { tokenDays: 30 }],
    ['  deprecation: { since: 2026-01-01 }', { deprecation: { since: Date.UTC(2026, 0, 1) } }],
    [
      '  deprecation: { since: 2026-01-01T01:00:00+01:00, sunset: 2026-01-01 }',
      { deprecation: { since: Date.UTC(2026, 0, 1), sunset: Date.UTC(2026, 0, 1) } },
    ],
    ['  blackout: []', { blackout: [] }],
    [
      '  blackout: [2026-01-01/2026-01-02T00:30:00-01:00]',
      {
        blackout: [
          {
            text: '2026-01-01/2026-01-02T00:30:00-01:00',
            from: Date.UTC(2026, 0, 1),
            to: Date.UTC(2026, 0, 2, 1, 30),
          },
        ],
      },
    ],
    ['  actions: [get_ticket]', { actions: ['get_ticket'] }],
  ])('%s', (line, expected) => {
    expect(readConfig(applicationWith(line), options)).toEqual({
      ...defaults,
      applications: [{ ...defaults.applications[0], ...expected }],
    });
  });

  test('with the settings that its module declares', async () => {
    const loaded: string[] = [];
    const loadProvider = async (module: string) => {
      loaded.push(module);
      return { settings: golemSettings };
    };
    const file = await fileWith(moduleApplications('account_id: acc-1'));
    const { applications } = await loadConfig(file, { ...known, loadProvider });
    expect(applications.map(({ settings }) => settings)).toEqual([
      { accountId: 'acc-1', passwordKeys: 'kebab' },
      { accountId: 'acc-1', passwordKeys: 'kebab' },
      {},
    ]);
    expect(loaded).toEqual([join(dirname(file), 'own.js')]);
  });

  test('with the settings of the module of a shadow', async () => {
    const loadProvider = async () => ({ settings: golemSettings });
    const file = await fileWith(
      `${application}  shadow: { provider: ./own.js, base_url: "https://h", account_id: acc-1 }\n`,
    );
    const { applications } = await loadConfig(file, { ...known, loadProvider });
    expect(applications[0]?.shadow?.settings).toEqual({ accountId: 'acc-1', passwordKeys: 'kebab' });
  });

  test('with any key for a module that cannot be loaded', async () => {
    const loadProvider = () => Promise.reject(new Error('cannot be loaded'));
    const file = await fileWith(moduleApplications('account_id: [acc-1]'));
    const { applications } = await loadConfig(file, { ...known, loadProvider });
    expect(applications.map(({ settings }) => settings)).toEqual([{}, {}, {}]);
  });

  test('with values that are shared by anchor and alias', () => {
    const yaml = `${application}  defaults: &shared { space_used: 1 }\n${application.slice('applications:\n'.length).replace('key1', 'key2')}  defaults: *shared\n`;
    expect(readConfig(yaml, options).applications.map((it) => it.defaults.spaceUsed)).toEqual([1n, 1n]);
  });
});

/** What stands above `application`. A value that may be secret is `hush`, and no message holds it. */
const refusedAbove: readonly [string, number, string][] = [
  ['body: 3', 1, `body is not a known key; the keys allowed here are ${topKeys}`],
  ['__proto__: 3', 1, `__proto__ is not a known key; the keys allowed here are ${topKeys}`],
  [
    'limits:\n  xml_depht: 3',
    2,
    'limits.xml_depht is not a known key; did you mean xml_depth? The keys allowed here are body_bytes, xml_depth, concurrent_calls, upstream_timeout_ms, request_timeout_ms, connections, connections_per_address, tickets_per_minute, memory_mb, event_loop_delay_ms, shutdown_ms',
  ],
  ['log:\n  level: loud', 2, 'log.level must be debug or info or warn or error or silent'],
  ['log: { format: xml }', 1, 'log.format must be json or pretty'],
  ['listen: 8080', 1, 'listen must be a block with keys out of host, port'],
  ['listen:', 1, 'listen is empty; write a block with keys out of host, port'],
  ['listen:\n  host: h\n  port: 65536', 3, 'listen.port must be an integer from 0 to 65535'],
  ['listen: { port: "80" }', 1, 'listen.port must be an integer from 0 to 65535'],
  ['listen: { port: 80.5 }', 1, 'listen.port must be an integer from 0 to 65535'],
  ['listen: { port: -1 }', 1, 'listen.port must be an integer from 0 to 65535'],
  ['listen: { host: 1 }', 1, `listen.host must be ${text}`],
  ['admin: { port: x }', 1, 'admin.port must be an integer from 0 to 65535'],
  ['admin: { console: 1 }', 1, 'admin.console must be true or false'],
  ['admin: { console_password_file: "" }', 1, `admin.console_password_file must be ${text}`],
  [
    'admin: { host: 0.0.0.0, console: true }',
    1,
    'admin.console_password_file is missing; beyond loopback the console takes a password: write a file that has one',
  ],
  ['limits: { body_bytes: 0 }', 1, `limits.body_bytes must be ${limit}`],
  ['limits: { shutdown_ms: 2147483648 }', 1, `limits.shutdown_ms must be ${limit}`],
  ['operator: Example Ltd', 1, 'operator must be a block with keys out of name, contact'],
  ['operator: { name: "" }', 1, `operator.name must be ${text}`],
  ...[
    'call us',
    'javascript:alert(1)',
    '@example.com',
    'a@b@c',
    'https://user:secret@example.com/',
    'mailto:a@b.example',
    'a@b?subject=x',
  ].map((contact): [string, number, string] => [
    `operator: { contact: "${contact}" }`,
    1,
    'operator.contact must be an e-mail address, or an http or https URL',
  ]),
  [
    'operator: { email: a@example.com }',
    1,
    'operator.email is not a known key; the keys allowed here are name, contact',
  ],
  ['record: {}', 1, `record.file is missing; write ${text}`],
  ['record: { file: a, sample: 1.5 }', 1, 'record.sample must be a number from 0 to 1'],
  ['record: { file: a, applications: Invoices }', 1, 'record.applications must be a list of names of applications'],
  [
    'record: { file: a, hour: 1 }',
    1,
    'record.hour is not a known key; the keys allowed here are file, sample, applications',
  ],
  [
    'record:\n  file: a\n  applications: [seatable, hush]',
    3,
    'record.applications[1] must be the name of an application',
  ],
  ['public_url: www.example.com', 1, `public_url must be ${baseUrl}`],
  ...['https://h/api/1.0/rest', 'https://h/api/1.0/soap/', 'https://h/old/api/xml', 'https://h/api/1.0/auth'].map(
    (url): [string, number, string] => [
      `public_url: ${url}`,
      1,
      'public_url has a path of the bridge itself; write what comes before /api',
    ],
  ),
  ['trust_proxy: "yes"', 1, `trust_proxy must be ${trustProxy}`],
  ['trust_proxy: [5]', 1, `trust_proxy must be ${trustProxy}`],
  ['trust_proxy:\n- 10.0.0.1\n- proxy.example.com', 3, `trust_proxy[1] must be an IP address or ${networks}`],
  ['trust_proxy: [10.0.0.0/33]', 1, `trust_proxy[0] must be an IP address or ${networks}`],
  ['trust_proxy: [10.0.0.0/]', 1, `trust_proxy[0] must be an IP address or ${networks}`],
  ['trust_proxy: [10.0.0.0/8/8]', 1, `trust_proxy[0] must be an IP address or ${networks}`],
  ['store: bridge.db', 1, `store must be ${store}`],
  ['store: "sqlite:"', 1, `store must be ${store}`],
  ['store: mysql://u:hush@h/d', 1, `store must be ${store}`],
  ['store: "postgres://u:hu sh@h/d"', 1, `store must be ${store}`],
  ['store: postgres://u:hu/sh@h:x/d', 1, `store must be ${store}`],
  ...[
    ...['h:6379', 'http://h', '"valkey://"', 'valkey:///1', '"valkey://h h"', 'valkey://h:x', 'valkey://h/one'],
    ...['valkey://h/0/1', 'valkey://h?db=1', '"valkey://h#1"', 'valkey://u:hu/sh@h', 'valkey://u:100%@h', '[]'],
  ].map((url): [string, number, string] => [`limits_store: ${url}`, 1, `limits_store must be ${limitsStore}`]),
  ['key_file: ""', 1, `key_file must be ${text}`],
  ['key_file: a\nkey_file: b', 2, 'key_file is already given above in the same block; keep one of the two'],
  ['key_file:\n  "hush', 2, 'not valid YAML: Missing closing "quote'],
  [
    'listen: { port: 1',
    2,
    'not valid YAML: Flow map in block collection must be sufficiently indented and end with a }',
  ],
  ['key_file: "a" hush', 1, 'not valid YAML: Unexpected scalar at node end'],
  ['key_file: | hush', 1, 'not valid YAML: Not a YAML token'],
  ['key_file: "\\uhush \\uhush"', 1, 'not valid YAML: Invalid escape sequence'],
  ['key_file: !hush a', 1, 'not valid YAML: Unresolved tag'],
  ['listen:\n\tport: 1', 2, 'not valid YAML: Tabs are not allowed as indentation'],
  [
    'listen: &set {}\nadmin: *set\nkey_file: *nowhere',
    3,
    'no anchor (&) above has the name of this alias (*); write the values out',
  ],
  ['key_file: a\n---', 2, 'a second YAML document begins here; keep one document in the file'],
];

/** What `applicationWith` makes an application of. */
const refusedBelow: readonly [string, number, string][] = [
  [
    '  apikey: x',
    6,
    `applications[0].apikey is not a known key; did you mean api_key? The keys allowed here are ${applicationKeys}`,
  ],
  ['  credentials: valt', 6, 'applications[0].credentials must be passthrough or vault; did you mean vault?'],
  ['  provider: seatabel', 4, `applications[0].provider must be ${provider}; did you mean seatable?`],
  [
    '  provider: golem\n  password_keys: kebap',
    5,
    'applications[0].password_keys must be kebab or snake; did you mean kebab?',
  ],
  [
    '  shadow: { provider: gollem, base_url: "https://h" }',
    6,
    `applications[0].shadow.provider must be ${provider}; did you mean golem?`,
  ],
  ['  hush-4711: x', 6, `applications[0] has a key that is not known; the keys allowed here are ${applicationKeys}`],
  [
    '  defaults:\n    space: 1',
    7,
    'applications[0].defaults.space is not a known key; the keys allowed here are space_amount, space_used, max_upload_size',
  ],
  ['  defaults: { space_used: -1 }', 6, `applications[0].defaults.space_used must be ${number}`],
  ['  defaults: { space_used: 9223372036854775808 }', 6, `applications[0].defaults.space_used must be ${number}`],
  ['  defaults: { space_used: 1e300 }', 6, `applications[0].defaults.space_used must be ${number}`],
  ['  api_key: 12345', 3, `applications[0].api_key must be ${text}`],
  ['  api_key: ""', 3, `applications[0].api_key must be ${text}`],
  ['  provider: golem\n  account_id: 0123', 5, `applications[0].account_id must be ${text}`],
  [
    '  account_id: acc-1',
    6,
    `applications[0].account_id is not a known key; the keys allowed here are ${applicationKeys}`,
  ],
  [
    '  provider: ./own.js\n  account_id: acc-1',
    5,
    `applications[0].account_id is not a known key; the keys allowed here are ${applicationKeys}`,
  ],
  [
    '  provider: golem\n  accountId: acc-1',
    5,
    `applications[0].accountId is not a known key; did you mean account_id? The keys allowed here are ${golemKeys}`,
  ],
  [
    '  shadow: { provider: golem }',
    6,
    `applications[0].shadow.base_url is missing; write ${baseUrl}, such as https://golem.example.com`,
  ],
  [
    '  shadow: { provider: seatable, base_url: "https://h", account_id: a }',
    6,
    'applications[0].shadow.account_id is not a known key; the keys allowed here are provider, base_url',
  ],
  [
    '  shadow: { provider: golem, base_url: "https://h", account_id: 1 }',
    6,
    `applications[0].shadow.account_id must be ${text}`,
  ],
  ['  name: true', 6, `applications[0].name must be ${text}`],
  ['  provider: dropbox', 4, `applications[0].provider must be ${provider}`],
  ['  base_url: ftp://h', 5, `applications[0].base_url must be ${baseUrl}, such as https://cloud.seatable.io`],
  ['  base_url: https://h?a', 5, `applications[0].base_url must be ${baseUrl}, such as https://cloud.seatable.io`],
  ['  base_url: https://h/#a', 5, `applications[0].base_url must be ${baseUrl}, such as https://cloud.seatable.io`],
  ['  base_url: https://hush@h', 5, `applications[0].base_url must be ${baseUrl}, such as https://cloud.seatable.io`],
  ['  base_url: https://h:x', 5, `applications[0].base_url must be ${baseUrl}, such as https://cloud.seatable.io`],
  ['  credentials: hush', 6, 'applications[0].credentials must be passthrough or vault'],
  ['  actions: get_ticket', 6, 'applications[0].actions must be a list of actions'],
  [
    '  actions:\n  - get_ticket\n  - get_tickets',
    8,
    'applications[0].actions[1] must be one of get_account_info, get_ticket; did you mean get_ticket?',
  ],
  [
    '  client_id: bridge',
    6,
    'applications[0].client_id needs a vault, which keeps what the vendor gives; write `credentials: vault`',
  ],
  [
    '  client_secret: hush',
    6,
    'applications[0].client_secret needs a client_id; write the one that the vendor gave with it',
  ],
  ['  scopes: [a]', 6, 'applications[0].scopes needs a client_id; write the one that the vendor gave'],
  [
    '  credentials: vault\n  client_id: bridge\n  scopes: [a b]',
    8,
    'applications[0].scopes[0] must be a scope, without blanks and quotes',
  ],
  ['  scopes: a', 6, 'applications[0].scopes must be a list of scopes'],
  [
    '  credentials: vault\n  client_id: ""',
    7,
    'applications[0].client_id must be a text that is not empty, in quotes if it looks like a number',
  ],
  ['  redirect_url: /box', 6, 'applications[0].redirect_url must be an http or https URL'],
  ['  unknown_numbers: none', 6, 'applications[0].unknown_numbers must be auto or nil or omit or zero'],
  ['  fault_status: 404', 6, 'applications[0].fault_status must be 500 or 200'],
  ['  cache_seconds: -1', 6, 'applications[0].cache_seconds must be an integer from 0 to 2147483647'],
  ['  deprecation: 2026-01-01', 6, 'applications[0].deprecation must be a block with keys out of since, sunset, link'],
  ['  deprecation: {}', 6, `applications[0].deprecation.since is missing; write ${time}`],
  ...['2026', '2026-02-30', '2026-1-1', '2026-01-01T10:00', '2026-01-01 10:00Z', '2026-01-01T24:00Z', 'soon', '1'].map(
    (since): [string, number, string] => [
      `  deprecation: { since: ${since} }`,
      6,
      `applications[0].deprecation.since must be ${time}`,
    ],
  ),
  [
    '  deprecation:\n    since: 2026-01-02\n    sunset: 2026-01-01T23:59Z',
    8,
    'applications[0].deprecation.sunset must not be before `since`; write a later time',
  ],
  [
    '  deprecation: { since: 2026-01-01, link: www.example.com }',
    6,
    'applications[0].deprecation.link must be an http or https URL',
  ],
  ['  blackout: 2026-01-01/2026-01-02', 6, 'applications[0].blackout must be a list of times with a slash in between'],
  ...[
    '2026-01-01',
    '2026-01-01/2026-01-01',
    '2026-01-02/2026-01-01',
    '2026-01-01/2026-01-02/2026-01-03',
    '2026-01-01/P1D',
  ].map((blackout): [string, number, string] => [
    `  blackout:\n  - 2026-01-01/2026-01-02\n  - ${blackout}`,
    8,
    `applications[0].blackout[1] must be ${interval}`,
  ]),
  ['  token_days: 0', 6, 'applications[0].token_days must be an integer from 1 to 36500'],
  ['  provider: golem\n  password_keys: camel', 5, 'applications[0].password_keys must be kebab or snake'],
  [
    '- provider: golem\n  api_key: key2',
    6,
    `applications[1].base_url is missing; write ${baseUrl}, such as https://golem.example.com`,
  ],
  ['- provider: ./own.js\n  api_key: key2', 6, `applications[1].base_url is missing; write ${baseUrl}`],
  ['- provider: golem\n  base_url: https://h', 6, `applications[1].api_key is missing; write ${text}`],
  ['- api_key: key2\n  base_url: https://h', 6, `applications[1].provider is missing; write ${provider}`],
  [
    '- provider: golem\n  base_url: https://h\n  api_key: key1',
    8,
    'applications[1].api_key is the same as applications[0].api_key in line 3; give each application its own',
  ],
  ['- hush', 6, `applications[1] must be a block with keys out of ${applicationKeys}`],
];

const refusedWhole: readonly [name: string, yaml: string, line: number, message: string][] = [
  ['an empty file', '', 1, `the configuration is empty; write a block with keys out of ${topKeys}`],
  ['a comment alone', '# hush\n', 1, `the configuration is empty; write a block with keys out of ${topKeys}`],
  ['a word', 'hush', 1, `the configuration must be a block with keys out of ${topKeys}`],
  ['no applications', '# first\nlisten: {}', 2, 'applications is missing; write a list of applications'],
  ['applications that are null', 'applications:', 1, 'applications must be a list of applications'],
  ['a key that is a list', '? [hush]\n: 1', 1, 'a key must be a word, not a list or a block'],
  ['a quoted key without its end', 'a: 1\n? "hush\n\n', 2, 'not valid YAML: Missing closing "quote'],
  ['an empty list', 'applications: []', 1, 'applications must be a list of at least one application'],
  [
    'an alias bomb',
    'a: &a [1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c]',
    2,
    'aliases (*) repeat too many values; write the values out',
  ],
  ['deep nesting', `${'['.repeat(9000)}${']'.repeat(9000)}`, 1, 'nested too deeply for a configuration'],
  [
    'the keyword of merging, which YAML 1.2 has not',
    `${application}  <<: { name: a }`,
    6,
    `applications[0] has a key that is not known; the keys allowed here are ${applicationKeys}`,
  ],
];

/** Each once, in the order of the lines, whatever finds it: YAML, the schema or the comparison of applications. */
const several = `limits: { body_bytes: none, xml_depth: none }
applications:
- api_key: key1
  provider: seatable
  cache_seconds: soon
- provider: golem
  base_url: https://h
  api_key: key1
  retries: 3
  base_url: hush
- api_key: key1
  provider: golem
  base_url: https://h
- hush
- {}
- {}
store: hush
hush-1: a
hush-1: b
`;
const severalProblems = [
  [1, `limits.body_bytes must be ${limit}`],
  [1, `limits.xml_depth must be ${limit}`],
  [3, `applications[0].base_url is missing; write ${baseUrl}, such as https://cloud.seatable.io`],
  [5, 'applications[0].cache_seconds must be an integer from 0 to 2147483647'],
  [8, 'applications[1].api_key is the same as applications[0].api_key in line 3; give each application its own'],
  [9, `applications[1].retries is not a known key; the keys allowed here are ${golemKeys}`],
  [10, 'base_url is already given above in the same block; keep one of the two'],
  [10, `applications[1].base_url must be ${baseUrl}, such as https://golem.example.com`],
  [11, 'applications[2].api_key is the same as applications[0].api_key in line 3; give each application its own'],
  [14, `applications[3] must be a block with keys out of ${applicationKeys}`],
  [15, `applications[4].api_key is missing; write ${text}`],
  [15, `applications[4].provider is missing; write ${provider}`],
  [15, `applications[4].base_url is missing; write ${baseUrl}`],
  [16, `applications[5].api_key is missing; write ${text}`],
  [16, `applications[5].provider is missing; write ${provider}`],
  [16, `applications[5].base_url is missing; write ${baseUrl}`],
  [17, `store must be ${store}`],
  [19, 'this key is already given above in the same block; keep one of the two'],
  [19, `the configuration has a key that is not known; the keys allowed here are ${topKeys}`],
];

const refusedFiles: readonly [string, string][] = [
  ['nowhere.yaml', 'does not exist; name an existing configuration file'],
  ['', 'cannot be read (EISDIR); name a file that this user may read'],
  ['latin-1.yaml', 'is not UTF-8 text; save it as UTF-8'],
];

describe('a refused configuration', () => {
  test.each(refusedAbove)('%j', (lines, line, message) => {
    expect(problemsOf(() => readConfig(`${lines}\n${application}`, options))).toEqual([[line, message]]);
  });

  test.each(refusedBelow)('%j', (lines, line, message) => {
    expect(problemsOf(() => readConfig(applicationWith(lines), options))).toEqual([[line, message]]);
  });

  test.each(refusedWhole)('%s', (_name, yaml, line, message) => {
    expect(problemsOf(() => readConfig(yaml, options))).toEqual([[line, message]]);
  });

  test('with several problems', () => {
    expect(problemsOf(() => readConfig(several, options))).toEqual(severalProblems);
  });

  test('with lines that end in CR LF, after a byte order mark', () => {
    const yaml = `\uFEFF${several.replaceAll('\n', '\r\n')}`;
    expect(problemsOf(() => readConfig(yaml, options))).toEqual(severalProblems);
  });

  test('as the text of the error', () => {
    const yaml = 'applications: []\nstore: x';
    const message = `line 1: applications must be a list of at least one application\nline 2: store must be ${store}`;
    expect(() => readConfig(yaml, options)).toThrow(new ConfigError([{ line: 0, column: 0, path: '', message }]));
  });

  test('as a plain value', () => {
    const twice = { api_key: 'key1', provider: 'golem', base_url: 'https://h' };
    expect(problemsOf(() => parseConfig({ applications: [twice, twice] }, options))).toEqual([
      [0, 'applications[1].api_key is the same as applications[0].api_key; give each application its own'],
    ]);
  });

  test.each([
    [
      { account_id: accountId, rate: accountId },
      'provider declares rate, which every application has; give its settings other names',
    ],
    [{}, `account_id is not a known key; the keys allowed here are ${applicationKeys}`],
    [
      { account_id: { kind: 'choice', choices: ['a', 'b'], description: 'which' } as const },
      'account_id must be a or b',
    ],
  ])('with a module that declares %j', async (settings, message) => {
    const file = await fileWith(moduleApplications('account_id: acc-1'));
    await expect(loadConfig(file, { ...known, loadProvider: async () => ({ settings }) })).rejects.toMatchObject({
      problems: [
        { line: 2, message: `applications[0].${message}` },
        { line: 3, message: `applications[1].${message}` },
      ],
    });
  });

  test.each(refusedFiles)('in the file "%s"', async (name, message) => {
    const file = join(folder, name);
    await expect(loadConfig(file, known)).rejects.toMatchObject({
      problems: [{ line: 0, message: `${file} ${message}` }],
    });
  });
});

describe('the console', () => {
  const parsed = (admin: object) =>
    parseConfig({ admin, applications: [{ api_key: 'key', provider: 'seatable', base_url: 'https://h' }] }, options);

  test.each<[object, object | undefined]>([
    [{}, {}],
    [{ host: 'localhost' }, {}],
    [{ host: '::1', console: true }, {}],
    [{ console: false }, undefined],
    [{ host: '0.0.0.0' }, undefined],
    [{ host: 'bridge.example.com', console: false }, undefined],
  ])('of %j without a password', (admin, expected) => {
    expect(parsed(admin).admin?.console).toEqual(expected);
  });

  test.each(['secret of many\n', 'secret of many', 'secret of many\r\nand a remark\n'])(
    'has the first line of its file for a password (%j)',
    async (content) => {
      const console_password_file = await secretFile(content);
      expect(parsed({ console_password_file }).admin?.console).toEqual({ password: 'secret of many' });
      expect(parsed({ host: '0.0.0.0', console_password_file }).admin?.console).toEqual({ password: 'secret of many' });
      expect(parsed({ console: false, console_password_file }).admin?.console).toBeUndefined();
    },
  );

  test('a file without a password is a problem, with its line', async () => {
    const missing = '/nowhere/password.txt does not exist; write a password into it';
    const yaml = `${application}admin:\n  console_password_file: /nowhere/password.txt\n`;
    const file = await fileWith(yaml);
    await expect(loadConfig(file, known)).rejects.toMatchObject({
      problems: [{ line: 7, message: `admin.console_password_file ${missing}` }],
    });
    const empty = await secretFile('\nsecret\n');
    expect(problemsOf(() => parsed({ console_password_file: empty }))).toEqual([
      [0, `admin.console_password_file ${empty} has no password in its first line; write one into it`],
    ]);
  });
});

test.each(['provider: terrafrom, ', ''])('a provider that is not known (%j) makes no setting one', (provider) => {
  const of = (settings: string) =>
    problemsOf(() =>
      readConfig(`applications:\n- { api_key: k, ${provider}base_url: "https://h", ${settings} }\n`, options),
    );
  const problem = [2, expect.stringMatching(/^applications\[0\]\.provider /)];
  const misspelt = /^applications\[0\]\.acount_id is not a known key; did you mean account_id\? /;
  expect(of('password_keys: snake, account_id: a')).toEqual([problem]);
  expect(of('acount_id: a')).toEqual(expect.arrayContaining([problem, [2, expect.stringMatching(misspelt)]]));
});

test('files that cannot be read are named beside all other problems', async () => {
  const file = await fileWith(`colour: blue
admin: { host: 0.0.0.0, port: none, console_password_file: /nowhere/password.txt }
applications:
- { api_key: one, provider: seatable, base_url: "https://h", ca_file: /nowhere/ca.pem }
- { api_key: two, provider: fax, base_url: "https://h", client_cert_file: /nowhere/cert.pem, client_key_file: 5 }
`);
  const names = ['colour', 'admin.port', 'admin.console_password_file', 'applications[0].ca_file'];
  const ofSecond = ['provider', 'client_cert_file', 'client_key_file'].map((key) => `applications[1].${key}`);
  const problems = await loadConfig(file, known).then(
    () => [],
    (error: unknown) => (error instanceof ConfigError ? error.problems : Promise.reject(error)),
  );
  expect([...new Set(problems.map(({ path }) => path))]).toEqual([...names, ...ofSecond]);
  expect(problems.map(({ message }) => message)).toContain(
    'applications[0].ca_file /nowhere/ca.pem does not exist; name an existing file',
  );
});

describe('the limits_store', () => {
  const parsed = (configuration: object) =>
    parseConfig(
      { ...configuration, applications: [{ api_key: 'key', provider: 'seatable', base_url: 'https://h' }] },
      options,
    ).limitsStore;

  test('is in the configuration, in a file, or nowhere', async () => {
    expect(parsed({})).toBeUndefined();
    expect(parsed({ limits_store: 'valkey://h' })).toBe('valkey://h');
    expect(parsed({ limits_store_file: await secretFile('valkey://u:secret@h:1/2\n') })).toBe(
      'valkey://u:secret@h:1/2',
    );
  });

  test('a file that has none is a problem, and so are two', async () => {
    const missing = `${application}limits_store_file: /nowhere/limits.txt\n`;
    await expect(loadConfig(await fileWith(missing), known)).rejects.toMatchObject({
      problems: [{ line: 6, message: 'limits_store_file /nowhere/limits.txt does not exist; write a URL into it' }],
    });
    const wrong = await secretFile('hush\n');
    expect(problemsOf(() => parsed({ limits_store_file: wrong }))).toEqual([
      [0, `limits_store_file names a file whose first line must be ${limitsStore}`],
    ]);
    expect(problemsOf(() => parsed({ limits_store: 'valkey://h', limits_store_file: wrong }))).toEqual([
      [0, 'limits_store_file is given beside limits_store; keep one of the two'],
    ]);
  });
});
