import { isRefused, isServed, type LedgerRow } from '../store/ledger.js';

/** Something that was asked for. */
interface Asked {
  readonly name: string;
  readonly calls: number;
  /** How many User-Agents asked for it, each in its format. */
  readonly callers: number;
  /** ISO 8601. */
  readonly last: string;
  /** Why it was not served at last; empty where it was. */
  readonly cause: string;
}

/** What old programs ask an application for. */
export interface Usage {
  /** What is served, and what is not: the most frequent first. */
  readonly served: readonly Asked[];
  readonly gaps: readonly Asked[];
}

/** How much of either list is shown. */
const MAX_SHOWN = 12;

/** Gives the usage of each application by its name, from the rows of the ledger. */
export function usageByApplication(ledger: readonly LedgerRow[]): (application: string) => Usage {
  const byApplication = grouped(ledger, ({ application }) => application);
  return (application) => {
    const rows = byApplication.get(application) ?? [];
    return { served: askedFor(rows.filter(isServed)), gaps: askedFor(rows.filter(isRefused)) };
  };
}

function askedFor(rows: readonly LedgerRow[]): Asked[] {
  return [...grouped(rows, ({ kind, name }) => (kind === 'action' ? name : `${kind} ${name}`))]
    .map(([name, all]) => ({
      name,
      calls: all.reduce((sum, { count }) => sum + count, 0),
      callers: new Set(all.map(({ userAgent, protocol }) => `${protocol} ${userAgent}`)).size,
      last: new Date(Math.max(...all.map(({ last }) => last))).toISOString(),
      cause: all.toSorted((one, other) => other.last - one.last)[0]?.cause ?? '',
    }))
    .toSorted((one, other) => other.calls - one.calls)
    .slice(0, MAX_SHOWN);
}

function grouped(rows: readonly LedgerRow[], keyOf: (row: LedgerRow) => string): Map<string, LedgerRow[]> {
  const groups = new Map<string, LedgerRow[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}
