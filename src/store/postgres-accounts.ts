import { createHash } from 'node:crypto';
import { type Statements, violates } from './postgres-database.js';
import { type AccountKey, columnsOf, type KnownAccount } from './store.js';

/** An account as a row: made once for all statements. */
interface AccountRow {
  readonly columns: readonly [provider: string, baseUrl: string, nativeId: string];
  readonly digest: Uint8Array;
}

/** The user_ids of accounts, in their order; assigned to those that have none. */
export function userIdsOf(statements: Statements, accounts: readonly AccountKey[]): Promise<readonly number[]> {
  const rows = accounts.map((account) => {
    const columns = columnsOf(account);
    return { columns, digest: digestOf(columns) };
  });
  return userIdsOfRows(statements, rows);
}

async function userIdsOfRows(statements: Statements, accounts: readonly AccountRow[]): Promise<readonly number[]> {
  const rows = await statements.all(
    `SELECT user_id FROM unnest($1::bytea[]) WITH ORDINALITY AS wanted (digest, nth)
     LEFT JOIN accounts USING (digest) ORDER BY nth`,
    accounts.map(({ digest }) => digest),
  );
  const found = rows.map(({ user_id: userId }) => (userId === null ? undefined : Number(userId)));
  if (found.every((userId) => userId !== undefined)) return found;
  await assignUserIds(
    statements,
    accounts.filter((_account, n) => found[n] === undefined),
  );
  return userIdsOfRows(statements, accounts);
}

/** The index of an account: its columns may exceed the size that an index entry can have. */
function digestOf(columns: readonly string[]): Uint8Array {
  return createHash('sha256').update(JSON.stringify(columns)).digest();
}

/**
 * Assigns user_ids to accounts that have none. One statement: the row lock on `user_ids` serializes the nodes. A node that
 * loses the race for any account changes neither accounts nor the counter; then at least that account has a user_id.
 */
async function assignUserIds({ change }: Statements, accounts: readonly AccountRow[]): Promise<void> {
  const distinct = [...new Map(accounts.map((account) => [JSON.stringify(account.columns), account])).values()];
  const assigned = change(
    `WITH next AS (
       UPDATE user_ids SET last = last + cardinality($1::bytea[])
       WHERE NOT EXISTS (SELECT FROM accounts WHERE digest = ANY ($1::bytea[]))
       RETURNING last - cardinality($1::bytea[]) AS previous
     )
     INSERT INTO accounts (user_id, digest, provider, base_url, native_id)
     SELECT previous + nth, digest, provider, base_url, native_id
     FROM next, unnest($1::bytea[], $2::text[], $3::text[], $4::text[])
       WITH ORDINALITY AS account (digest, provider, base_url, native_id, nth)`,
    distinct.map(({ digest }) => digest),
    distinct.map(({ columns: [provider] }) => provider),
    distinct.map(({ columns: [, baseUrl] }) => baseUrl),
    distinct.map(({ columns: [, , nativeId] }) => nativeId),
  );
  await assigned.catch((error: unknown) => {
    if (!violates(error, 'accounts_digest_key')) throw error;
  });
}

/** Stores accounts with the user_ids that they have. */
export function addAccounts({ change }: Statements, accounts: readonly KnownAccount[]): Promise<boolean> {
  const columns = accounts.map(columnsOf);
  return change(
    `INSERT INTO accounts (user_id, digest, provider, base_url, native_id)
     SELECT * FROM unnest($1::integer[], $2::bytea[], $3::text[], $4::text[], $5::text[])`,
    accounts.map(({ userId }) => userId),
    columns.map(digestOf),
    columns.map(([provider]) => provider),
    columns.map(([, baseUrl]) => baseUrl),
    columns.map(([, , nativeId]) => nativeId),
  );
}
