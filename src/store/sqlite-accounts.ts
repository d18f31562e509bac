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
  for (const account of accounts) giveProposal(database, account);
  return accounts.map((account) => knownUserId(database, account) ?? nextUserId(database, account));
}

/** Leaves the counter as it is, which SQLite itself sets to the largest id. */
function giveProposal(database: Accounts, account: AskedAccount): void {
  const proposal = proposalOf(account);
  if (proposal === undefined || knownUserId(database, account) !== undefined) return;
  const last = lastUserId(database);
  if (proposal <= last || isTaken(database, proposal)) return;
  addAccount(database, proposal, account);
  database.change("UPDATE sqlite_sequence SET seq = ? WHERE name = 'accounts'", last);
}

function nextUserId(database: Accounts, account: AccountKey): number {
  let userId = lastUserId(database) + 1;
  while (isTaken(database, userId)) userId += 1;
  addAccount(database, userId, account);
  return userId;
}

/** The last user_id that was nobody's proposal; 0 where there is none. */
function lastUserId({ one }: Accounts): number {
  return Number(one("SELECT seq FROM sqlite_sequence WHERE name = 'accounts'")?.seq ?? 0);
}

function isTaken({ one }: Accounts, userId: number): boolean {
  return one('SELECT 1 FROM accounts WHERE user_id = ?', userId) !== undefined;
}

/** SQLite counts on to this id where it is the largest: https://www.sqlite.org/autoinc.html. */
function addAccount({ change }: Accounts, userId: number, account: AccountKey): void {
  const insert = 'INSERT INTO accounts (user_id, provider, base_url, native_id) VALUES (?, ?, ?, ?)';
  change(insert, userId, ...columnsOf(account));
}
