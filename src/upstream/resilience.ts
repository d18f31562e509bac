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
export class UpstreamOutage extends Error {
  readonly fault: Fault;
  /** Whether the same request may do better in a moment. */
  readonly retryable: boolean;

  constructor(fault: Fault, isPassing: boolean) {
    super(fault.message, { cause: fault });
    this.name = 'Outage';
    this.fault = fault;
    this.retryable = isPassing;
  }
}

/** `open`: nothing is sent. `half-open`: one request is under way to find out. */
export type BreakerState = 'closed' | 'open' | 'half-open';

export interface ResilienceOptions {
  /** Requests in flight at a moment; three times as many wait, the rest is refused. */
  readonly slots: number;
  /** Milliseconds from its last outage until one request tries whether the API is back. */
  readonly tryAfterMs: number;
  readonly onState?: ((state: BreakerState) => void) | undefined;
}

/** Stands in front of one modern API, so that its outage costs it alone. */
export interface Resilience {
  /**
   * Does `exchange`, in its turn. Where it throws an Outage that may pass and `mayRepeat`, it is done once more.
   * `timeLeft` gives the milliseconds for each time, waiting for the turn included. Throws a Fault where it is not the
   * time for it, and what `exchange` throws.
   */
  readonly run: <T>(
    exchange: (signal: AbortSignal) => Promise<T>,
    rules: { readonly mayRepeat: boolean; readonly timeLeft: () => number },
  ) => Promise<T>;
  readonly state: () => BreakerState;
}

/** So many times as many as there are slots may wait for one. */
const QUEUE_FACTOR = 3;
/** So many outages in a row, of any caller, and the modern API is left alone. */
const CONSECUTIVE_OUTAGES = 20;
/** About how long a read waits before its second time: a random part of it. */
const RETRY_AFTER_MS = 150;

const words: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Isolated]: 'open',
};

export function createResilience({ slots, tryAfterMs, onState }: ResilienceOptions): Resilience {
  const outages = handleType(UpstreamOutage);
  const breaker = circuitBreaker(outages, {
    halfOpenAfter: tryAfterMs,
    breaker: new ConsecutiveBreaker(CONSECUTIVE_OUTAGES),
  });
  const queued = createBulkhead(slots);
  const retryOnce = retry(
    handleType(UpstreamOutage, ({ retryable }) => retryable),
    { maxAttempts: 1, backoff: new ExponentialBackoff({ initialDelay: RETRY_AFTER_MS, maxDelay: 500 }) },
  );
  let halfOpenAt = 0;
  /** Until when the API asked to be left in peace. */
  let retryNotBefore = 0;
  breaker.onStateChange((state) => {
    if (state === CircuitState.Open) halfOpenAt = Date.now() + tryAfterMs;
    onState?.(words[state]);
  });

  /** What the library throws before the exchange began. */
  const isRefusal = (error: unknown) =>
    types.isNativeError(error) && (isBulkheadRejectedError(error) || isBrokenCircuitError(error));

  /** While one request finds out, the library would let the others wait for it. */
  const admit = () => {
    const isShut =
      breaker.state === CircuitState.HalfOpen || (breaker.state === CircuitState.Open && Date.now() < halfOpenAt);
    if (!isShut) return;
    const retryAfter = Math.max(1, Math.ceil((Math.max(halfOpenAt, retryNotBefore) - Date.now()) / 1000));
    throw new Fault('unavailable', { retryAfter, cause: new Error('left alone after too many outages') });
  };

  const once = async <T>(exchange: (signal: AbortSignal) => Promise<T>, ms: number): Promise<T> => {
    admit();
    if (ms <= 0) throw new Fault('unavailable', { cause: new Error('the time of the call is over') });
    const signal = AbortSignal.timeout(Math.ceil(ms));
    try {
      return await queued(() => {
        admit();
        return breaker.execute(() => exchange(signal));
      }, signal);
    } catch (error) {
      if (error instanceof UpstreamOutage) retryNotBefore = Date.now() + (error.fault.retryAfter ?? 0) * 1000;
      throw isRefusal(error) ? new Fault('unavailable', { cause: new Error(messageOf(error)) }) : error;
    }
  };

  return {
    run: (exchange, { mayRepeat, timeLeft }) =>
      mayRepeat ? retryOnce.execute(() => once(exchange, timeLeft())) : once(exchange, timeLeft()),
    state: () => words[breaker.state],
  };
}

/** Lets work begin in the order in which it came, so much of it at a moment; until its signal it waits. */
function createBulkhead(slots: number) {
  const turns = bulkhead(slots, QUEUE_FACTOR * slots);
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
