import { Client, type ClientBase, DatabaseError, Pool, type PoolConfig, type QueryResult } from 'pg';
import { Fault } from '../core/fault.js';
import { type Migration, migrationsAfter, NewerStore } from './migration.js';
import { postgresMigrations } from './postgres-schema.js';
import { checkUrl, messageWithoutUser } from './postgres-url.js';
import type { Row } from './rows.js';

type Value = string | number | Uint8Array | null;
type Column = Value | readonly Value[];

/** Statements on a database. A statement that fails throws an `unavailable` Fault. */
export interface Statements {
  readonly all: (sql: string, ...values: readonly Column[]) => Promise<Row[]>;
  readonly one: (sql: string, ...values: readonly Column[]) => Promise<Row | undefined>;
  /** Gives whether any row was changed. */
  readonly change: (sql: string, ...values: readonly Column[]) => Promise<boolean>;
}

/** A database of PostgreSQL that many nodes share. */
export interface Database extends Statements {
  /** Does work in a transaction: commits and gives its result, or rolls back where it throws. `mode` is that of BEGIN. */
  readonly transaction: <T>(work: (statements: Statements) => Promise<T>, mode?: string) => Promise<T>;
  /** The connections themselves, for a library with statements of its own. */
  readonly pool: Pool;
  readonly close: () => Promise<void>;
}

/** Timeouts in milliseconds. They MUST be shorter than an old client's patience, so that it is told of an outage. */
const limits = {
  connectionTimeoutMillis: 3000,
  statement_timeout: 5000,
  // The server enforces statement_timeout; this is for a server that is gone.
  query_timeout: 6000,
  idle_in_transaction_session_timeout: 10_000,
} as const;

/** The key of the advisory lock: arbitrary, but no other program may use it in this database. */
const MIGRATION_LOCK = 7_126_410_093;
const MIGRATION_MS = 10 * 60_000;

/** Whether a database is written to, and its schema made first, or is left as it is. */
export type Access = 'write' | 'read';

/**
 * Opens a database by its URL, in the first schema of the connection's search_path. Throws an Error where it cannot be
 * used; the message names no user.
 */
export async function openDatabase(url: string, access: Access = 'write'): Promise<Database> {
  if (access === 'write') await migrateDatabase(url);
  const options = optionsFor(url);
  const pool = new Pool({ ...options, ...(access === 'read' && { onConnect: onlyRead }) });
  // A lost connection fails its statement, and the next statement gets another one.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  let closed: Promise<void> | undefined;
  return {
    ...statementsOf((sql, values) => pool.query<Row>(sql, [...values])),
    transaction: (work, mode = '') => transaction(pool, work, mode),
    pool,
    close: () => {
      closed ??= pool.end();
      return closed;
    },
  };
}

/**
 * Whether a statement failed because the database cannot be reached, or has no room or time for anybody:
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Fault) || error.reason !== 'unavailable') return false;
  const { cause } = error;
  return !(cause instanceof DatabaseError) || /^(08|53|57P)/.test(cause.code ?? '');
}

/** Whether a statement failed because its rows violate a constraint. */
export function violates(error: unknown, constraint: string): boolean {
  return error instanceof Fault && error.cause instanceof DatabaseError && error.cause.constraint === constraint;
}

function statementsOf(query: (sql: string, values: readonly Column[]) => Promise<QueryResult<Row>>): Statements {
  const all = async (sql: string, ...values: readonly Column[]) => (await reachable(() => query(sql, values))).rows;
  return {
    all,
    one: async (sql, ...values) => (await all(sql, ...values))[0],
    change: async (sql, ...values) => Number((await reachable(() => query(sql, values))).rowCount) > 0,
  };
}

async function transaction<T>(pool: Pool, work: (statements: Statements) => Promise<T>, mode: string): Promise<T> {
  const client = await reachable(() => pool.connect());
  try {
    await reachable(() => client.query(`BEGIN ${mode}`));
    const result = await work(statementsOf((sql, values) => client.query<Row>(sql, [...values])));
    await reachable(() => client.query('COMMIT'));
    client.release();
    return result;
  } catch (error) {
    // Closing the connection rolls the transaction back, whatever state either is in.
    client.release(true);
    throw error;
  }
}

/** Before any other statement of a connection. */
async function onlyRead(client: ClientBase): Promise<void> {
  await client.query('SET default_transaction_read_only = on');
}

function optionsFor(url: string): PoolConfig {
  checkUrl(url);
  return { ...limits, connectionString: url, application_name: 'boxbridge', keepAlive: true };
}

/**
 * Makes the schema of a database, or takes it to the present version. Serialized by an advisory lock: nodes may start at
 * the same moment. Throws an Error where the database cannot be used; the message names no user.
 */
export async function migrateDatabase(url: string): Promise<Migration> {
  const patience = { statement_timeout: MIGRATION_MS, query_timeout: MIGRATION_MS };
  const client = new Client({ ...optionsFor(url), ...patience });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const { rows } = await client.query<Row>(
      "SELECT to_regclass('boxbridge_version')::text AS versions, current_setting('server_encoding') AS encoding",
    );
    const { versions, encoding } = rows[0] ?? {};
    if (encoding !== 'UTF8') throw new Error(`its encoding is ${encoding}; make a database with ENCODING 'UTF8'`);
    if (!versions) {
      await client.query('CREATE TABLE boxbridge_version (version integer NOT NULL)');
      await client.query('INSERT INTO boxbridge_version VALUES (0)');
    }
    const found = await client.query<Row>('SELECT version FROM boxbridge_version');
    const from = Number(found.rows[0]?.version);
    for (const migration of migrationsAfter(from, postgresMigrations)) await client.query(migration);
    const to = postgresMigrations.length;
    // Written even if unchanged: a read-only database is detected at the start.
    await client.query('UPDATE boxbridge_version SET version = $1', [to]);
    await client.query('COMMIT');
    return { from, to };
  } catch (error) {
    if (error instanceof NewerStore) throw error;
    throw new Error(messageWithoutUser(error), { cause: error });
  } finally {
    await client.end().catch(() => {});
  }
}

/** Turns any error into an `unavailable` Fault. */
async function reachable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new Fault('unavailable', { cause });
  }
}
