import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { Fault } from '../core/fault.js';
import { messageOf } from '../shared/errors.js';

/** How long a statement waits for another process that writes, in milliseconds. */
export const BUSY_MS = 5000;
/** The same after it waited in vain: a process that hangs holds up all calls once, not with each that writes. */
const IMPATIENT_MS = 100;

/** How long the statements of a database wait for another process that writes. */
export interface Patience {
  /** Told of each failure: where it waited in vain, the next ones wait shortly. */
  readonly lose: (error: unknown) => void;
  /** Told of each write: another process that writes is waited for again. */
  readonly regain: () => void;
  /** Does work whose statements wait for this many milliseconds. */
  readonly waiting: <T>(waitMs: number, work: () => T) => T;
}

export function createPatience(database: DatabaseSyncInstance): Patience {
  let patienceMs = BUSY_MS;
  /** Whether the work at hand has a patience of its own. */
  let isOwn = false;
  const set = (ms: number) => {
    try {
      database.exec(`PRAGMA busy_timeout = ${ms}`);
    } catch (cause) {
      throw new Fault('unavailable', { cause });
    }
  };
  const change = (ms: number) => {
    if (patienceMs === ms) return;
    patienceMs = ms;
    if (!isOwn) set(ms);
  };
  return {
    lose: (error) => {
      if (!isOwn && isBusy(error)) change(IMPATIENT_MS);
    },
    regain: () => change(BUSY_MS),
    waiting: (waitMs, work) => {
      set(waitMs);
      isOwn = true;
      try {
        return work();
      } finally {
        isOwn = false;
        set(patienceMs);
      }
    },
  };
}

/** Whether it is https://www.sqlite.org/rescode.html#busy, in any of its extended forms. */
export function isBusy(error: unknown): boolean {
  // Of a statement that gives rows, the driver passes on the message alone.
  if (messageOf(error) === 'database is locked') return true;
  return typeof error === 'object' && error !== null && 'errcode' in error && (Number(error.errcode) & 0xff) === 5;
}
