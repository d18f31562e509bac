import { dirname } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance, type StatementSyncInstance } from '@photostructure/sqlite';
import { Fault } from '../core/fault.js';
import { makeDirectory } from '../shared/directories.js';
import { type Row, sealedIn } from './rows.js';
import { migrations } from './sqlite-migrations.js';

type Column = string | number | Uint8Array | null;

/** Statements on a database. A statement that fails throws an `unavailable` Fault. */
export interface Statements {
  readonly all: (sql: string, ...values: readonly Column[]) => Row[];
  readonly one: (sql: string, ...values: readonly Column[]) => Row | undefined;
  /** Gives whether any row was changed. */
  readonly change: (sql: string, ...values: readonly Column[]) => boolean;
}

/** A database in a file. */
export interface Database extends Statements {
  /** Does work in a transaction: commits and gives its result, or rolls back where it throws. */
  readonly transaction: <T>(work: () => T) => T;
  /**
   * Does work in a transaction that a power failure may undo: the file is not synced for it, which is most of the time of a
   * change. Throws where another process writes for this many milliseconds.
   */
  readonly transactionUnsynced: <T>(waitMs: number, work: () => T) => T;
  /** Writes what is there already, unsynced; throws where that cannot be. Waits for no other process that writes. */
  readonly checkWritable: () => void;
  readonly close: () => void;
}

/** How long a statement waits for another process that writes, in milliseconds. */
const BUSY_MS = 5000;

/**
 * Opens a SQLite file, and makes it with its directory where it does not exist. Several processes may open the same file.
 * Throws the error of the file system or of SQLite where the file cannot be used.
 */
export function openDatabase(path: string): Database {
  makeDirectory(dirname(path));
  const database = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    useWal(database);
    database.exec('PRAGMA synchronous = FULL');
    migrate(database);
    return databaseOf(database);
  } catch (error) {
    // Closing alone ends the transaction only when the database's statements are garbage-collected.
    if (database.isTransaction) database.exec('ROLLBACK');
    database.close();
    throw error;
  }
}

/**
 * Reads the sealed master key in a file that `openDatabase` has made, and writes nothing. Throws the error of SQLite where it is
 * no such file.
 */
export function readDatabase(file: string | URL): Uint8Array | undefined {
  const database = new DatabaseSync(file, { timeout: BUSY_MS, readOnly: true });
  try {
    const version = versionOf(database);
    // The first of the tables has come with version 2.
    const row = version < 2 ? undefined : database.prepare('SELECT sealed FROM master_key').get();
    return sealedIn(row);
  } finally {
    database.close();
  }
}

function databaseOf(database: DatabaseSyncInstance): Database {
  const statements = statementsOf(database);
  const unsynced = <T>(work: () => T): T => {
    reachable(() => database.exec('PRAGMA synchronous = NORMAL'));
    try {
      return work();
    } finally {
      reachable(() => database.exec('PRAGMA synchronous = FULL'));
    }
  };
  /** Does work whose statements wait for another process that writes for this many milliseconds. */
  const waiting = <T>(waitMs: number, work: () => T): T => {
    reachable(() => database.exec(`PRAGMA busy_timeout = ${waitMs}`));
    try {
      return work();
    } finally {
      reachable(() => database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`));
    }
  };
  const transaction = <T>(work: () => T): T => {
    reachable(() => database.exec('BEGIN IMMEDIATE'));
    try {
      const result = work();
      reachable(() => database.exec('COMMIT'));
      return result;
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  };
  const transactionUnsynced = <T>(waitMs: number, work: () => T): T =>
    waiting(waitMs, () => unsynced(() => transaction(work)));
  return {
    ...statements,
    checkWritable: () => {
      try {
        // Read in the same transaction: a newer version may have changed it.
        transactionUnsynced(0, () => {
          const version = Number(statements.one('PRAGMA user_version')?.user_version);
          reachable(() => database.exec(`PRAGMA user_version = ${version}`));
        });
      } catch (error) {
        // Another process writes, so it can be written.
        if (!isBusy(error)) throw error;
      }
    },
    transaction,
    transactionUnsynced,
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}

function statementsOf(database: DatabaseSyncInstance): Statements {
  const prepared = new Map<string, StatementSyncInstance>();
  const statement = (sql: string) => {
    const known = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, known);
    return known;
  };
  const all = (sql: string, ...values: readonly Column[]): Row[] => reachable(() => statement(sql).all(...values));
  return {
    all,
    one: (sql, ...values) => all(sql, ...values)[0],
    change: (sql, ...values) => reachable(() => statement(sql).run(...values).changes > 0),
  };
}

/** SQLite rejects this at once while another process does it; an empty transaction waits until that one is done. */
function useWal(database: DatabaseSyncInstance, attempts = 20): void {
  try {
    database.exec('PRAGMA journal_mode = WAL');
  } catch (error) {
    if (attempts === 1) throw error;
    database.exec('BEGIN EXCLUSIVE; COMMIT');
    useWal(database, attempts - 1);
  }
}

/** The version of its schema. Throws an Error where that is newer than this program. */
function versionOf(database: DatabaseSyncInstance): number {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (version > migrations.length) throw new Error(`made by a newer version of boxbridge (${version})`);
  return version;
}

function migrate(database: DatabaseSyncInstance): void {
  database.exec('BEGIN IMMEDIATE');
  const version = versionOf(database);
  for (const migration of migrations.slice(version)) database.exec(migration);
  // Written even if unchanged: a read-only database is detected at the start.
  database.exec(`PRAGMA user_version = ${migrations.length}`);
  database.exec('COMMIT');
}

/** Whether a statement failed with https://www.sqlite.org/rescode.html#busy, in any of its extended forms. */
function isBusy(error: unknown): boolean {
  const cause = error instanceof Fault ? error.cause : undefined;
  return typeof cause === 'object' && cause !== null && 'errcode' in cause && (Number(cause.errcode) & 0xff) === 5;
}

/** Turns any error into an `unavailable` Fault. */
function reachable<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new Fault('unavailable', { cause });
  }
}
