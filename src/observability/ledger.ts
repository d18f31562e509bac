import { setImmediate as endOfTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Reason } from '../core/fault.js';
import { cleaned } from '../shared/clean.js';
import type { LedgerRow } from '../store/ledger.js';

/** A call, as far as the ledger needs it. */
export interface LedgerCall {
  /** Its name; undefined where the call names none that exists. */
  readonly application: string | undefined;
  readonly protocol: string;
  readonly userAgent: string;
  /** Undefined where it names none that exists. */
  readonly action: string | undefined;
  /** Undefined on success. */
  readonly reason: Reason | undefined;
  /** What it asked for in vain: the name of a fixed set, and as the caller spells it. */
  readonly unserved: readonly { readonly kind: string; readonly name: string; readonly spelt: string }[];
  /** Why there is no success, without secrets; undefined where there is nothing to say. */
  readonly cause: string | undefined;
  /** Masks the secrets of the call. */
  readonly hide: (text: string) => string;
}

/** What old programs use and what they ask for in vain, for each application, User-Agent and format. */
export interface Ledger {
  /** Counts a call, in memory. */
  readonly count: (call: LedgerCall) => void;
  /** Writes what is counted, for a moment at most; nothing is counted afterwards. */
  readonly close: () => Promise<void>;
}

export interface LedgerParts {
  /** Adds rows to the store, all or none. */
  readonly write: (rows: readonly LedgerRow[]) => Promise<void>;
  /** Told of the first failure of `write` after a success. */
  readonly onFailure: (cause: unknown) => void;
}

/** How long a count may wait for its batch, in milliseconds: with the write itself it is less than a second. */
const WRITE_AFTER_MS = 500;
/** The same after a failure, in milliseconds. */
const TRY_AGAIN_AFTER_MS = 1000;
/** How many rows are written at once: few milliseconds of SQLite, which has the event loop for itself. */
const ROWS_PER_WRITE = 250;
/** How long the last batch may take, in milliseconds. */
const CLOSE_MS = 1000;

/** The longest text of a caller's or of an operator's. */
const MAX_LENGTH = 200;
/** The distinct User-Agents and names of its callers' own that an application may have; more are counted together. */
const MAX_AGENTS = 100;
const MAX_NAMES = 100;
/** The rows that an application may have before all its User-Agents are counted together. */
const MAX_ROWS = 1000;

const OTHER = 'other';

/** A row with what was counted since it was written. */
type Pending = { -readonly [Key in keyof LedgerRow]: LedgerRow[Key] };

type Key = Pick<LedgerRow, 'userAgent' | 'protocol' | 'kind' | 'name' | 'outcome'>;

/** What is known of an application. Its size is bounded, whatever its callers send. */
interface Page {
  readonly application: string;
  /** By what was sent. */
  readonly agents: Map<string, string>;
  readonly names: Set<string>;
  readonly rows: Map<string, Pending>;
}

/**
 * A ledger that writes what it has counted in batches. A write that fails is tried again, and what is counted meanwhile
 * goes with it.
 */
export function createLedger({ write, onFailure }: LedgerParts): Ledger {
  const pages = new Map<string, Page>();
  const changed: Pending[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let isFailing = false;
  let isClosed = false;

  const pageOf = (application: string): Page => {
    const known = pages.get(application);
    if (known) return known;
    const name = cleaned(application, MAX_LENGTH);
    const page: Page = { application: name, agents: new Map(), names: new Set(), rows: new Map() };
    pages.set(application, page);
    return page;
  };

  const add = (page: Page, key: Key, cause = '') => {
    const row = rowOf(page, key);
    row.last = Date.now();
    row.cause = cause;
    row.count += 1;
    if (row.count > 1) return;
    row.first = row.last;
    changed.push(row);
    schedule(WRITE_AFTER_MS);
  };

  const schedule = (afterMs: number) => {
    if (isClosed || writing || changed.length === 0) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      // A log that fails ends nothing.
      writing = writeBatches().catch(() => {});
    }, afterMs).unref();
  };

  const writeBatches = async (): Promise<void> => {
    try {
      for (let left = changed.length; left > 0; left -= ROWS_PER_WRITE) {
        await writeBatch(changed.splice(0, Math.min(left, ROWS_PER_WRITE)));
        await endOfTurn();
      }
      isFailing = false;
    } catch (error) {
      const isFirst = !isFailing;
      isFailing = true;
      if (isFirst) onFailure(error);
    } finally {
      writing = undefined;
      schedule(isFailing ? TRY_AGAIN_AFTER_MS : WRITE_AFTER_MS);
    }
  };

  /** Where it fails, the rows count as before. */
  const writeBatch = async (rows: readonly Pending[]): Promise<void> => {
    const batch = rows.map((row) => ({ row, written: { ...row, cause: cleaned(row.cause, MAX_LENGTH) } }));
    for (const row of rows) row.count = 0;
    try {
      await write(batch.map(({ written }) => written));
    } catch (error) {
      for (const { row, written } of batch) {
        if (row.count === 0) changed.push(row);
        row.count += written.count;
        row.first = written.first;
      }
      throw error;
    }
  };

  return {
    count: ({ application = '', protocol, userAgent, action, reason, unserved, cause, hide }) => {
      const page = pageOf(application);
      const caller = { userAgent: agentOf(page, userAgent, hide), protocol };
      const outcome = reason ?? 'served';
      const isServed = unserved.every(({ kind }) => kind === 'parameter');
      if (isServed && action !== undefined) add(page, { ...caller, kind: 'action', name: action, outcome }, cause);
      for (const each of unserved) {
        const { kind } = each;
        const name = nameOf(page, each);
        if (kind !== 'parameter') add(page, { ...caller, kind, name, outcome }, cause);
        else add(page, { ...caller, kind, name, outcome: 'ignored' }, `${action} does not take it`);
      }
    },
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      const last = (writing ?? Promise.resolve()).then(writeBatches).catch(() => {});
      await Promise.race([last, sleep(CLOSE_MS, undefined, { ref: false })]);
    },
  };
}

function agentOf({ agents }: Page, userAgent: string, hide: (text: string) => string): string {
  const known = agents.get(userAgent);
  if (known !== undefined) return known;
  if (agents.size >= MAX_AGENTS) return OTHER;
  const agent = cleaned(hide(userAgent), MAX_LENGTH);
  agents.set(userAgent, agent);
  return agent;
}

function nameOf({ names }: Page, { name, spelt }: LedgerCall['unserved'][number]): string {
  if (spelt === name || names.has(spelt)) return spelt;
  if (names.size >= MAX_NAMES) return name;
  names.add(spelt);
  return spelt;
}

function rowOf(page: Page, key: Key): Pending {
  const { application, rows } = page;
  const { userAgent, protocol, kind, name, outcome } = key;
  const index = `${protocol}\n${kind}\n${name}\n${outcome}\n${userAgent}`;
  const known = rows.get(index);
  if (known) return known;
  if (rows.size >= MAX_ROWS && userAgent !== OTHER) return rowOf(page, { ...key, userAgent: OTHER });
  const row = { application, ...key, count: 0, first: 0, last: 0, cause: '' };
  rows.set(index, row);
  return row;
}
