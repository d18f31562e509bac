import type { Database } from './sqlite-database.js';
import { type AccountKey, type AskedAccount, columnsOf, proposalOf } from './store.js';

type Accounts = Pick<Database, 'change' | 'one'>;

/** The user_id of an account; undefined where it has none. */
export function knownUserId({ one }: Pick<Accounts, 'one'>, account: AccountKey): number | undefined {
  const find = 'SELECT user_id FROM accounts WHERE provider = ? AND base_url = ? AND native_id = ?';
  const row = one(find, ...columnsOf(account));
  return row && Number(row.user_id);
}

/**
 * The user_ids of accounts, in their order; assigned to those that have none: to each the one that it proposes, if that
 * comes after the last one of the counter and nobody has it, and to the others the next ones that nobody has. To be called
 * in a transaction.
 */
export function userIdsOf(database: Accounts, accounts: readonly AskedAccount[]): number[] {
  giveProposals(database, accounts);
  return accounts.map((account) => knownUserId(database, account) ?? nextUserId(database, account));
}

/** Leaves the counter as it is, which SQLite itself sets to the largest id: https://www.sqlite.org/autoinc.html. */
function giveProposals({ change, one }: Accounts, accounts: readonly AskedAccount[]): void {
  if (accounts.every((account) => proposalOf(account) === undefined)) return;
  const last = Number(one(`SELECT ${LAST} AS last`)?.last);
  const insert = `INSERT INTO accounts (user_id, provider, base_url, native_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`;
  for (const account of accounts) {
    const proposal = proposalOf(account) ?? 0;
    if (proposal > last) change(insert, proposal, ...columnsOf(account));
  }
  change("UPDATE sqlite_sequence SET seq = ? WHERE name = 'accounts'", last);
}

/** With its own id, since SQLite would give the one after the largest. */
function nextUserId({ one }: Accounts, account: AccountKey): number {
  const insert = `INSERT INTO accounts (user_id, provider, base_url, native_id) VALUES ((
      WITH RECURSIVE next (id) AS (
        SELECT ${LAST} + 1
        UNION ALL
        SELECT id + 1 FROM next WHERE EXISTS (SELECT 1 FROM accounts WHERE user_id = id)
      )
      SELECT max(id) FROM next
    ), ?, ?, ?) RETURNING user_id`;
  return Number(one(insert, ...columnsOf(account))?.user_id);
}

/** The last user_id that was nobody's proposal; 0 where there is none. */
const LAST = "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'accounts'), 0)";
