import { randomUUID } from 'node:crypto';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { storeIn } from '../../src/config/schema.js';
import { openStore } from '../../src/store/open.js';
import type { Store, StoreContent } from '../../src/store/store.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { describeWithPostgres, SECRET } from '../support/servers/postgres.js';
import { type Ended, startNode } from '../support/servers/process.js';
import { contentWith, plainContent } from '../support/suites/store-content-suite.js';
import { named } from '../support/suites/store-suite.js';

const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));
// More than a batch.
const content = contentWith(Array.from({ length: 2345 }, (_, n) => named(`n${n}`)));
const copied = 'copied 2345 account(s), 2 ticket(s) and 2 auth_token(s), sealed under the same key\n';

function copy(cwd: string, ...args: string[]): Promise<Ended> {
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

const fill = (name: string, what: StoreContent = content) => inStore(name, (store) => store.load(what));
const contentOf = (name: string) => inStore(name, async (store) => plainContent(await store.dump()));

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
    expect(await copy(cwd, 'sqlite:from.db', 'sqlite:to.db')).toMatchObject({ code: 0, stdout: copied, stderr: '' });
    for (const name of ['from', 'to'])
      expect(await contentOf(`sqlite:${cwd}/${name}.db`)).toEqual(plainContent(content));
    expect(await inStore(`sqlite:${cwd}/to.db`, (store) => store.userId(named('new')))).toBe(content.lastUserId + 1);
  });

  test('reports that there was no key', async () => {
    const cwd = await folder();
    await fill(`sqlite:${cwd}/from.db`, { ...content, masterKey: undefined, tickets: [], sessions: [] });
    const stdout = 'copied 2345 account(s), 0 ticket(s) and 0 auth_token(s)\n';
    expect(await copy(cwd, 'sqlite:from.db', 'sqlite:to.db')).toMatchObject({ code: 0, stdout });
  });

  test('leaves a store that is not empty unchanged', async () => {
    const cwd = await folder();
    await fill(`sqlite:${cwd}/from.db`);
    await inStore(`sqlite:${cwd}/to.db`, (store) => store.userId(named('other')));
    const before = await contentOf(`sqlite:${cwd}/to.db`);
    const stderr = `boxbridge: the store ${cwd}/to.db is not empty; copy into a new one\n`;
    expect(await copy(cwd, 'sqlite:from.db', 'sqlite:to.db')).toMatchObject({ code: 1, stdout: '', stderr });
    expect(await contentOf(`sqlite:${cwd}/to.db`)).toEqual(before);
  });

  test('creates nothing where there is nothing to copy', async () => {
    const cwd = await folder();
    const missing = await copy(cwd, 'sqlite:from.db', 'sqlite:to.db');
    expect(missing).toMatchObject({ code: 1, stderr: `boxbridge: there is no store ${cwd}/from.db\n` });
    await inStore(`sqlite:${cwd}/empty.db`, (store) => store.ping());
    const empty = await copy(cwd, 'sqlite:empty.db', 'sqlite:to.db');
    const stderr = `boxbridge: the store ${cwd}/empty.db is empty; there is nothing to copy\n`;
    expect(empty).toMatchObject({ code: 1, stderr });
    for (const name of ['from.db', 'to.db']) await expect(access(join(cwd, name))).rejects.toThrow('ENOENT');
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
    const ended = await copy(cwd, 'sqlite:from.db', url);
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
});
