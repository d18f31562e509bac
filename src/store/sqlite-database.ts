import { dirname } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance, type StatementSyncInstance } from '@photostructure/sqlite';
import { Fault } from '../core/fault.js';
import { makeDirectory } from '../shared/directories.js';
import { type Migration, migrationsAfter } from './migration.js';
import { type Row, sealedIn } from './rows.js';
import { BUSY_MS, createPatience, isBusy, type Patience } from './sqlite-patience.js';
import { createReadsOfTurn } from './sqlite-reads.js';
import { sqliteMigrations } from './sqlite-schema.js';

type Column = string | number | Uint8Array | null;

/** After how many milliseconds a transaction that is held is begun again where another process writes. */
const RETRY_MS = 20;

/** Statements on a database. A statement that fails throws an `unavailable` Fault. */
export interface Statements {
  readonly all: (sql: string, ...values: readonly Column[]) => Row[];
  readonly one: (sql: string, ...values: readonly Column[]) => Row | undefined;
  /** Gives whether any row was changed. */
  readonly change: (sql: string, ...values: readonly Column[]) => boolean;
}

/** A database in a file. */
export interface Database extends Statements {
  /** Does a read with those of other calls, at the end of the turn of the event loop. */
  readonly readTogether: <T>(read: () => T) => Promise<T>;
  /** Does work in a transaction: commits and gives its result, or rolls back where it throws. */
  readonly transaction: <T>(work: () => T) => T;
  /**
   * Does work in a transaction that a power failure may undo: the file is not synced for it, which is most of the time of a
   * change. Throws where another process writes for this many milliseconds.
   */
  readonly transactionUnsynced: <T>(waitMs: number, work: () => T) => T;
  /**
   * Does work that takes its time in a transaction, with one snapshot of what it reads. Waits for another process that
   * writes without stopping this one.
   */
  readonly transactionHeld: <T>(access: 'read' | 'write', work: () => Promise<T>) => Promise<T>;
  /** Writes what is there already, unsynced; throws where that cannot be. Waits for no other process that writes. */
  readonly checkWritable: () => void;
  readonly close: () => void;
}

/**
 * Opens a SQLite file, and makes it with its directory where it does not exist. Several processes may open the same file.
 * Throws the error of the file system or of SQLite where the file cannot be used.
 */
export function openDatabase(path: string): Database {
  return databaseOf(openMigrated(path).database);
}

/** Makes the schema in a SQLite file, or takes it to the present version; throws as `openDatabase` does. */
export function migrateDatabase(path: string): Migration {
  const { database, migration } = openMigrated(path);
  database.close();
  return migration;
}

function openMigrated(path: string): { database: DatabaseSyncInstance; migration: Migration } {
  makeDirectory(dirname(path));
  const database = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    useWal(database);
    database.exec('PRAGMA synchronous = FULL');
    return { database, migration: migrate(database) };
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
    const { version } = versionOf(database);
    // The first of the tables has come with version 2.
    const row = version < 2 ? undefined : database.prepare('SELECT sealed FROM master_key').get();
    return sealedIn(row);
  } finally {
    database.close();
  }
}

function databaseOf(database: DatabaseSyncInstance): Database {
  const patience = createPatience(database);
  const statements = statementsOf(database, patience);
  const unsynced = <T>(work: () => T): T => {
    reachable(() => database.exec('PRAGMA synchronous = NORMAL'));
    try {
      return work();
    } finally {
      reachable(() => database.exec('PRAGMA synchronous = FULL'));
    }
  };
  const transaction = <T>(work: () => T): T => {
    reachable(() => database.exec('BEGIN IMMEDIATE'), patience);
    try {
      const result = work();
      reachable(() => database.exec('COMMIT'));
      patience.regain();
      return result;
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  };
  const transactionHeld = async <T>(access: 'read' | 'write', work: () => Promise<T>): Promise<T> => {
    // Loaded on demand: calls have no such work.
    const { ConstantBackoff, handleWhen, retry } = await import('cockatiel');
    const lock = retry(handleWhen(isBusyFault), {
      maxAttempts: BUSY_MS / RETRY_MS,
      backoff: new ConstantBackoff(RETRY_MS),
    });
    await lock.execute(() =>
      patience.waiting(0, () => reachable(() => database.exec(access === 'write' ? 'BEGIN IMMEDIATE' : 'BEGIN'))),
    );
    try {
      const result = await work();
      reachable(() => database.exec('COMMIT'));
      return result;
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  };
  const transactionUnsynced = <T>(waitMs: number, work: () => T): T =>
    patience.waiting(waitMs, () => unsynced(() => transaction(work)));
  return {
    ...statements,
    readTogether: createReadsOfTurn(database),
    checkWritable: () => {
      try {
        // Read in the same transaction: a newer version may have changed it.
        transactionUnsynced(0, () => {
          const version = Number(statements.one('PRAGMA user_version')?.user_version);
          reachable(() => database.exec(`PRAGMA user_version = ${version}`));
        });
      } catch (error) {
        // Another process writes, so it can be written.
        if (!isBusyFault(error)) throw error;
      }
    },
    transaction,
    transactionHeld,
    transactionUnsynced,
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}

function statementsOf(database: DatabaseSyncInstance, patience: Patience): Statements {
  const prepared = new Map<string, StatementSyncInstance>();
  const statement = (sql: string) => {
    const known = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, known);
    return known;
  };
  return {
    all: (sql, ...values) => reachable(() => statement(sql).all(...values), patience),
    one: (sql, ...values) => reachable(() => statement(sql).get(...values), patience),
    change: (sql, ...values) => {
      const isChanged = reachable(() => statement(sql).run(...values).changes > 0, patience);
      patience.regain();
      return isChanged;
    },
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

/** The version of its tables, and the migrations that they lack. Throws a NewerStore where it is newer than this program. */
function versionOf(database: DatabaseSyncInstance): { version: number; lacking: readonly string[] } {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  return { version, lacking: migrationsAfter(version, sqliteMigrations) };
}

function migrate(database: DatabaseSyncInstance): Migration {
  database.exec('BEGIN IMMEDIATE');
  const { version: from, lacking } = versionOf(database);
  for (const migration of lacking) database.exec(migration);
  const to = sqliteMigrations.length;
  // Written even if unchanged: a read-only database is detected at the start.
  database.exec(`PRAGMA user_version = ${to}`);
  database.exec('COMMIT');
  return { from, to };
}

/** Whether a statement failed because another process writes. */
const isBusyFault = (error: unknown) => error instanceof Fault && isBusy(error.cause);

/** Turns any error into an `unavailable` Fault. */
function reachable<T>(work: () => T, patience?: Patience): T {
  try {
    return work();
  } catch (cause) {
    patience?.lose(cause);
    throw new Fault('unavailable', { cause });
  }
}
