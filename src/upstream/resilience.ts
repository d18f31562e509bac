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

/** An outage of a modern API, with the fault that the caller gets. */
export class UpstreamOutage extends Error {
  readonly fault: Fault;
  /** Whether the same request may succeed in a moment. */
  readonly retryable: boolean;

  constructor(fault: Fault, retryable: boolean) {
    super(fault.message, { cause: fault });
    this.name = 'UpstreamOutage';
    this.fault = fault;
    this.retryable = retryable;
  }
}

/** `open`: no request is sent. `half-open`: one request is in flight as a probe. */
export type BreakerState = 'closed' | 'open' | 'half-open';

export interface ResilienceOptions {
  /** The most requests in flight. Three times as many may be queued; further ones are rejected. */
  readonly slots: number;
  /** Milliseconds from the last outage until a probe is sent. */
  readonly tryAfterMs: number;
  readonly onState?: ((state: BreakerState) => void) | undefined;
}

/** Bulkhead, breaker and retry in front of one modern API, so that its outage affects no other. */
export interface Resilience {
  /**
   * Runs `attempt` as soon as the bulkhead has a slot. With `mayRepeat`, it is repeated once after a retryable outage.
   * `timeLeft` gives the timeout of each attempt in milliseconds, time in the queue included. Rejects with a Fault
   * where the attempt is not made, and with the error of `attempt`.
   */
  readonly run: <T>(
    attempt: (timeoutMs: number) => Promise<T>,
    rules: { readonly mayRepeat: boolean; readonly timeLeft: () => number },
  ) => Promise<T>;
  readonly state: () => BreakerState;
}

/** The length of the queue, as a multiple of the slots. */
const QUEUE_FACTOR = 3;
/** Consecutive outages, of any callers, after which the breaker opens. */
const CONSECUTIVE_OUTAGES = 20;
/** Backoff before a read is repeated, in milliseconds; jittered. */
const RETRY_BACKOFF_MS = 150;

const breakerStates: Readonly<Record<CircuitState, BreakerState>> = {
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
    { maxAttempts: 1, backoff: new ExponentialBackoff({ initialDelay: RETRY_BACKOFF_MS, maxDelay: 500 }) },
  );
  let halfOpenAt = 0;
  /** The end of the wait that the API asked for. */
  let retryNotBefore = 0;
  breaker.onStateChange((state) => {
    if (state === CircuitState.Open) halfOpenAt = Date.now() + tryAfterMs;
    onState?.(breakerStates[state]);
  });

  /** Whether the library rejected the request without making the attempt. */
  const isRejected = (error: unknown) =>
    types.isNativeError(error) && (isBulkheadRejectedError(error) || isBrokenCircuitError(error));

  /** Rejects requests while a probe is in flight; the library would queue them behind it. */
  const assertNotOpen = () => {
    const isOpen =
      breaker.state === CircuitState.HalfOpen || (breaker.state === CircuitState.Open && Date.now() < halfOpenAt);
    if (!isOpen) return;
    const retryAfter = Math.max(1, Math.ceil((Math.max(halfOpenAt, retryNotBefore) - Date.now()) / 1000));
    throw new Fault('unavailable', { retryAfter, cause: new Error('left alone after too many outages') });
  };

  const runOnce = async <T>(attempt: (timeoutMs: number) => Promise<T>, timeoutMs: number): Promise<T> => {
    assertNotOpen();
    if (timeoutMs <= 0) throw new Fault('unavailable', { cause: new Error('the time of the call is over') });
    try {
      return await queued((leftMs) => {
        assertNotOpen();
        return breaker.execute(() => attempt(leftMs));
      }, timeoutMs);
    } catch (error) {
      if (error instanceof UpstreamOutage) retryNotBefore = Date.now() + (error.fault.retryAfter ?? 0) * 1000;
      throw isRejected(error) ? new Fault('unavailable', { cause: new Error(messageOf(error)) }) : error;
    }
  };
  const run: Resilience['run'] = (attempt, { mayRepeat, timeLeft }) =>
    mayRepeat ? retryOnce.execute(() => runOnce(attempt, timeLeft())) : runOnce(attempt, timeLeft());

  return {
    run: (attempt, rules) =>
      run(attempt, rules).catch((error: unknown) => {
        throw error instanceof UpstreamOutage ? error.fault : error;
      }),
    state: () => breakerStates[breaker.state],
  };
}

/**
 * Runs work in the order of arrival, up to `slots` at a time, and tells it how many milliseconds of its timeout are left.
 * Work that is queued when its timeout is over is rejected.
 */
function createBulkhead(slots: number) {
  const policy = bulkhead(slots, QUEUE_FACTOR * slots);
  return <T>(work: (leftMs: number) => Promise<T>, timeoutMs: number): Promise<T> => {
    if (policy.executionSlots > 0) return policy.execute(() => work(timeoutMs));
    return new Promise<T>((resolve, reject) => {
      const timedOut = () => new Fault('unavailable', { cause: new Error('no turn in time') });
      const deadline = performance.now() + timeoutMs;
      const timer = setTimeout(() => reject(timedOut()), timeoutMs);
      const begin = async () => {
        clearTimeout(timer);
        const leftMs = deadline - performance.now();
        if (leftMs <= 0) throw timedOut();
        return work(leftMs);
      };
      policy.execute(begin).then(resolve, (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      });
    });
  };
}
