import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance, type StatementSyncInstance } from '@photostructure/sqlite';
import { Fault } from '../core/fault.js';
import type { Row } from './rows.js';

type Column = string | number | Uint8Array | null;

/** A database in a file. Where it cannot be asked, that is an `unavailable` Fault. */
export interface Database {
  readonly all: (sql: string, ...values: readonly Column[]) => Row[];
  readonly one: (sql: string, ...values: readonly Column[]) => Row | undefined;
  /** Whether there was anything to change. */
  readonly change: (sql: string, ...values: readonly Column[]) => boolean;
  /** All that the work changes; or nothing, where it gives false or throws. */
  readonly together: <T>(work: () => T) => T;
  readonly close: () => void;
}

/** Each entry takes the database one version further; none is ever changed once released. */
const migrations = [
  `CREATE TABLE accounts (
     user_id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (user_id BETWEEN 1 AND 2147483647),
     provider TEXT NOT NULL,
     base_url TEXT NOT NULL,
     native_id TEXT NOT NULL,
     UNIQUE (provider, base_url, native_id)
   ) STRICT`,
  `CREATE TABLE master_key (
     one INTEGER PRIMARY KEY CHECK (one = 1),
     sealed BLOB NOT NULL
   ) STRICT;
   CREATE TABLE tickets (
     digest TEXT PRIMARY KEY,
     application TEXT NOT NULL,
     expires_at INTEGER NOT NULL,
     sealed BLOB NOT NULL
   ) STRICT;
   CREATE INDEX tickets_by_end ON tickets (expires_at);
   CREATE TABLE sessions (
     digest TEXT PRIMARY KEY,
     application TEXT NOT NULL,
     user_id INTEGER NOT NULL REFERENCES accounts (user_id),
     created_at INTEGER NOT NULL,
     last_used INTEGER,
     sealed BLOB NOT NULL
   ) STRICT`,
];

/**
 * Opens a file of SQLite, made with its folder where it does not exist yet. Several processes may open the same file.
 * Throws the error of the file system or of SQLite where the file cannot be used.
 */
export function openDatabase(path: string): Database {
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path, { timeout: 5000 });
  try {
    useWal(database);
    database.exec('PRAGMA synchronous = FULL');
    migrate(database);
    return statementsOf(database);
  } catch (error) {
    // Closing ends a transaction only when the statements of the database are collected.
    if (database.isTransaction) database.exec('ROLLBACK');
    database.close();
    throw error;
  }
}

function statementsOf(database: DatabaseSyncInstance): Database {
  const prepared = new Map<string, StatementSyncInstance>();
  const statement = (sql: string) => {
    const known = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, known);
    return known;
  };
  const all = (sql: string, ...values: readonly Column[]): Row[] => reachable(() => statement(sql).all(...values));
  const change = (sql: string, ...values: readonly Column[]): boolean =>
    reachable(() => statement(sql).run(...values).changes > 0);
  return {
    all,
    one: (sql: string, ...values: readonly Column[]): Row | undefined => all(sql, ...values)[0],
    change,
    together: <T>(work: () => T): T => {
      reachable(() => database.exec('BEGIN IMMEDIATE'));
      try {
        const done = work();
        reachable(() => database.exec(done === false ? 'ROLLBACK' : 'COMMIT'));
        return done;
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => {
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
  // Written even where it stays the same: a database that cannot be written is told at the start.
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
