import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import pino from 'pino';
import { startBridgeServer } from '../../src/bootstrap/bridge-server.js';
import { type Checked, checkConfiguration, toJson } from '../../src/cli/check-operations.js';
import { readEnvironment } from '../../src/cli/environment.js';
import { locateConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import { providers } from '../../src/providers/index.js';
import { loadProvider } from '../../src/providers/load.js';
import { messageOf } from '../../src/shared/errors.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { SECRET, USER } from '../support/servers/embedded-postgres.js';
import { describeWithPostgres } from '../support/servers/postgres.js';
import { startSelfSigned } from '../support/servers/self-signed.js';

/** What keeps the bridge from serving is what check names. */

let directory: string;
beforeEach(async () => {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  directory = path;
});

type Variables = Readonly<Record<string, string>>;

const located = (text: string) =>
  locateConfig({ text, directory }, { actions: actionNames, providers, loadProvider, variables: {} });

const check = (
  text: string,
  { variables = {}, isOnline = false }: { variables?: Variables; isOnline?: boolean } = {},
) => checkConfiguration(() => located(text), { environment: () => readEnvironment(variables), isOnline });

const linesOf = ({ problems }: Checked) =>
  problems.map(({ severity, line, path, message }) => [severity, line, path, message.replaceAll(directory, 'DIR')]);

/** Why a bridge does not start; undefined where it does. */
async function refusalOf(
  text: string,
  { variables = {} }: { variables?: Variables } = {},
): Promise<string | undefined> {
  try {
    const { config } = await located(text);
    const bridge = await startBridgeServer(config, pino({ level: 'silent' }), readEnvironment(variables));
    await bridge.close();
    return undefined;
  } catch (error) {
    return messageOf(error).replaceAll(directory, 'DIR');
  }
}

/** A configuration whose first line is this, and whose application has no modern API. */
const one = (first: string, more = '') =>
  `${first}\nlisten: { port: 0 }\n${more}applications:\n- { api_key: k, provider: seatable, base_url: "http://127.0.0.1:1" }\n`;

const allFiles = async () => (await readdir(directory, { recursive: true })).sort();

const aKey = Buffer.alloc(32, 1).toString('base64');

interface Refused {
  readonly what: string;
  /** Makes what is wrong. */
  readonly given?: () => Promise<void>;
  readonly yaml: string;
  readonly variables?: Variables;
  readonly path: string;
  readonly line?: number;
  readonly says: RegExp;
}

const change = 'mend it or name another in `store`$';

const refused: readonly Refused[] = [
  {
    what: 'a store that is a text',
    given: () => writeFile(join(directory, 'a.db'), 'Dear Sir, this is no database. '.repeat(200)),
    yaml: one('store: sqlite:./a.db'),
    path: 'store',
    says: new RegExp(`^cannot use the store DIR/a.db \\(file is not a database\\); ${change}`),
  },
  {
    what: 'a store that is a folder',
    given: () => mkdir(join(directory, 'a.db')).then(() => {}),
    yaml: one('store: sqlite:./a.db'),
    path: 'store',
    says: new RegExp(`^cannot use the store DIR/a.db \\(.*\\); ${change}`),
  },
  {
    what: 'a store below a file',
    given: () => writeFile(join(directory, 'file'), ''),
    yaml: one('store: sqlite:./file/a.db'),
    path: 'store',
    says: new RegExp(`^cannot use the store DIR/file/a.db \\(.*\\); ${change}`),
  },
  {
    what: 'a store below a link that leads nowhere',
    given: () => symlink('nowhere', join(directory, 'link')),
    yaml: one('store: sqlite:./link/data/a.db'),
    path: 'store',
    says: new RegExp(`^cannot use the store DIR/link/data/a.db \\(.*\\); ${change}`),
  },
  {
    what: 'a store of a newer version',
    given: async () => {
      const database = new DatabaseSync(join(directory, 'a.db'));
      database.exec('PRAGMA user_version = 99');
      database.close();
    },
    yaml: one('store: sqlite:./a.db'),
    path: 'store',
    says: /^cannot use the store DIR\/a.db \(made by a newer version of boxbridge: its tables have version 99, and this one knows \d\); run that version/,
  },
  {
    what: 'a password that is not percent-encoded',
    yaml: one('store: "postgres://u:100%@h/d"'),
    path: 'store',
    says: /^cannot use the store in PostgreSQL \(the special characters of its password have to be percent-encoded\); /,
  },
  {
    what: 'a key of another length',
    given: () => writeFile(join(directory, 'a.key'), Buffer.alloc(31), { mode: 0o600 }),
    yaml: one('key_file: ./a.key'),
    path: 'key_file',
    says: /^the key DIR\/a\.key has to be 32 random bytes, but has 31$/,
  },
  {
    what: 'a key that is a folder',
    given: () => mkdir(join(directory, 'a.key')).then(() => {}),
    yaml: one('key_file: ./a.key'),
    path: 'key_file',
    says: /^cannot read the key DIR\/a\.key \(EISDIR.*\); /,
  },
  {
    what: 'a key that cannot be made',
    given: () => writeFile(join(directory, 'file'), ''),
    yaml: one('key_file: ./file/a.key'),
    path: 'key_file',
    says: /^cannot make the key DIR\/file\/a\.key \(.*\); change `key_file`$/,
  },
  {
    what: 'a key in the environment that is hexadecimal',
    yaml: one('store: sqlite:./a.db'),
    variables: { BOXBRIDGE_KEY: 'ab'.repeat(32) },
    path: '',
    line: 0,
    says: /^the key in the environment has to be 32 random bytes, but has 48$/,
  },
  {
    what: 'an environment that cannot be',
    yaml: one('store: sqlite:./a.db'),
    variables: { LOG_LEVEL: 'loud' },
    path: '',
    line: 0,
    says: /^LOG_LEVEL has to be /,
  },
  {
    what: 'an address of another machine',
    yaml: one('admin: { host: 192.0.2.1, port: 0 }'),
    path: 'admin.host',
    says: /cannot listen on 192\.0\.2\.1:0 \(/,
  },
  {
    what: 'recordings below a file',
    given: () => writeFile(join(directory, 'file'), ''),
    yaml: one('record: { file: ./file/calls/all }'),
    path: 'record.file',
    says: /the folder DIR\/file\/calls/,
  },
  {
    what: 'a module that is no provider',
    given: () => writeFile(join(directory, 'own.mjs'), 'export default {}'),
    yaml: one('store: sqlite:./a.db').replace('provider: seatable', 'provider: ./own.mjs'),
    path: 'applications[0].provider',
    line: 4,
    says: /^provider DIR\/own\.mjs /,
  },
];

describe('what serve refuses, check names, and makes nothing', () => {
  test.each(refused.map((row) => [row.what, row] as const))('%s', async (_what, row) => {
    const { given = async () => {}, yaml, variables = {}, path, line = 1, says } = row;
    await given();
    const before = await allFiles();
    const found = await check(yaml, { variables });
    expect(await allFiles()).toEqual(before);
    expect(found.isGood).toBe(false);
    expect(linesOf(found)).toEqual([['error', line, path, expect.stringMatching(says)]]);
    expect(await refusalOf(yaml, { variables })).toMatch(
      // Serve has the words of the system for these two.
      path === 'store' || path === 'key_file' ? new RegExp(says.source.replace(/\\\(it is no file\\\)/, '')) : says,
    );
  });

  test('a key of another store', async () => {
    const yaml = one('store: sqlite:./a.db');
    expect(await refusalOf(yaml, { variables: { BOXBRIDGE_KEY: aKey } })).toBeUndefined();
    const before = await allFiles();
    const bytes = await readFile(join(directory, 'a.db'));
    expect(await check(yaml, { variables: { BOXBRIDGE_KEY: aKey } })).toMatchObject({ isGood: true, problems: [] });
    const other = { BOXBRIDGE_KEY: Buffer.alloc(32, 2).toString('base64') };
    expect(linesOf(await check(yaml, { variables: other }))).toEqual([
      ['error', 0, '', expect.stringMatching(/^the key in the environment is not the key that /)],
    ]);
    expect(linesOf(await check(yaml))).toEqual([
      ['error', 1, 'key_file', expect.stringMatching(/^cannot read the key DIR\/data\/bridge\.key \(ENOENT/)],
    ]);
    expect(linesOf(await check(yaml, { variables: { BOXBRIDGE_KEY: aKey, LOG_LEVEL: 'loud' } }))).toEqual([
      ['error', 0, '', expect.stringMatching(/^LOG_LEVEL has to be /)],
    ]);
    expect(await allFiles()).toEqual(before);
    expect((await readFile(join(directory, 'a.db'))).equals(bytes)).toBe(true);
  });

  test('two listeners at one address', async () => {
    const port = await freePort();
    const yaml = (host: string, adminHost: string, adminPort = port) =>
      `listen: { host: "${host}", port: ${port} }\nadmin: { host: "${adminHost}", port: ${adminPort}, console: false }\n${one('').replace(/^\nlisten: .*/, '')}`;
    const overlaps = [
      ['127.0.0.1', '127.0.0.1'],
      ['0.0.0.0', '127.0.0.1'],
      ['127.0.0.1', '0.0.0.0'],
      ['::', '127.0.0.1'],
      ['::ffff:127.0.0.1', '127.0.0.1'],
      ['::ffff:127.0.0.1', '0.0.0.0'],
      ['::1', '0:0:0:0:0:0:0:1'],
      ['0:0:0:0:0:0:0:0', '127.0.0.1'],
    ] as const;
    for (const [host, adminHost] of overlaps) {
      expect(linesOf(await check(yaml(host, adminHost)))).toEqual([
        [
          'error',
          2,
          'admin.port',
          'admin.port is that of listen, at an address that both have; give the admin listener another port',
        ],
      ]);
      expect(await refusalOf(yaml(host, adminHost))).toMatch(/the port is in use/);
    }
    expect(linesOf(await check(yaml('127.0.0.1', '127.0.0.2')))).toEqual([]);
    expect(await refusalOf(yaml('127.0.0.1', '127.0.0.2'))).toBeUndefined();
    expect(linesOf(await check(yaml('127.0.0.1', '127.0.0.1', 0)))).toEqual([]);
  });

  test('a running bridge is looked at as it is', async () => {
    const { config } = await located(one('store: sqlite:./a.db'));
    const bridge = await startBridgeServer(config, pino({ level: 'silent' }));
    afterwards(bridge.close);
    const before = await allFiles();
    expect(before).toEqual(['a.db', 'a.db-shm', 'a.db-wal', 'data', 'data/bridge.key']);
    expect(linesOf(await check(one('store: sqlite:./a.db')))).toEqual([]);
    expect(await allFiles()).toEqual(before);
  });
});

describe('a warning', () => {
  test('of a port that is in use, which may be by the bridge itself', async () => {
    const { port } = await serving(createServer());
    const found = await check(`admin: { port: ${port} }\n${one('')}`);
    expect(found.isGood).toBe(true);
    expect(linesOf(found)).toEqual([
      ['warning', 1, 'admin.port', expect.stringMatching(`^admin.port ${port} is in use at 127.0.0.1: `)],
    ]);
  });

  test('of a key that others may read', async () => {
    await writeFile(join(directory, 'a.key'), Buffer.alloc(32, 1));
    await chmod(join(directory, 'a.key'), 0o644);
    expect(linesOf(await check(one('key_file: ./a.key')))).toEqual([
      ['warning', 1, 'key_file', 'chmod 600 DIR/a.key: others on this machine may read it'],
    ]);
  });

  test.each([
    ['http://api.example.com', true],
    ['http://8.8.8.8:8080', true],
    ['http://[2001:4860:4860::8888]', true],
    ['https://api.example.com', false],
    ['http://localhost', false],
    ['http://seatable', false],
    ['http://seatable.internal', false],
    ['http://api.box.svc.cluster.local', false],
    ['http://10.1.2.3', false],
    ['http://172.31.0.1', false],
    ['http://192.168.1.1', false],
    ['http://[fd00::1]', false],
    ['http://[::1]', false],
    ['http://[::ffff:10.1.2.3]', false],
  ])('of credentials that go unencrypted to a public host: %s %s', async (url, isWarned) => {
    const shadow = one('').replace(
      /base_url: .* }/,
      `base_url: "https://h", shadow: { provider: golem, base_url: "${url}" } }`,
    );
    const says = 'sends credentials unencrypted to a public host; write https://';
    const expected = (path: string) => (isWarned ? [['warning', 4, path, `${path} ${says}`]] : []);
    expect(linesOf(await check(one('').replace('http://127.0.0.1:1', url)))).toEqual(
      expected('applications[0].base_url'),
    );
    expect(linesOf(await check(shadow))).toEqual(expected('applications[0].shadow.base_url'));
  });
});

describe('a modern API', () => {
  test('with a certificate of its own is to be named in ca_file', async () => {
    const { url, close } = await startSelfSigned();
    afterwards(close);
    expect(linesOf(await check(one('').replace('http://127.0.0.1:1', url), { isOnline: true }))).toEqual([
      [
        'error',
        4,
        'applications[0].base_url',
        expect.stringMatching(
          / \(DEPTH_ZERO_SELF_SIGNED_CERT\); write its certificate into a file, and name that in ca_file$/,
        ),
      ],
    ]);
  });

  test.each([
    [
      'http://nowhere.invalid',
      /; (write a host into base_url that can be looked up here|check the resolver of this machine)$/,
    ],
    [
      'http://127.0.0.1:1',
      /\(ECONNREFUSED\); nothing listens there: check host and port in base_url, and whether it runs$/,
    ],
  ])('at %s', async (url, says) => {
    const found = await check(one('').replace('http://127.0.0.1:1', url), { isOnline: true });
    expect(linesOf(found)).toEqual([['error', 4, 'applications[0].base_url', expect.stringMatching(says)]]);
  });
});

describeWithPostgres('PostgreSQL', (server) => {
  /** Of the store and the key: nothing plays the modern API. */
  const online = async (url: string) =>
    linesOf(await check(one(`store: "${url}"`, 'key_file: ./a.key\n'), { isOnline: true })).filter(
      ([, , path]) => path === 'store' || path === 'key_file',
    );

  test('is asked online, and changed by nothing', async () => {
    const { url, remove } = await server.newSchema();
    afterwards(remove);
    const tables = () => server.query(url, "SELECT tablename FROM pg_tables WHERE schemaname LIKE 's%'");
    expect(await online(url)).toEqual([]);
    expect(await tables()).toEqual([]);
    expect(await refusalOf(one(`store: "${url}"`, 'key_file: ./a.key\n'))).toBeUndefined();
    expect(await online(url)).toEqual([]);
    await writeFile(join(directory, 'a.key'), Buffer.alloc(32, 7));
    expect(await online(url)).toEqual([
      ['error', 3, 'key_file', expect.stringMatching(/^the key DIR\/a\.key is not the key that /)],
    ]);
    await server.query(url, 'UPDATE boxbridge_version SET version = 99');
    expect(await online(url)).toEqual([
      ['error', 1, 'store', expect.stringMatching(/\(made by a newer version of boxbridge: [^)]*\); run that version/)],
    ]);
  });

  test('says what to do, by the code of the error', async () => {
    const good = server.urlOf('postgres');
    await server.query(good, "CREATE ROLE reader LOGIN PASSWORD 'r'");
    const changed = (change: (url: URL) => void) => {
      const url = new URL(good);
      change(url);
      return url.href;
    };
    const rows: readonly (readonly [url: string, says: RegExp])[] = [
      [
        changed((url) => {
          url.password = 'wrong';
        }),
        /; write the right password into the URL/,
      ],
      [server.urlOf('nowhere'), /; make the database, or write the name of another into the URL$/],
      [
        changed((url) => {
          url.username = 'reader';
          url.password = 'r';
        }),
        /its user may not make tables in it/,
      ],
      ['postgres://u:p@127.0.0.1:1/d', /; nothing listens there: check host and port of the URL/],
      ['postgres://u:p@nowhere.invalid/d', /; (write a host into the URL|check the resolver)/],
    ];
    for (const [url, says] of rows) {
      const found = await check(one(`store: "${url}"`), { isOnline: true });
      const ofStore = linesOf(found).filter(([, , path]) => path === 'store');
      expect(ofStore).toEqual([['error', 1, 'store', expect.stringMatching(says)]]);
      expect(JSON.stringify(found)).not.toContain(SECRET);
      expect(JSON.stringify(found)).not.toContain(USER);
      expect((await refusalOf(one(`store: "${url}"`))) ?? 'started').toMatch(/cannot use the store/);
    }
  });
});

test('JSON has a line, a column and a path of each, and null where there is none', async () => {
  const found = await check(one('trust_proxy: true', 'colour: blue\n'), { variables: { LOG_LEVEL: 'loud' } });
  expect(JSON.parse(toJson('bridge.yaml', found))).toEqual({
    configuration: 'bridge.yaml',
    ok: false,
    applications: 0,
    problems: [
      { severity: 'error', line: null, column: null, path: '', message: expect.stringMatching(/^LOG_LEVEL /) },
      {
        severity: 'error',
        line: 3,
        column: 1,
        path: 'colour',
        message: expect.stringMatching(/^colour is not a known key/),
      },
    ],
  });
  const good = JSON.parse(toJson('bridge.yaml', await check(one('trust_proxy: true'))));
  expect(good).toMatchObject({ ok: true, applications: 1, problems: [{ severity: 'warning', line: 1, column: 1 }] });
});

async function serving(server: Server): Promise<{ port: number }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterwards(() => new Promise((resolve) => server.close(() => resolve())));
  const address = server.address();
  return { port: typeof address === 'object' && address ? address.port : 0 };
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === 'object' && address ? address.port : 0;
}
