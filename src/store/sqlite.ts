import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { Fault } from '../fault.js';
import { columnsOf, type Store } from './store.js';

/** Each entry takes the database one version further; none is ever changed once released. */
const migrations = [
  `CREATE TABLE accounts (
     user_id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (user_id BETWEEN 1 AND 2147483647),
     provider TEXT NOT NULL,
     base_url TEXT NOT NULL,
     native_id TEXT NOT NULL,
     UNIQUE (provider, base_url, native_id)
   ) STRICT`,
];

/**
 * The store in a file of SQLite, made with its folder where it does not exist yet. Several processes may open the same
 * file. Throws the error of the file system or of SQLite where the file cannot be used.
 */
export function openSqlite(path: string): Store {
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path, { timeout: 5000 });
  try {
    return storeIn(database);
  } catch (error) {
    // Closing ends a transaction only when the statements of the database are collected.
    if (database.isTransaction) database.exec('ROLLBACK');
    database.close();
    throw error;
  }
}

function storeIn(database: DatabaseSyncInstance): Store {
  useWal(database);
  database.exec('PRAGMA synchronous = FULL');
  migrate(database);

  const find = database.prepare('SELECT user_id FROM accounts WHERE provider = ? AND base_url = ? AND native_id = ?');
  const insert = database.prepare(
    'INSERT INTO accounts (provider, base_url, native_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  );

  return {
    userId: async (account) =>
      reachable(() => {
        const key = columnsOf(account);
        const known = find.get(...key);
        if (!known) insert.run(...key);
        return Number((known ?? find.get(...key))?.user_id);
      }),
    close: async () => {
      if (database.isOpen) database.close();
    },
  };
}

/** SQLite refuses this at once where another process is just doing it; a transaction waits until that one is done. */
function useWal(database: DatabaseSyncInstance, tries = 20): void {
  try {
    database.exec('PRAGMA journal_mode = WAL');
  } catch (error) {
    if (tries === 1) throw error;
    database.exec('BEGIN EXCLUSIVE; COMMIT');
    useWal(database, tries - 1);
  }
}

function migrate(database: DatabaseSyncInstance): void {
  database.exec('BEGIN IMMEDIATE');
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (version > migrations.length) throw new Error(`made by a newer version of boxbridge (${version})`);
  for (const migration of migrations.slice(version)) database.exec(migration);
  database.exec(`PRAGMA user_version = ${migrations.length}`);
  database.exec('COMMIT');
}

function reachable<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new Fault('unavailable', { cause });
  }
}
