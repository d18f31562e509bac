import { setImmediate as endOfTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Reason } from '../core/fault.js';
import { cleaned } from '../shared/clean.js';
import type { LedgerRow } from '../store/ledger.js';
import { type Asked, createPage, MAX_LENGTH, type Page, type Pending } from './ledger-page.js';

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
  /** What it asked for in vain. */
  readonly unserved: readonly Asked[];
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
    const page = createPage(application);
    pages.set(application, page);
    return page;
  };

  const add = (row: Pending, cause = '') => {
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
      const { callerOf, nameOf, rowOf } = pageOf(application);
      const caller = callerOf(userAgent, hide);
      const outcome = reason ?? 'served';
      const isOfAction = action !== undefined && unserved.every(({ kind }) => kind === 'parameter');
      if (isOfAction) add(rowOf(caller, { protocol, kind: 'action', name: action, outcome }), cause);
      for (const asked of unserved) {
        const key = { protocol, kind: asked.kind, name: nameOf(asked) };
        if (asked.kind !== 'parameter') add(rowOf(caller, { ...key, outcome }), cause);
        else add(rowOf(caller, { ...key, outcome: 'ignored' }), `${action} does not take it`);
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
