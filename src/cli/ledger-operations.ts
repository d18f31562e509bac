import { modernRequestOf } from '../bridge/modern-requests.js';
import type { Config } from '../config/config.js';
import { loadProvider } from '../providers/load.js';
import { compareTexts } from '../shared/compare.js';
import { isFailed, isRefused, type LedgerRow } from '../store/ledger.js';
import { openStore } from '../store/open.js';

/** What to show of the ledger. */
export interface LedgerSelection {
  /** By its name; absent: all, and calls of none. */
  readonly application?: string;
  /** Milliseconds since 1970; absent: all that is there. */
  readonly since?: number;
}

/** Rows of the ledger that belong together: how often, from when to when, and the last cause. */
interface Total extends Pick<LedgerRow, 'count' | 'first' | 'last' | 'cause'> {}

/** How often a caller calls something. */
export interface Usage extends Pick<LedgerRow, 'application' | 'userAgent' | 'protocol' | 'kind' | 'name'>, Total {
  readonly refused: number;
  /** Neither served nor refused: an outage, or a defect. */
  readonly failed: number;
  /** Undefined where none is known. */
  readonly modernRequest: string | undefined;
}

/** What is asked for in vain, and by whom. */
export interface Gap extends Pick<LedgerRow, 'kind' | 'name' | 'outcome'>, Total {
  readonly callers: readonly LedgerRow[];
}

/** Throws an Error with one line for the operator where there is no such application. */
async function rowsOf(
  { store: place, applications }: Config,
  selection: LedgerSelection,
): Promise<readonly LedgerRow[]> {
  const { application, since = 0 } = selection;
  const store = await openStore(place);
  try {
    const rows = (await store.ledger(since)).filter((row) => (application ?? row.application) === row.application);
    if (application !== undefined && rows.length === 0 && !applications.some(({ name }) => name === application))
      throw new Error('no application has this name; name one of the configuration');
    return rows;
  } finally {
    await store.close();
  }
}

/** What each caller calls: by application, the most frequent first. */
export async function usageOf(config: Config, selection: LedgerSelection): Promise<readonly Usage[]> {
  // A parameter that is ignored belongs to a call that is counted already.
  const rows = (await rowsOf(config, selection)).filter(({ kind }) => kind !== 'parameter');
  const groups = groupsOf(rows, ({ application, userAgent, protocol, kind, name }) => [
    application,
    userAgent,
    protocol,
    kind,
    name,
  ]);
  const replacing = await modernRequests(config);
  return groups
    .map(({ row, rows: all }) => ({
      ...row,
      ...totalOf(all),
      refused: countOf(all.filter(isRefused)),
      failed: countOf(all.filter(isFailed)),
      modernRequest: replacing(row),
    }))
    .toSorted((one, other) => compareTexts(one.application, other.application) || other.count - one.count);
}

/** What is refused or ignored: what most callers ask for first. */
export async function gapsOf(config: Config, selection: LedgerSelection): Promise<readonly Gap[]> {
  const rows = (await rowsOf(config, selection)).filter(isRefused);
  return groupsOf(rows, ({ kind, name, outcome }) => [kind, name, outcome])
    .map(({ row, rows: callers }) => ({ ...row, ...totalOf(callers), callers }))
    .toSorted((one, other) => other.callers.length - one.callers.length || other.count - one.count);
}

/** Finds what replaces the action of a row, by the provider of its application. */
async function modernRequests({ applications }: Config): Promise<(row: LedgerRow) => string | undefined> {
  const kinds = await Promise.all(
    applications.map(
      async ({ name, provider, baseUrl }) => [name, { kind: await loadProvider(provider), baseUrl }] as const,
    ),
  );
  const byName = new Map(kinds);
  return ({ application, kind, name }) => {
    const known = kind === 'action' ? byName.get(application) : undefined;
    return known && modernRequestOf(name, known.kind, known.baseUrl);
  };
}

/** Rows with the same key, each group with the latest of them. The rows are the latest first. */
function groupsOf(rows: readonly LedgerRow[], keyOf: (row: LedgerRow) => readonly string[]) {
  const groups = new Map<string, { readonly row: LedgerRow; readonly rows: LedgerRow[] }>();
  for (const row of rows) {
    const key = JSON.stringify(keyOf(row));
    const group = groups.get(key) ?? { row, rows: [] };
    group.rows.push(row);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function totalOf(rows: readonly LedgerRow[]): Total {
  return {
    count: countOf(rows),
    first: Math.min(...rows.map(({ first }) => first)),
    last: Math.max(...rows.map(({ last }) => last)),
    cause: rows.find(({ cause }) => cause !== '')?.cause ?? '',
  };
}

const countOf = (rows: readonly LedgerRow[]) => rows.reduce((sum, { count }) => sum + count, 0);
