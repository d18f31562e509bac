/** Calls of some moment, counted. */
export interface Tally {
  readonly calls: number;
  /** Those without success. */
  readonly failures: number;
  /** Those that are not among the kept ones. */
  readonly unkept: number;
  /** What all of them took, in milliseconds. */
  readonly ms: number;
  /** What the slowest took. */
  readonly maxMs: number;
}

/** The calls of an interval of the recent past. */
interface Interval extends Tally {
  /** When it began, in milliseconds since 1970. */
  readonly startedAt: number;
}

export interface Tallies {
  readonly count: (tally: Tally) => void;
  /** The intervals of the last hour in which there were calls, the oldest first. */
  readonly recent: () => readonly Interval[];
}

const noCalls: Tally = { calls: 0, failures: 0, unkept: 0, ms: 0, maxMs: 0 };

/** The length of an interval, in milliseconds. */
export const INTERVAL_MS = 10_000;
const HOUR_MS = 3_600_000;

export function createTallies(now: () => number = Date.now): Tallies {
  const intervals = new Map<number, Interval>();
  /** Those that are an hour old are the first. */
  const forget = (time: number) => {
    for (const startedAt of intervals.keys()) {
      if (startedAt >= time - HOUR_MS) break;
      intervals.delete(startedAt);
    }
  };
  return {
    count: (tally) => {
      const time = now();
      const startedAt = time - (time % INTERVAL_MS);
      const before = intervals.get(startedAt);
      if (!before) forget(time);
      intervals.set(startedAt, { ...sum(before ?? noCalls, tally), startedAt });
    },
    recent: () => {
      forget(now());
      return [...intervals.values()];
    },
  };
}

export function sum(one: Tally, other: Tally): Tally {
  return {
    calls: one.calls + other.calls,
    failures: one.failures + other.failures,
    unkept: one.unkept + other.unkept,
    ms: one.ms + other.ms,
    maxMs: Math.max(one.maxMs, other.maxMs),
  };
}
