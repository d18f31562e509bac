import { cleaned } from '../shared/clean.js';
import type { LedgerRow } from '../store/ledger.js';

/** The longest text of a caller's or of an operator's. */
export const MAX_LENGTH = 200;
/** The User-Agents, and the names of its callers' own, that an application may have; more are counted together. */
const MAX_AGENTS = 100;
const MAX_NAMES = 100;
/** The rows that an application may have before all its User-Agents are counted together. */
const MAX_ROWS = 1000;

const OTHER = 'other';

/** Something that a caller asked for: its name is of a fixed set, and `spelt` may be of the caller's own. */
export interface Asked {
  readonly kind: string;
  readonly name: string;
  readonly spelt: string;
}

/** A row with what was counted since it was written. */
export type Pending = { -readonly [Field in keyof LedgerRow]: LedgerRow[Field] };

/** A User-Agent, with its rows by their key. */
interface Caller {
  readonly userAgent: string;
  readonly rows: Map<string, Pending>;
}

/** The rows of an application: few, whatever its callers send. */
export interface Page {
  /** The caller of this User-Agent. */
  readonly callerOf: (userAgent: string, hide: (text: string) => string) => Caller;
  readonly nameOf: (asked: Asked) => string;
  /** A row of a caller; a new one has a count of 0. */
  readonly rowOf: (caller: Caller, key: Pick<LedgerRow, 'protocol' | 'kind' | 'name' | 'outcome'>) => Pending;
}

export function createPage(name: string): Page {
  const application = cleaned(name, MAX_LENGTH);
  /** By the User-Agent that was sent. */
  const callers = new Map<string, Caller>();
  const others: Caller = { userAgent: OTHER, rows: new Map() };
  const names = new Set<string>();
  let size = 0;

  const rowOf: Page['rowOf'] = (caller, key) => {
    const index = `${key.protocol} ${key.outcome} ${key.kind} ${key.name}`;
    const known = caller.rows.get(index);
    if (known) return known;
    if (size >= MAX_ROWS && caller !== others) return rowOf(others, key);
    const row = { application, userAgent: caller.userAgent, ...key, count: 0, first: 0, last: 0, cause: '' };
    caller.rows.set(index, row);
    size += 1;
    return row;
  };

  return {
    callerOf: (userAgent, hide) => {
      const known = callers.get(userAgent);
      if (known) return known;
      if (callers.size >= MAX_AGENTS) return others;
      const caller = { userAgent: cleaned(hide(userAgent), MAX_LENGTH), rows: new Map<string, Pending>() };
      callers.set(userAgent, caller);
      return caller;
    },
    nameOf: ({ name: fixed, spelt }) => {
      if (spelt === fixed || names.has(spelt)) return spelt;
      if (names.size >= MAX_NAMES) return fixed;
      names.add(spelt);
      return spelt;
    },
    rowOf,
  };
}
