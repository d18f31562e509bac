import { randomUUID } from 'node:crypto';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { storeIn } from '../../src/config/schema.js';
import { copyStore } from '../../src/store/copy.js';
import { openStore } from '../../src/store/open.js';
import { type StoreContent, snapshotOf } from '../../src/store/snapshot.js';
import type { Store } from '../../src/store/store.js';
import { afterwards } from '../support/cleanup.js';
import { runCommand } from '../support/command.js';
import { dump } from '../support/dump.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { SECRET } from '../support/servers/embedded-postgres.js';
import { describeWithPostgres } from '../support/servers/postgres.js';
import { type Ended, startNode } from '../support/servers/process.js';
import { contentWith, plainContent } from '../support/suites/store-content-suite.js';
import { named } from '../support/suites/store-suite.js';

const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));
const halfLoaded = fileURLToPath(new URL('../support/servers/half-loaded.js', import.meta.url));
// More than a batch.
const content = contentWith(Array.from({ length: 2345 }, (_, n) => named(`n${n}`)));
const copied =
  'copied 2345 account(s), 2 ticket(s), 2 auth_token(s) and 2 row(s) of the ledger, sealed under the same key\n';

function copy(cwd: string, ...args: string[]): Promise<Ended> {
  return runCommand({ cwd }, ['store', 'copy', ...args]);
}

/** Likewise, in a process of its own. */
function copyProcess(cwd: string, ...args: string[]): Promise<Ended> {
  return startNode(cwd, cli, 'store', 'copy', ...args).end;
}

async function folder(): Promise<string> {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  return path;
}

async function inStore<T>(name: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = storeIn('/').safeParse(name).data;
  if (!store) throw new Error(`no store: ${name}`);
  const opened = await openStore(store);
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}

const fill = (name: string, what: StoreContent = content) => inStore(name, (store) => store.load(snapshotOf(what)));
const contentOf = (name: string) => inStore(name, async (store) => plainContent(await dump(store)));

/** Has a process killed that loads a store. */
async function expectNothingLeft(cwd: string, name: string): Promise<void> {
  const child = startNode(cwd, halfLoaded, name);
  await child.line(/^half$/);
  child.kill('SIGKILL');
  await child.end;
  expect(await contentOf(name)).toMatchObject({ lastUserId: 0, accounts: [], tickets: [], sessions: [], ledger: [] });
  expect(await fill(name)).toBe(true);
}

async function configuration(cwd: string, store: string): Promise<string> {
  const file = join(cwd, `${randomUUID()}.yaml`);
  const application = { api_key: 'k', provider: 'seatable', base_url: 'https://seatable.example.com' };
  await writeFile(file, JSON.stringify({ store, applications: [application] }));
  return file;
}

describe('store copy', () => {
  test('copies a SQLite file into another, which continues its ids', async () => {
    const cwd = await folder();
    await fill(`sqlite:${cwd}/from.db`);
    const ended = await copyProcess(cwd, 'sqlite:from.db', 'sqlite:to.db');
    expect(ended).toMatchObject({ code: 0, stdout: copied, stderr: '' });
    for (const name of ['from', 'to'])
      expect(await contentOf(`sqlite:${cwd}/${name}.db`)).toEqual(plainContent(content));
    expect(await inStore(`sqlite:${cwd}/to.db`, (store) => store.userId(named('new')))).toBe(content.lastUserId + 1);
  });

  test('reports that there was no key', async () => {
    const cwd = await folder();
    await fill(`sqlite:${cwd}/from.db`, { ...content, masterKey: undefined, tickets: [], sessions: [] });
    const stdout = 'copied 2345 account(s), 0 ticket(s), 0 auth_token(s) and 2 row(s) of the ledger\n';
    expect(await copy(cwd, 'sqlite:from.db', 'sqlite:to.db')).toMatchObject({ code: 0, stdout });
  });

  test('leaves nothing in a store where it is killed halfway', async () => {
    const cwd = await folder();
    await expectNothingLeft(cwd, `sqlite:${cwd}/to.db`);
  });

  test('tells how many rows there are, and of each that is copied', async () => {
    const cwd = await folder();
    await fill(`sqlite:${cwd}/from.db`);
    const told: number[] = [];
    const place = (name: string) => ({ kind: 'sqlite', path: join(cwd, name) }) as const;
    const head = await copyStore(place('from.db'), place('to.db'), (rows) => {
      told.push(rows);
      return (copied) => told.push(copied);
    });
    expect(head.counts).toEqual({ accounts: 2345, tickets: 2, sessions: 2, ledger: 2 });
    expect(told).toEqual([2351, 1000, 1000, 345, 2, 2, 2]);
  });

  test('tells on stderr why nothing was copied', async () => {
    const cwd = await folder();
    const stderr = `boxbridge: there is no store ${cwd}/from.db\n`;
    for (const run of [copy, copyProcess])
      expect(await run(cwd, 'sqlite:from.db', 'sqlite:to.db')).toMatchObject({ code: 1, stdout: '', stderr });
  });

  test.each([
    [[]],
    [['sqlite:from.db']],
    [['sqlite:from.db', 'to.db']],
    [['sqlite:from.db', 'mysql://user:not-for-logs@host/db']],
    [['sqlite:from.db', 'sqlite:to.db', 'sqlite:more.db']],
  ])('rejects the arguments %j', async (args) => {
    const ended = await copy(await folder(), ...args);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(/^error: name FROM and TO/);
    expect(ended.stderr).not.toContain('not-for-logs');
  });
});

describe('a copy of a SQLite file', () => {
  const at = (path: string) => ({ kind: 'sqlite', path }) as const;

  test('has all that there is', async () => {
    const cwd = await folder();
    await fill(`sqlite:${cwd}/from.db`);
    await copyStore(at(`${cwd}/from.db`), at(`${cwd}/to.db`));
    expect(await contentOf(`sqlite:${cwd}/to.db`)).toEqual(plainContent(content));
  });

  test('leaves a store that is not empty unchanged', async () => {
    const cwd = await folder();
    await fill(`sqlite:${cwd}/from.db`);
    await inStore(`sqlite:${cwd}/to.db`, (store) => store.userId(named('other')));
    const before = await contentOf(`sqlite:${cwd}/to.db`);
    await expect(copyStore(at(`${cwd}/from.db`), at(`${cwd}/to.db`))).rejects.toThrow(
      new Error(`the store ${cwd}/to.db is not empty; copy into a new one`),
    );
    expect(await contentOf(`sqlite:${cwd}/to.db`)).toEqual(before);
  });

  test('creates nothing where there is nothing to copy', async () => {
    const cwd = await folder();
    const [from, empty, to] = ['from', 'empty', 'to'].map((name) => at(`${cwd}/${name}.db`));
    if (!from || !empty || !to) throw new Error('three places');
    await expect(copyStore(from, to)).rejects.toThrow(new Error(`there is no store ${from.path}`));
    await inStore(`sqlite:${empty.path}`, (store) => store.ping());
    await expect(copyStore(empty, to)).rejects.toThrow(
      new Error(`the store ${empty.path} is empty; there is nothing to copy`),
    );
    for (const { path } of [from, to]) await expect(access(path)).rejects.toThrow('ENOENT');
  });

  test('tells of a file that is no store, and of one that fails', async () => {
    const cwd = await folder();
    const [from, to] = [at(`${cwd}/from.db`), at(`${cwd}/to.db`)];
    await writeFile(from.path, 'This is a text. '.repeat(100));
    await expect(copyStore(from, to)).rejects.toThrow(
      new Error(`cannot use the store ${from.path} (file is not a database); mend it or name another in \`store\``),
    );
    await fill(`sqlite:${cwd}/whole.db`);
    const database = new DatabaseSync(`${cwd}/whole.db`);
    database.exec('DROP TABLE ledger');
    database.close();
    await expect(copyStore(at(`${cwd}/whole.db`), to)).rejects.toThrow(
      new Error(`the store ${cwd}/whole.db failed, and nothing was copied (no such table: ledger)`),
    );
  });
});

describeWithPostgres('store copy and PostgreSQL', (server) => {
  const newUrl = async () => {
    const { url, remove } = await server.newSchema();
    afterwards(remove);
    return url;
  };

  test('copies everything there and back', async () => {
    const [cwd, first, second] = [await folder(), await newUrl(), await newUrl()];
    await fill(`sqlite:${cwd}/from.db`);
    const [intoFirst, intoSecond] = [await configuration(cwd, first), await configuration(cwd, second)];
    const good = { code: 0, stdout: copied, stderr: '' };
    expect(await copy(cwd, 'sqlite:from.db', '--config', intoFirst)).toMatchObject(good);
    expect(await contentOf(first)).toEqual(plainContent(content));
    expect(await inStore(first, (store) => store.userId(named('new')))).toBe(content.lastUserId + 1);
    const more = copied.replace('2345', '2346');
    expect(await copy(cwd, '--from-config', intoFirst, '--config', intoSecond)).toMatchObject({
      ...good,
      stdout: more,
    });
    expect(await copy(cwd, second, 'sqlite:to.db')).toMatchObject({ ...good, stdout: more });
    expect(await contentOf(`sqlite:${cwd}/to.db`)).toEqual(await contentOf(first));
    expect(await inStore(`sqlite:${cwd}/to.db`, (store) => store.userId(named('newer')))).toBe(content.lastUserId + 2);
  });

  test('copies user_ids that were proposed there and back, and counts on from the others', async () => {
    const [cwd, url] = [await folder(), await newUrl()];
    const asked = [{ ...named('a'), proposedUserId: 5 }, { ...named('b'), proposedUserId: 2147483647 }, named('c')];
    expect(await inStore(`sqlite:${cwd}/from.db`, (store) => store.userIds(asked))).toEqual([5, 2147483647, 1]);
    const config = await configuration(cwd, url);
    expect(await copy(cwd, 'sqlite:from.db', '--config', config)).toMatchObject({ code: 0, stderr: '' });
    const more = [...asked, named('d'), { ...named('e'), proposedUserId: 2 }, named('f'), named('g')];
    const ids = [5, 2147483647, 1, 3, 2, 4, 6];
    expect(await inStore(url, (store) => store.userIds(more))).toEqual(ids);
    expect(await copy(cwd, url, 'sqlite:to.db')).toMatchObject({ code: 0, stderr: '' });
    const most = [...more, named('h'), { ...named('i'), proposedUserId: 5 }];
    expect(await inStore(`sqlite:${cwd}/to.db`, (store) => store.userIds(most))).toEqual([...ids, 7, 8]);
  });

  test('leaves a database that is not empty unchanged, and names no secret', async () => {
    const [cwd, url] = [await folder(), await newUrl()];
    await fill(`sqlite:${cwd}/from.db`);
    await inStore(url, (store) => store.userId(named('other')));
    const before = await contentOf(url);
    const ended = await copyProcess(cwd, 'sqlite:from.db', url);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(/^boxbridge: the store \/[^ ]*\/postgres is not empty; copy into a new one\n$/);
    for (const secret of [SECRET, encodeURIComponent(SECRET)]) expect(ended.stderr).not.toContain(secret);
    expect(await contentOf(url)).toEqual(before);
  });

  test('copies nothing where the database does not accept everything', async () => {
    const [cwd, url] = [await folder(), await newUrl()];
    await fill(`sqlite:${cwd}/from.db`);
    await inStore(url, (store) => store.ping());
    await server.query(url, "ALTER TABLE sessions ADD CHECK (digest <> 'session 1')");
    const ended = await copy(cwd, 'sqlite:from.db', url);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(
      /^boxbridge: the store .*\/postgres failed, and nothing was copied \(.*"sessions_.*\)\n$/,
    );
    expect(await contentOf(url)).toMatchObject({ lastUserId: 0, accounts: [], tickets: [], sessions: [] });
  });

  test('leaves nothing in a database where it is killed halfway', async () => {
    await expectNothingLeft(await folder(), await newUrl());
  });

  test('names the store that fails, and leaves the other empty', async () => {
    const [cwd, url] = [await folder(), await newUrl()];
    await fill(url);
    await server.query(url, 'ALTER TABLE sessions RENAME sealed TO hidden; ALTER TABLE sessions RENAME digest TO d');
    const ended = await copy(cwd, url, 'sqlite:to.db');
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(/^boxbridge: the store .*\/postgres failed, and nothing was copied \(.*digest.*\)\n$/);
    expect(await contentOf(`sqlite:${cwd}/to.db`)).toMatchObject({ lastUserId: 0, accounts: [], sessions: [] });
  });
});
