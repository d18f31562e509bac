import { AsyncResource } from 'node:async_hooks';
import { types } from 'node:util';
import {
  bulkhead,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleType,
  isBrokenCircuitError,
  isBulkheadRejectedError,
  retry,
} from 'cockatiel';
import { Fault } from '../core/fault.js';
import { messageOf } from '../shared/errors.js';

/** That a modern API is out of order, and the fault that the caller gets for it. */
export class Outage extends Error {
  readonly fault: Fault;
  /** Whether the same request may do better in a moment. */
  readonly isPassing: boolean;

  constructor(fault: Fault, isPassing: boolean) {
    super(fault.message, { cause: fault });
    this.name = 'Outage';
    this.fault = fault;
    this.isPassing = isPassing;
  }
}

/** `open`: nothing is sent. `half-open`: one request is under way to find out. */
export type GuardState = 'closed' | 'open' | 'half-open';

export interface GuardOptions {
  /** Requests in flight at a moment; three times as many wait, the rest is refused. */
  readonly slots: number;
  /** Milliseconds from its last outage until one request tries whether the API is back. */
  readonly tryAfterMs: number;
  readonly onState?: ((state: GuardState) => void) | undefined;
}

/** Stands in front of one modern API, so that its outage costs it alone. */
export interface Guard {
  /**
   * Does `exchange`, in its turn. Where it throws an Outage that may pass and `mayRepeat`, it is done once more.
   * `timeLeft` gives the milliseconds for each time, waiting for the turn included. Throws a Fault where it is not the
   * time for it, and what `exchange` throws.
   */
  readonly run: <T>(
    exchange: (signal: AbortSignal) => Promise<T>,
    rules: { readonly mayRepeat: boolean; readonly timeLeft: () => number },
  ) => Promise<T>;
  readonly state: () => GuardState;
}

/** So many times as many as there are slots may wait for one. */
const WAITING = 3;
/** So many outages in a row, of any caller, and the modern API is left alone. */
const OUTAGES_IN_A_ROW = 20;
/** About how long a read waits before its second time: a random part of it. */
const SECOND_TIME_AFTER_MS = 150;

const words: Readonly<Record<CircuitState, GuardState>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Isolated]: 'open',
};

export function createGuard({ slots, tryAfterMs, onState }: GuardOptions): Guard {
  const outages = handleType(Outage);
  const breaker = circuitBreaker(outages, {
    halfOpenAfter: tryAfterMs,
    breaker: new ConsecutiveBreaker(OUTAGES_IN_A_ROW),
  });
  const takeTurn = createTurns(slots);
  const secondTime = retry(
    handleType(Outage, ({ isPassing }) => isPassing),
    { maxAttempts: 1, backoff: new ExponentialBackoff({ initialDelay: SECOND_TIME_AFTER_MS, maxDelay: 500 }) },
  );
  let tryAt = 0;
  /** Until when the API asked to be left in peace. */
  let askedUntil = 0;
  breaker.onStateChange((state) => {
    if (state === CircuitState.Open) tryAt = Date.now() + tryAfterMs;
    onState?.(words[state]);
  });

  /** What the library throws before the exchange began. */
  const isRefusal = (error: unknown) =>
    types.isNativeError(error) && (isBulkheadRejectedError(error) || isBrokenCircuitError(error));

  /** While one request finds out, the library would let the others wait for it. */
  const admit = () => {
    const isShut =
      breaker.state === CircuitState.HalfOpen || (breaker.state === CircuitState.Open && Date.now() < tryAt);
    if (!isShut) return;
    const retryAfter = Math.max(1, Math.ceil((Math.max(tryAt, askedUntil) - Date.now()) / 1000));
    throw new Fault('unavailable', { retryAfter, cause: new Error('left alone after too many outages') });
  };

  const once = async <T>(exchange: (signal: AbortSignal) => Promise<T>, ms: number): Promise<T> => {
    admit();
    if (ms <= 0) throw new Fault('unavailable', { cause: new Error('the time of the call is over') });
    const signal = AbortSignal.timeout(Math.ceil(ms));
    try {
      return await takeTurn(() => {
        admit();
        return breaker.execute(() => exchange(signal));
      }, signal);
    } catch (error) {
      if (error instanceof Outage) askedUntil = Date.now() + (error.fault.retryAfter ?? 0) * 1000;
      throw isRefusal(error) ? new Fault('unavailable', { cause: new Error(messageOf(error)) }) : error;
    }
  };

  return {
    run: (exchange, { mayRepeat, timeLeft }) =>
      mayRepeat ? secondTime.execute(() => once(exchange, timeLeft())) : once(exchange, timeLeft()),
    state: () => words[breaker.state],
  };
}

/** Lets work begin in the order in which it came, so much of it at a moment; until its signal it waits. */
function createTurns(slots: number) {
  const turns = bulkhead(slots, WAITING * slots);
  return <T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const over = () => new Fault('unavailable', { cause: new Error('no turn in time') });
      let hasBegun = false;
      signal.addEventListener('abort', () => {
        if (!hasBegun) reject(over());
      });
      // Without the signal, which would have the library forget those that wait behind; and as part of the call that
      // it belongs to, not of the one that made room.
      const begin = AsyncResource.bind(async () => {
        if (signal.aborted) throw over();
        hasBegun = true;
        return work();
      });
      turns.execute(begin).then(resolve, reject);
    });
}
