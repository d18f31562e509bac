import { type LedgerRow, ledgerColumnsOf, MAX_LEDGER_ROWS } from './ledger.js';
import type { Statements } from './sqlite-database.js';

/** Adds rows to the ledger, and drops what is beyond its bound. To be called in a transaction. */
export function addToLedger({ change, one }: Statements, rows: readonly LedgerRow[]): void {
  for (const row of rows) change(ADD, ...ledgerColumnsOf(row));
  if (Number(one('SELECT count(*) AS count FROM ledger')?.count) > MAX_LEDGER_ROWS) change(DROP, MAX_LEDGER_ROWS);
}

const ADD = `
  INSERT INTO ledger (application, user_agent, protocol, kind, name, outcome, count, first, last, cause)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET
    count = ledger.count + excluded.count,
    first = min(ledger.first, excluded.first),
    last = max(ledger.last, excluded.last),
    cause = iif(excluded.last >= ledger.last, excluded.cause, ledger.cause)`;

/** The oldest rows of the application with the most of them: one caller does not drive out the others. */
const DROP = `
  DELETE FROM ledger WHERE rowid IN (
    SELECT rowid FROM (
      SELECT rowid, last, row_number() OVER (PARTITION BY application ORDER BY last DESC) AS place FROM ledger
    ) ORDER BY place, last DESC LIMIT -1 OFFSET ?
  )`;
