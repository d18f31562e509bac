/** How often a caller asked for something with the same outcome. Its first six fields are its key. */
export interface LedgerRow {
  /** The name of the application; empty where the api_key is of none. */
  readonly application: string;
  /** One line, which may be cut; empty where the caller sends none. */
  readonly userAgent: string;
  /** The legacy format. */
  readonly protocol: string;
  /** `action`, `path`, `parameter`, or `envelope`: a request in which no call can be read. */
  readonly kind: string;
  readonly name: string;
  /** `served`, `ignored` of a parameter that the action does not take, else the reason. */
  readonly outcome: string;
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly first: number;
  /** Milliseconds since 1970. */
  readonly last: number;
  /** Why it was not served at last; empty where there is nothing to say. */
  readonly cause: string;
}

/** The largest number of rows that a store keeps. */
export const MAX_LEDGER_ROWS = 10_000;

type Outcome = Pick<LedgerRow, 'outcome'>;

export const isServed = ({ outcome }: Outcome) => outcome === 'served';
/** Whether it was an outage or a defect. */
export const isFailed = ({ outcome }: Outcome) => outcome === 'unavailable' || outcome === 'internal';
export const isRefused = (row: Outcome) => !isServed(row) && !isFailed(row);

/** The columns of a row, in the order of their table. */
export function ledgerColumnsOf(row: LedgerRow) {
  const { application, userAgent, protocol, kind, name, outcome, count, first, last, cause } = row;
  return [application, userAgent, protocol, kind, name, outcome, count, first, last, cause] as const;
}

/** The latest rows first, those of the same time by their key. */
export const LEDGER_ORDER = 'last DESC, application, user_agent, protocol, kind, name, outcome';
