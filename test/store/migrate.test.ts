import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { openStore } from '../../src/store/open.js';
import { afterwards } from '../support/cleanup.js';
import { runCommand } from '../support/command.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { SECRET, USER } from '../support/servers/embedded-postgres.js';
import { describeWithPostgres } from '../support/servers/postgres.js';
import { type Ended, startNode } from '../support/servers/process.js';
import { account } from '../support/suites/store-suite.js';

const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

interface Migrating {
  readonly folder: string;
  readonly migrate: (...args: string[]) => Promise<Ended>;
  /** Likewise, in a process of its own. */
  readonly migrateProcess: (...args: string[]) => Promise<Ended>;
}

/** Runs the command in a folder with this store in its configuration. */
async function migrating(store: string): Promise<Migrating> {
  const { path: folder, remove } = await temporaryFolder();
  afterwards(remove);
  const applications = [{ api_key: 'k', provider: 'seatable', base_url: 'https://seatable.example.com' }];
  await writeFile(join(folder, 'bridge.yaml'), JSON.stringify({ store, applications }));
  const command = ['store', 'migrate', '--config', 'bridge.yaml'];
  return {
    folder,
    migrate: (...args) => runCommand({ cwd: folder }, [...command, ...args]),
    migrateProcess: (...args) => startNode(folder, cli, ...command, ...args).end,
  };
}

const good = (stdout: string) => ({ code: 0, signal: null, stdout: `${stdout}\n`, stderr: '' });
const bad = (stderr: string) => ({ code: 1, signal: null, stdout: '', stderr: `boxbridge: ${stderr}\n` });

describe('store migrate', () => {
  test('makes the tables of a SQLite file once', async () => {
    const { folder, migrate, migrateProcess } = await migrating('sqlite:./data/bridge.db');
    const file = join(folder, 'data/bridge.db');
    expect(await migrateProcess()).toEqual(good(`made the tables of the store ${file}, of version 5`));
    expect(await migrate()).toEqual(good(`the tables of the store ${file} have version 5 already; nothing to do`));
    expect(JSON.parse((await migrate('--json')).stdout)).toEqual({ store: file, from: 5, to: 5 });
  });

  test('brings older tables to the present version, and keeps what is in them', async () => {
    const { folder, migrate } = await migrating('sqlite:bridge.db');
    const file = join(folder, 'bridge.db');
    const place = { kind: 'sqlite', path: file } as const;
    const before = await openStore(place);
    const id = await before.userId(account);
    await before.close();
    byHand(
      file,
      'DROP INDEX sessions_by_creation; DROP TABLE ledger; ALTER TABLE sessions DROP COLUMN leased_until; PRAGMA user_version = 2',
    );
    expect(await migrate()).toEqual(good(`brought the tables of the store ${file} from version 2 to 5`));
    const after = await openStore(place);
    afterwards(after.close);
    expect(await after.userId(account)).toBe(id);
    expect(await after.ledger(0)).toEqual([]);
  });

  test('leaves tables of a newer version as they are', async () => {
    const { folder, migrate, migrateProcess } = await migrating('sqlite:bridge.db');
    const file = join(folder, 'bridge.db');
    await migrate();
    byHand(file, 'PRAGMA user_version = 6');
    const why = 'made by a newer version of boxbridge: its tables have version 6, and this one knows 5';
    const said = bad(`cannot use the store ${file} (${why}); run that version, or restore a backup of the store`);
    expect(await migrate()).toEqual(said);
    expect(await migrateProcess()).toEqual(said);
    expect(await migrate('--json')).toEqual(said);
  });

  test('says what is wrong with its command line and its configuration', async () => {
    const { migrate } = await migrating('mysql://somebody:not-for-logs@host/database');
    expect(await startNode('/', cli, 'store', 'migrate').end).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: name a configuration: --config FILE, [^\n]*\n$/),
    });
    const { code, stderr } = await migrate();
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^boxbridge: bridge.yaml:1: store /) });
    expect(stderr).not.toContain('not-for-logs');
  });
});

describeWithPostgres('store migrate and PostgreSQL', (server) => {
  const newSchema = async () => {
    const { url, remove } = await server.newSchema();
    afterwards(remove);
    return url;
  };

  test('makes the tables once, by however many at the same moment', async () => {
    const url = await newSchema();
    const { migrateProcess } = await migrating(url);
    const ends = await Promise.all([migrateProcess('--json'), migrateProcess('--json'), migrateProcess('--json')]);
    for (const { code, stderr } of ends) expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const froms = ends.map(({ stdout }) => JSON.parse(stdout).from);
    expect(froms.sort()).toEqual([0, 4, 4]);
    expect(await server.query(url, 'SELECT version FROM boxbridge_version')).toEqual([{ version: 4 }]);
  });

  test('is what a bridge needs whose role may not change the tables', async () => {
    const url = await newSchema();
    const { migrate } = await migrating(url);
    await migrate();
    const role = new URL(url).searchParams.get('options')?.split('=')[1] ?? '';
    await server.query(
      url,
      `CREATE ROLE ${role} LOGIN PASSWORD 'weak'; GRANT USAGE ON SCHEMA ${role} TO ${role};
       GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${role} TO ${role}`,
    );
    afterwards(async () => void (await server.query(url, `DROP OWNED BY ${role}; DROP ROLE ${role}`)));
    const limited = new URL(url);
    limited.username = role;
    limited.password = 'weak';
    const store = await openStore({ kind: 'postgres', url: limited.href });
    afterwards(store.close);
    expect(await store.userId(account)).toBe(1);
  });

  test('names no secret, and leaves tables of a newer version as they are', async () => {
    const url = await newSchema();
    const { migrate } = await migrating(url);
    const made = await migrate();
    expect(made.stdout).toMatch(/^made the tables of the store \/\S*\/postgres, of version 4\n$/);
    await server.query(url, 'UPDATE boxbridge_version SET version = 5');
    const refused = await migrate();
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /\(made by a newer version of boxbridge: .*\); run that version, or restore a backup/,
    );
    expect(await server.query(url, 'SELECT version FROM boxbridge_version')).toEqual([{ version: 5 }]);
    const gone = new URL(url);
    gone.searchParams.set('options', '-csearch_path=nowhere');
    const failed = await (await migrating(gone.href)).migrate();
    expect(failed.stderr).toMatch(
      /^boxbridge: cannot use the store .* \(no schema has been selected to create in\); mend it/,
    );
    for (const { stdout, stderr } of [made, refused, failed]) {
      for (const secret of [SECRET, encodeURIComponent(SECRET), USER]) expect(stdout + stderr).not.toContain(secret);
    }
  });
});

function byHand(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}
