import { type LedgerRow, ledgerColumnsOf, MAX_LEDGER_ROWS } from './ledger.js';
import type { Statements } from './postgres-database.js';

/** Adds rows to the ledger, and drops what is beyond its bound. To be called in a transaction. */
export async function addToLedger({ all, change }: Statements, rows: readonly LedgerRow[]): Promise<void> {
  const columns = rows.map(ledgerColumnsOf);
  const added = await all(
    ADD,
    ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => columns.map((values) => values[n] ?? null)),
  );
  if (added.some((row) => row.is_new === 1)) await change(DROP, MAX_LEDGER_ROWS);
}

/** In the order of the key: statements of several nodes wait for each other, and do not lock each other out. */
const ADD = `
  INSERT INTO ledger (application, user_agent, protocol, kind, name, outcome, count, first, last, cause)
  SELECT application, user_agent, protocol, kind, name, outcome,
    sum(count), min(first), max(last), (array_agg(cause ORDER BY last DESC))[1]
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
    $7::bigint[], $8::bigint[], $9::bigint[], $10::text[])
    AS rows (application, user_agent, protocol, kind, name, outcome, count, first, last, cause)
  GROUP BY application, user_agent, protocol, kind, name, outcome
  ORDER BY application, user_agent, protocol, kind, name, outcome
  ON CONFLICT (application, user_agent, protocol, kind, name, outcome) DO UPDATE SET
    count = ledger.count + excluded.count,
    first = least(ledger.first, excluded.first),
    last = greatest(ledger.last, excluded.last),
    cause = CASE WHEN excluded.last >= ledger.last THEN excluded.cause ELSE ledger.cause END
  RETURNING (xmax = 0)::integer AS is_new`;

/**
 * The oldest rows of the application with the most of them: one caller does not drive out the others. What another node
 * writes at the moment is left to it.
 */
const DROP = `
  DELETE FROM ledger WHERE ctid IN (
    SELECT ctid FROM ledger WHERE ctid IN (
      SELECT id FROM (
        SELECT ctid AS id, last, row_number() OVER (PARTITION BY application ORDER BY last DESC) AS place FROM ledger
      ) AS placed ORDER BY place, last DESC OFFSET $1
    ) FOR UPDATE SKIP LOCKED
  )`;
