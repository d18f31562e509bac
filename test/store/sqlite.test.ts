import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { openSqlite } from '../../src/store/sqlite.js';
import { openDatabase } from '../../src/store/sqlite-database.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { type Child, startNode } from '../support/servers/process.js';
import { ledgerRow } from '../support/suites/store-ledger-suite.js';
import { account, named, storeSuite } from '../support/suites/store-suite.js';

storeSuite('SQLite', async () => {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'data', 'bridge.db');
  return {
    open: async () => openSqlite(file),
    skipTo: async (userId) => byHand(file, `UPDATE sqlite_sequence SET seq = ${userId} WHERE name = 'accounts'`),
    remove: folder.remove,
  };
});

describe('a SQLite file', () => {
  test('is created with its directories, in WAL mode', async () => {
    const file = join(await folder(), 'some', 'where', 'bridge.db');
    await openSqlite(file).close();
    // https://www.sqlite.org/fileformat.html#file_format_version_numbers
    expect([...(await readFile(file)).subarray(18, 20)]).toEqual([2, 2]);
  });

  test('reuses no id even where an account was deleted by hand', async () => {
    const file = join(await folder(), 'bridge.db');
    const store = openSqlite(file);
    afterwards(store.close);
    const id = await store.userId(account);
    byHand(file, 'DELETE FROM accounts');
    expect(await store.userId(account)).toBe(id + 1);
  });

  test('loses expired tickets a hundred at a time, the oldest first, until there are none', async () => {
    const file = join(await folder(), 'bridge.db');
    const store = openSqlite(file);
    afterwards(store.close);
    const add = (digest: string, expiresAt: number, now: number) =>
      store.addTicket({ digest, application: 'a', expiresAt, sealed: Buffer.of(1) }, now);
    for (let n = 0; n < 250; n += 1) await add(`old ${n}`, 1000 - n, 0);
    const left: number[] = [];
    for (const digest of ['one', 'two', 'three']) {
      await add(digest, 5000, 2000);
      const found = await Promise.all(Array.from({ length: 250 }, (_, n) => store.ticket(`old ${n}`)));
      left.push(found.findLastIndex((ticket) => ticket !== undefined) + 1);
    }
    expect(left).toEqual([150, 50, 0]);
    expect(await store.ticket('one')).toBeDefined();
  });

  test('gives calls their turn before each page of sessions', async () => {
    const store = openSqlite(join(await folder(), 'bridge.db'));
    afterwards(store.close);
    const order: string[] = [];
    for (const page of ['first page', 'second page']) {
      setImmediate(() => order.push('a turn'));
      await store.sessions();
      order.push(page);
    }
    expect(order).toEqual(['a turn', 'first page', 'a turn', 'second page']);
  });

  test('keeps every id assigned before kill -9', async () => {
    const file = join(await folder(), 'bridge.db');
    const assigned = new Map<string, number>();
    for (const round of ['a', 'b', 'c']) {
      const child = await storeProcess(file, round);
      child.write('go\n');
      await child.lines(1 + 50);
      child.kill('SIGKILL');
      expect((await child.end).signal).toBe('SIGKILL');
      for (const [nativeId, userId] of printed(child)) assigned.set(nativeId, userId);
      const store = openSqlite(file);
      for (const [nativeId, userId] of assigned) {
        expect([nativeId, await store.userId(named(nativeId))]).toEqual([nativeId, userId]);
      }
      await store.close();
    }
    expect(assigned.size).toBeGreaterThanOrEqual(150);
    expect(new Set(assigned.values()).size).toBe(assigned.size);
  });

  test('is created by two processes at once, which agree on every id', async () => {
    const parent = await folder();
    for (const round of ['1', '2', '3', '4', '5']) {
      const file = join(parent, round, 'bridge.db');
      const children = await Promise.all([storeProcess(file, 'n', 50), storeProcess(file, 'n', 50)]);
      for (const child of children) child.write('go\n');
      const ends = await Promise.all(children.map(({ end }) => end));
      expect(ends.map(({ code, stderr }) => [code, stderr])).toEqual([
        [0, ''],
        [0, ''],
      ]);
      const [one, other] = children.map(printed);
      expect(other).toEqual(one);
      expect(new Set(one?.map(([, userId]) => userId)).size).toBe(50);
    }
  });

  test('of version 2 gets the index of pages, the ledger and the lease', async () => {
    const file = join(await folder(), 'bridge.db');
    const store = openSqlite(file);
    const id = await store.userId(account);
    await store.close();
    byHand(
      file,
      'DROP INDEX sessions_by_creation; DROP TABLE ledger; ALTER TABLE sessions DROP COLUMN leased_until; PRAGMA user_version = 2',
    );
    const database = openDatabase(file);
    afterwards(async () => database.close());
    expect(database.one('SELECT user_id FROM accounts')).toEqual({ user_id: id });
    expect(database.one("SELECT name FROM sqlite_schema WHERE name = 'sessions_by_creation'")).toBeDefined();
    expect(database.all('SELECT * FROM ledger')).toEqual([]);
  });

  test('that another process writes does not hold up a call for the ledger', async () => {
    const file = join(await folder(), 'bridge.db');
    const store = openSqlite(file);
    afterwards(store.close);
    const other = new DatabaseSync(file);
    afterwards(async () => other.close());
    other.exec('BEGIN IMMEDIATE');
    const begin = performance.now();
    await expect(store.addToLedger([ledgerRow({})])).rejects.toMatchObject({ reason: 'unavailable' });
    expect(performance.now() - begin).toBeLessThan(1000);
    other.exec('COMMIT');
    await store.addToLedger([ledgerRow({})]);
    expect(await store.ledger(0)).toHaveLength(1);
    // What else is written waits as before.
    expect(await store.userId(account)).toBe(1);
  });

  test('that another process hangs while it writes holds up the calls once, not each', async () => {
    const file = join(await folder(), 'bridge.db');
    const database = openDatabase(file);
    afterwards(async () => database.close());
    const other = new DatabaseSync(file);
    afterwards(async () => other.close());
    const patience = () => Number(database.one('PRAGMA busy_timeout')?.timeout);
    const write = () => database.change('DELETE FROM tickets');
    other.exec('BEGIN IMMEDIATE');
    expect(() => database.transactionUnsynced(20, write)).toThrow('unavailable');
    expect(patience()).toBe(5000);
    const insert = "INSERT INTO tickets VALUES ('t', 'a', 1, x'00') RETURNING digest";
    expect(() => database.one(insert)).toThrow('unavailable');
    expect(patience()).toBe(100);
    for (const work of [write, () => database.transaction(write)]) expect(work).toThrow('unavailable');
    expect(database.all('SELECT * FROM tickets')).toEqual([]);
    expect(patience()).toBe(100);
    expect(() => database.transactionUnsynced(20, write)).toThrow('unavailable');
    expect(patience()).toBe(100);
    other.exec('COMMIT');
    write();
    expect(patience()).toBe(5000);
  }, 20_000);

  test('that another process writes to can be written, and nobody waits for it', async () => {
    const file = join(await folder(), 'bridge.db');
    const database = openDatabase(file);
    afterwards(async () => database.close());
    const other = new DatabaseSync(file);
    afterwards(async () => other.close());
    other.exec('BEGIN IMMEDIATE');
    const begin = performance.now();
    database.checkWritable();
    expect(performance.now() - begin).toBeLessThan(1000);
    other.exec('ROLLBACK');
    database.checkWritable();
    expect(database.change('INSERT INTO master_key VALUES (1, ?)', Uint8Array.of(1))).toBe(true);
  });

  test('that a newer version wrote keeps its version where it is checked', async () => {
    const file = join(await folder(), 'bridge.db');
    const database = openDatabase(file);
    afterwards(async () => database.close());
    byHand(file, 'PRAGMA user_version = 1000');
    database.checkWritable();
    expect(database.one('PRAGMA user_version')).toEqual({ user_version: 1000 });
  });

  test('that can only be read, or is closed, cannot be written', async () => {
    const database = openDatabase(join(await folder(), 'bridge.db'));
    const unavailable = expect.objectContaining({ reason: 'unavailable' });
    database.one('PRAGMA query_only = ON');
    expect(() => database.checkWritable()).toThrow(unavailable);
    database.one('PRAGMA query_only = OFF');
    database.checkWritable();
    database.close();
    database.close();
    expect(() => database.checkWritable()).toThrow(unavailable);
  });

  test('is not synced for the ledger, and is for all else', async () => {
    const database = openDatabase(join(await folder(), 'bridge.db'));
    afterwards(async () => database.close());
    const pragmas = () =>
      ['synchronous', 'busy_timeout'].map((name) => Object.values(database.one(`PRAGMA ${name}`) ?? {}));
    const before = pragmas();
    expect(database.transactionUnsynced(20, pragmas)).toEqual([[1], [20]]);
    expect(() =>
      database.transactionUnsynced(20, () => {
        throw new Error('enough');
      }),
    ).toThrow('enough');
    expect(pragmas()).toEqual(before);
    expect(before).toEqual([[2], [5000]]);
  });

  const unusable: readonly [why: string, prepare: (file: string) => unknown, message: RegExp][] = [
    ['its folder is a file', (file) => writeFile(dirname(file), 'a file'), /^E[A-Z]+: .*mkdir/],
    ['it is a folder', (file) => mkdir(file, { recursive: true }), /unable to open database file$/],
    ['it is no database', (file) => madeWith(file, 'This is a text. '.repeat(100)), /^file is not a database$/],
    [
      'a newer version made it',
      newer,
      /^made by a newer version of boxbridge: its tables have version 1000, and this one knows 5$/,
    ],
  ];

  test.each(unusable)('cannot be opened where %s', async (_why, prepare, message) => {
    const file = join(await folder(), 'data', 'bridge.db');
    await prepare(file);
    expect(() => openSqlite(file)).toThrow(message);
  });

  test.each([true, false, undefined])('commits a transaction where its work gives %s', async (result) => {
    const database = openDatabase(join(await folder(), 'bridge.db'));
    afterwards(async () => database.close());
    const returned = database.transaction(() => {
      database.change('INSERT INTO master_key VALUES (1, ?)', Uint8Array.of(7));
      return result;
    });
    expect(returned).toBe(result);
    expect(database.all('SELECT one FROM master_key')).toEqual([{ one: 1 }]);
  });

  test('rolls a transaction back where its work throws', async () => {
    const database = openDatabase(join(await folder(), 'bridge.db'));
    afterwards(async () => database.close());
    const work = () =>
      database.transaction(() => {
        database.change('INSERT INTO master_key VALUES (1, ?)', Uint8Array.of(7));
        throw new Error('enough');
      });
    expect(work).toThrow('enough');
    expect(database.all('SELECT one FROM master_key')).toEqual([]);
  });

  test('is not locked by an opening that fails', async () => {
    const file = join(await folder(), 'data', 'bridge.db');
    await newer(file);
    expect(() => openSqlite(file)).toThrow();
    expect(() => byHand(file, 'DELETE FROM accounts')).not.toThrow();
  });
});

async function folder(): Promise<string> {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  return path;
}

function byHand(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

async function madeWith(file: string, text: string): Promise<void> {
  await mkdir(dirname(file));
  await writeFile(file, text);
}

async function newer(file: string): Promise<void> {
  await openSqlite(file).close();
  byHand(file, 'PRAGMA user_version = 1000');
}

/** A process that opens the store once a line is written to it. */
async function storeProcess(file: string, prefix: string, ...count: number[]): Promise<Child> {
  const script = fileURLToPath(new URL('../support/servers/store-child.js', import.meta.url));
  const child = startNode('.', script, file, prefix, ...count.map(String));
  await child.line(/^ready$/);
  return child;
}

/** The ids that a process printed, without an incomplete last line. */
function printed(child: Child): [nativeId: string, userId: number][] {
  return child
    .stdout()
    .split('\n')
    .slice(1, -1)
    .map((line) => JSON.parse(line));
}
