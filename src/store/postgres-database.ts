import { Client, Pool, type PoolConfig, type QueryResult } from 'pg';
import { Fault } from '../core/fault.js';
import { checkUrl, messageWithoutUser } from './postgres-url.js';
import type { Row } from './rows.js';

type Value = string | number | Uint8Array | null;
type Column = Value | readonly Value[];

/** What is said to a database. Where it cannot be asked, that is an `unavailable` Fault. */
export interface Statements {
  readonly all: (sql: string, ...values: readonly Column[]) => Promise<Row[]>;
  readonly one: (sql: string, ...values: readonly Column[]) => Promise<Row | undefined>;
  /** Whether there was anything to change. */
  readonly change: (sql: string, ...values: readonly Column[]) => Promise<boolean>;
}

/** A database of PostgreSQL that many nodes share. */
export interface Database extends Statements {
  /** All that the work changes; or nothing, where it gives false or throws. `mode` is that of BEGIN. */
  readonly transaction: <T>(work: (statements: Statements) => Promise<T>, mode?: string) => Promise<T>;
  /** The connections themselves, for a library that asks on its own. */
  readonly pool: Pool;
  readonly close: () => Promise<void>;
}

/** Milliseconds, after which a node no longer waits: an old client has to hear of an outage before it gives up. */
const limits = {
  connectionTimeoutMillis: 3000,
  statement_timeout: 5000,
  // The server ends a statement by itself; this is for one that is no longer there.
  query_timeout: 6000,
  idle_in_transaction_session_timeout: 10_000,
} as const;

/** Any number that nothing else in the database locks. */
const MIGRATION_LOCK = 7_126_410_093;
const MIGRATION_MS = 10 * 60_000;

/** Each entry takes the schema one version further; none is ever changed once released. */
const migrations = [
  `CREATE TABLE user_ids (
     one integer PRIMARY KEY CHECK (one = 1),
     last integer NOT NULL CHECK (last >= 0)
   );
   INSERT INTO user_ids VALUES (1, 0);
   CREATE TABLE accounts (
     user_id integer PRIMARY KEY CHECK (user_id > 0),
     digest bytea NOT NULL UNIQUE,
     provider text NOT NULL,
     base_url text NOT NULL,
     native_id text NOT NULL
   );
   CREATE TABLE master_key (
     one integer PRIMARY KEY CHECK (one = 1),
     sealed bytea NOT NULL
   );
   CREATE TABLE tickets (
     digest text COLLATE "C" PRIMARY KEY,
     application text NOT NULL,
     expires_at bigint NOT NULL,
     sealed bytea NOT NULL
   );
   CREATE INDEX tickets_by_end ON tickets (expires_at);
   CREATE TABLE sessions (
     digest text COLLATE "C" PRIMARY KEY,
     application text NOT NULL,
     user_id integer NOT NULL REFERENCES accounts,
     created_at bigint NOT NULL,
     last_used bigint,
     sealed bytea NOT NULL
   );
   CREATE TABLE wrong_tries (
     key varchar(255) PRIMARY KEY,
     points integer NOT NULL,
     expire bigint
   )`,
];

/**
 * Opens a database by its URL, in the first schema of the connection's search_path. Throws an Error that names
 * no user where it cannot be used.
 */
export async function openDatabase(url: string): Promise<Database> {
  checkUrl(url);
  const options = { ...limits, connectionString: url, application_name: 'boxbridge', keepAlive: true };
  await migrate(options);
  const pool = new Pool(options);
  // A connection that is lost is told by the next statement, which gets another one.
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
    const done = await work(statementsOf((sql, values) => client.query<Row>(sql, [...values])));
    await reachable(() => client.query(done === false ? 'ROLLBACK' : 'COMMIT'));
    client.release();
    return done;
  } catch (error) {
    // The end of its connection undoes a transaction, whatever state either is in.
    client.release(true);
    throw error;
  }
}

/** Nodes that start at the same moment do this one after the other. */
async function migrate(options: PoolConfig): Promise<void> {
  const client = new Client({ ...options, statement_timeout: MIGRATION_MS, query_timeout: MIGRATION_MS });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const about = await client.query<Row>(
      "SELECT to_regclass('boxbridge_version')::text AS versions, current_setting('server_encoding') AS encoding",
    );
    const { versions, encoding } = about.rows[0] ?? {};
    if (encoding !== 'UTF8') throw new Error(`its encoding is ${encoding}; make a database with ENCODING 'UTF8'`);
    if (!versions) {
      await client.query('CREATE TABLE boxbridge_version (version integer NOT NULL)');
      await client.query('INSERT INTO boxbridge_version VALUES (0)');
    }
    const found = await client.query<Row>('SELECT version FROM boxbridge_version');
    const version = Number(found.rows[0]?.version);
    if (version > migrations.length) throw new Error(`made by a newer version of boxbridge (${version})`);
    for (const migration of migrations.slice(version)) await client.query(migration);
    // Written even where it stays the same: a database that cannot be written is told at the start.
    await client.query('UPDATE boxbridge_version SET version = $1', [migrations.length]);
    await client.query('COMMIT');
  } catch (error) {
    throw new Error(messageWithoutUser(error), { cause: error });
  } finally {
    await client.end().catch(() => {});
  }
}

async function reachable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new Fault('unavailable', { cause });
  }
}
