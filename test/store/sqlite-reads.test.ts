import { join } from 'node:path';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { openDatabase } from '../../src/store/sqlite-database.js';
import { createReadsOfTurn } from '../../src/store/sqlite-reads.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';

/** A database, and what tells a read whether it is in a transaction. */
function opened() {
  const database = new DatabaseSync(':memory:');
  afterwards(async () => {
    if (database.isOpen) database.close();
  });
  const readTogether = createReadsOfTurn(database);
  return { database, readTogether, inTransaction: () => readTogether(() => database.isTransaction) };
}

test('a read alone has no transaction, and those of one turn share one', async () => {
  const { database, inTransaction } = opened();
  expect(await inTransaction()).toBe(false);
  expect(await Promise.all([inTransaction(), inTransaction(), inTransaction()])).toEqual([true, true, true]);
  expect(database.isTransaction).toBe(false);
  expect(await inTransaction()).toBe(false);
});

test('reads are done at the end of the turn, in their order', async () => {
  const { readTogether } = opened();
  const done: number[] = [];
  const all = [1, 2, 3].map((n) => readTogether(() => done.push(n)));
  await Promise.resolve();
  expect(done).toEqual([]);
  await endOfTurn();
  expect(done).toEqual([1, 2, 3]);
  await Promise.all(all);
});

test('a read that fails rejects alone', async () => {
  const { readTogether, database } = opened();
  const failing = readTogether(() => {
    throw new Error('no such row');
  });
  const good = readTogether(() => 'a row');
  await expect(failing).rejects.toThrow('no such row');
  expect(await good).toBe('a row');
  expect(database.isTransaction).toBe(false);
});

test('a read whose error ends the transaction leaves the others their results', async () => {
  const { readTogether, database } = opened();
  const ended = readTogether(() => database.exec('ROLLBACK'));
  expect(await readTogether(() => 'a row')).toBe('a row');
  await ended;
});

test('a transaction that is open is used and left open', async () => {
  const { database, inTransaction } = opened();
  database.exec('BEGIN');
  expect(await Promise.all([inTransaction(), inTransaction()])).toEqual([true, true]);
  expect(database.isTransaction).toBe(true);
});

test('reads of a database that closes before the end of the turn are rejected', async () => {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  const { readTogether, one, close } = openDatabase(join(path, 'bridge.db'));
  const reads = [1, 2].map(() => readTogether(() => one('SELECT 1')));
  close();
  const outcomes = await Promise.allSettled(reads);
  expect(outcomes).toEqual(outcomes.map(() => ({ status: 'rejected', reason: expect.any(Error) })));
  expect(outcomes).toHaveLength(2);
});

test('what another process writes before the end of the turn is seen', async () => {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  const [mine, other] = [openDatabase(join(path, 'bridge.db')), openDatabase(join(path, 'bridge.db'))];
  afterwards(async () => mine.close());
  afterwards(async () => other.close());
  mine.change('CREATE TABLE t (n INTEGER NOT NULL)');
  const count = () => mine.readTogether(() => mine.one('SELECT count(*) AS n FROM t')?.n);
  for (const turn of [1, 2, 3]) {
    const counts = [count(), count()];
    other.change('INSERT INTO t VALUES (1)');
    expect(await Promise.all(counts)).toEqual([turn, turn]);
  }
});
