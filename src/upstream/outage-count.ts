import { randomInt } from 'node:crypto';

/** Stands for the credential of a request; undefined where it has none. */
export type Caller = number | undefined;

const SEED = randomInt(2 ** 32);

/** A number that does not tell the credential, by which equal ones are known: http://www.isthe.com/chongo/tech/comp/fnv/. */
export function callerOf(credential: string | undefined): Caller {
  if (credential === undefined) return undefined;
  let hash = SEED;
  for (let index = 0; index < credential.length; index += 1) {
    hash = Math.imul(hash ^ credential.charCodeAt(index), 0x01000193);
  }
  return hash;
}

/** An outage, as far as it counts. */
export interface CountedOutage {
  readonly caller: Caller;
  /** `unreached`: no credential can bring that about. `silent`: no reply in time. `reply`: one that tells of an outage. */
  readonly kind: 'unreached' | 'silent' | 'reply';
}

/**
 * The outages of a modern API that count towards its breaker, and who was served. What one credential brings about, such
 * as a token at which the API fails, MUST NOT shut out others.
 */
export interface OutageCount {
  /**
   * Counts an outage, and tells whether it does count: of one credential only the first in a minute, and of one that was
   * never served none while others are.
   */
  readonly add: (outage: CountedOutage) => boolean;
  /** Whether so many count that the API is to be left alone. */
  readonly isFull: () => boolean;
  /** Forgets the outages; with `all`, that anyone was served lately too. */
  readonly clear: (all?: 'all') => void;
  /** Notes a success. */
  readonly serve: (caller: Caller) => void;
  /** Whether a caller was served, and had no outage since. */
  readonly isServed: (caller: Caller) => boolean;
  /** Whether an outage may be its caller's alone: others were served a moment ago. */
  readonly isOnesOwn: (outage: CountedOutage) => boolean;
}

const OUTAGES = 20;
/** How long an outage counts, in milliseconds. */
const WINDOW_MS = 60_000;
/** For how many milliseconds a success shows that others are served. */
const SERVED_MS = 10_000;
/** How many callers that were served are remembered, at least. */
const MAX_SERVED = 10_000;

/** `now` gives milliseconds. */
export function createOutageCount(now = () => performance.now()): OutageCount {
  let counted: { readonly caller: Caller; readonly at: number }[] = [];
  /** Those who were served last, and those before them. */
  let served = new Set<number>();
  let servedBefore = new Set<number>();
  let lastServed = Number.NEGATIVE_INFINITY;

  const isServed = (caller: Caller) => caller !== undefined && (served.has(caller) || servedBefore.has(caller));
  const isOnesOwn = ({ caller, kind }: CountedOutage) =>
    caller !== undefined && kind !== 'unreached' && now() - lastServed < SERVED_MS;
  const counts = (outage: CountedOutage) => {
    const { caller, kind } = outage;
    if (caller === undefined || kind === 'unreached') return true;
    if (isOnesOwn(outage)) return isServed(caller) && !counted.some((earlier) => earlier.caller === caller);
    return kind === 'silent' || !counted.some((earlier) => earlier.caller === caller);
  };
  return {
    add: (outage) => {
      const at = now();
      counted = counted.filter((earlier) => at - earlier.at < WINDOW_MS);
      const isCounted = counts(outage);
      if (isCounted) counted.push({ caller: outage.caller, at });
      if (outage.caller !== undefined) {
        served.delete(outage.caller);
        servedBefore.delete(outage.caller);
      }
      return isCounted;
    },
    isFull: () => counted.length >= OUTAGES,
    clear: (all) => {
      if (counted.length > 0) counted = [];
      if (all) lastServed = Number.NEGATIVE_INFINITY;
    },
    serve: (caller) => {
      if (caller === undefined) return;
      lastServed = now();
      if (served.has(caller)) return;
      if (served.size >= MAX_SERVED) {
        servedBefore = served;
        served = new Set();
      }
      served.add(caller);
    },
    isServed,
    isOnesOwn,
  };
}
