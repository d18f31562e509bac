import type { KeptCall } from './kept-call.js';
import { createTallies, type Tallies, type Tally } from './tallies.js';

/** A kept call with its number, which no other call of this process has. */
export interface NumberedCall extends KeptCall {
  /** It grows from call to call, and from start to start. */
  readonly number: number;
}

/** Where calls are kept that come from this process or from workers. */
export interface CallSink {
  readonly keep: (call: KeptCall) => void;
  /** Counts calls, whether they are kept or not. */
  readonly count: (tally: Tally) => void;
}

/** The latest calls, in memory. */
export interface Calls extends CallSink, Pick<Tallies, 'recent'> {
  /** The kept calls, the latest first. */
  readonly latest: () => NumberedCall[];
  /** Undefined where it was never kept, or is kept no more. */
  readonly find: (number: number) => NumberedCall | undefined;
  /** Lets a listener hear of each call that is kept from now on; gives what ends that. */
  readonly listen: (listener: (call: NumberedCall) => void) => () => void;
}

/** How many calls are kept. */
export const MAX_CALLS = 500;
/** How much of their details is kept, in UTF-16 units: where calls are large, fewer are kept. */
const MAX_DETAILS = 2 ** 25;

export function createCalls(): Calls {
  const kept = new Map<number, NumberedCall>();
  const listeners = new Set<(call: NumberedCall) => void>();
  const { count, recent } = createTallies();
  let details = 0;
  let last = Date.now();
  return {
    keep: (call) => {
      last += 1;
      const numbered = { ...call, number: last };
      kept.set(last, numbered);
      details += call.detail.length;
      for (const [number, { detail }] of kept) {
        if (kept.size <= MAX_CALLS && details <= MAX_DETAILS) break;
        kept.delete(number);
        details -= detail.length;
      }
      for (const listener of listeners) listener(numbered);
    },
    count,
    recent,
    latest: () => [...kept.values()].reverse(),
    find: (number) => kept.get(number),
    listen: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
