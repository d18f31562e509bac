import { createHash } from 'node:crypto';
import { type Statements, violates } from './postgres-database.js';
import { type AskedAccount, columnsOf, type KnownAccount, proposalOf } from './store.js';

/** An account as a row: made once for all statements. */
interface AccountRow {
  readonly columns: readonly [provider: string, baseUrl: string, nativeId: string];
  readonly digest: Uint8Array;
  readonly proposal: number | null;
}

/** The user_ids of accounts, in their order; assigned to those that have none. */
export function userIdsOf(statements: Statements, accounts: readonly AskedAccount[]): Promise<readonly number[]> {
  const rows = accounts.map((account) => {
    const columns = columnsOf(account);
    return { columns, digest: digestOf(columns), proposal: proposalOf(account) ?? null };
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
 * Assigns user_ids to accounts that have none: to each the one that it proposes, if that comes after the last one of the
 * counter and nobody has it, and to the others the next ones that nobody has. One statement: the row lock on `user_ids`
 * serializes the nodes. A node that loses a race, for an account or for an id that another node's proposal took, changes
 * neither accounts nor the counter; then that account has a user_id, or that id is seen to be taken.
 */
async function assignUserIds({ change }: Statements, accounts: readonly AccountRow[]): Promise<void> {
  const distinct = [...new Map(accounts.map((account) => [JSON.stringify(account.columns), account])).values()];
  const assigned = change(
    `WITH RECURSIVE wanted AS (
       SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::integer[])
         WITH ORDINALITY AS account (digest, provider, base_url, native_id, proposal, nth)
     ), counter AS (
       SELECT last FROM user_ids
       WHERE NOT EXISTS (SELECT FROM accounts WHERE digest = ANY ($1::bytea[])) FOR UPDATE
     ), proposed AS (
       INSERT INTO accounts (user_id, digest, provider, base_url, native_id)
       SELECT proposal, digest, provider, base_url, native_id FROM wanted, counter WHERE proposal > last
       ON CONFLICT DO NOTHING
       RETURNING user_id, digest
     ), others AS (
       SELECT *, row_number() OVER (ORDER BY nth) AS place FROM wanted
       WHERE NOT EXISTS (SELECT FROM proposed WHERE proposed.digest = wanted.digest)
     ), walk (id, place) AS (
       SELECT last, 0 FROM counter
       UNION ALL
       SELECT id + 1, CASE WHEN id + 1 IN (SELECT user_id FROM proposed)
         OR EXISTS (SELECT FROM accounts WHERE user_id = id + 1) THEN place ELSE place + 1 END
       FROM walk WHERE place < (SELECT count(*) FROM others)
     ), moved AS (
       UPDATE user_ids SET last = (SELECT max(id) FROM walk) WHERE EXISTS (SELECT FROM others) AND EXISTS (SELECT FROM walk)
     )
     INSERT INTO accounts (user_id, digest, provider, base_url, native_id)
     SELECT min(id), digest, provider, base_url, native_id FROM others JOIN walk USING (place)
     GROUP BY place, digest, provider, base_url, native_id`,
    distinct.map(({ digest }) => digest),
    distinct.map(({ columns: [provider] }) => provider),
    distinct.map(({ columns: [, baseUrl] }) => baseUrl),
    distinct.map(({ columns: [, , nativeId] }) => nativeId),
    distinct.map(({ proposal }) => proposal),
  );
  await assigned.catch((error: unknown) => {
    if (!violates(error, 'accounts_digest_key') && !violates(error, 'accounts_pkey')) throw error;
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
