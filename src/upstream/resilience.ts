import { types } from 'node:util';
import {
  bulkhead,
  CircuitState,
  circuitBreaker,
  ExponentialBackoff,
  handleType,
  isBrokenCircuitError,
  isBulkheadRejectedError,
  retry,
} from 'cockatiel';
import { Fault } from '../core/fault.js';
import { messageOf } from '../shared/errors.js';
import { startTimer } from '../shared/timer.js';
import { type Caller, type CountedOutage, createOutageCount } from './outage-count.js';

/** An outage of a modern API, with the fault that the caller gets. */
export class UpstreamOutage extends Error implements CountedOutage {
  readonly fault: Fault;
  /** Whether the same request may succeed in a moment. */
  readonly retryable: boolean;
  readonly kind: CountedOutage['kind'];
  readonly caller: Caller;

  constructor(fault: Fault, { retryable, kind, caller }: CountedOutage & { readonly retryable: boolean }) {
    super(fault.message, { cause: fault });
    this.name = 'UpstreamOutage';
    this.fault = fault;
    this.retryable = retryable;
    this.kind = kind;
    this.caller = caller;
  }
}

/**
 * `open`: no request is sent but for those who were served before. `half-open`: one request is in flight as a probe.
 */
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
   * Runs `attempt` of a caller as soon as the bulkhead has a slot. With `mayRepeat`, it is repeated once after a retryable outage.
   * `timeLeft` gives the timeout of each attempt in milliseconds, time in the queue included. Rejects with a Fault
   * where the attempt is not made, and with the error of `attempt`.
   */
  readonly run: <T>(
    attempt: (timeoutMs: number) => Promise<T>,
    rules: { readonly mayRepeat: boolean; readonly timeLeft: () => number; readonly caller?: Caller },
  ) => Promise<T>;
  readonly state: () => BreakerState;
  /** Changes the most requests in flight. Those that run or wait are not among the new number. */
  readonly resize: (slots: number) => void;
}

/** The length of the queue, as a multiple of the slots. */
const QUEUE_FACTOR = 3;
/** Backoff before a read is repeated, in milliseconds; jittered. */
const RETRY_BACKOFF_MS = 150;

const breakerStates: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Isolated]: 'open',
};

export function createResilience({ slots, tryAfterMs, onState }: ResilienceOptions): Resilience {
  const outages = createOutageCount();
  /** When a probe is due, in milliseconds of `performance.now()`. */
  let halfOpenAt = 0;
  /** The end of the wait that the API asked for, likewise. */
  let retryNotBefore = 0;
  /** Requests that passed the open breaker and are in flight, and whether the last one that was over was served. */
  let passing = 0;
  let passedWell = false;
  const breaker = circuitBreaker(
    handleType(UpstreamOutage, (outage) => {
      const isOnesOwn = outages.isOnesOwn(outage);
      const isCounted = outages.add(outage);
      if (isCounted) retryNotBefore = performance.now() + (outage.fault.retryAfter ?? 0) * 1000;
      // What is not handled is a success to the library, and a probe that has one closes the breaker.
      return isCounted || (breaker.state === CircuitState.HalfOpen && !isOnesOwn);
    }),
    {
      // When a probe is due is decided by `isOpen`: the clock of the library may be set.
      halfOpenAfter: Number.NEGATIVE_INFINITY,
      breaker: { state: undefined, success: () => outages.clear(), failure: outages.isFull },
    },
  );
  let size = slots;
  let queued = createBulkhead(slots);
  const retryOnce = retry(
    handleType(UpstreamOutage, ({ retryable }) => retryable),
    { maxAttempts: 1, backoff: new ExponentialBackoff({ initialDelay: RETRY_BACKOFF_MS, maxDelay: 500 }) },
  );
  breaker.onStateChange((state) => {
    if (state === CircuitState.Open) {
      halfOpenAt = performance.now() + tryAfterMs;
      outages.clear('all');
      passedWell = false;
    }
    onState?.(breakerStates[state]);
  });

  /** Whether the library rejected the request without making the attempt. */
  const isRejected = (error: unknown) =>
    types.isNativeError(error) && (isBulkheadRejectedError(error) || isBrokenCircuitError(error));

  /** Rejects requests while a probe is in flight; the library would queue them behind it. */
  const isOpen = () =>
    breaker.state === CircuitState.HalfOpen || (breaker.state === CircuitState.Open && performance.now() < halfOpenAt);
  const leftAlone = () => {
    const retryAfter = Math.max(1, Math.ceil((Math.max(halfOpenAt, retryNotBefore) - performance.now()) / 1000));
    return new Fault('unavailable', { retryAfter, cause: new Error('left alone after too many outages') });
  };

  /** The outages may be others' own: who was served before passes, at first one alone, and all while they are served. */
  const mayPass = (caller: Caller) => outages.isServed(caller) && (passing === 0 || passedWell);
  const pass = async <T>(attempt: () => Promise<T>): Promise<T> => {
    passing += 1;
    try {
      const result = await attempt();
      passedWell = true;
      // The next request of anyone is a probe.
      halfOpenAt = 0;
      return result;
    } catch (error) {
      passedWell = false;
      if (error instanceof UpstreamOutage) outages.add(error);
      throw error;
    } finally {
      passing -= 1;
    }
  };

  const runOnce = async <T>(
    attempt: (timeoutMs: number) => Promise<T>,
    timeoutMs: number,
    caller: Caller,
  ): Promise<T> => {
    if (isOpen() && !mayPass(caller)) throw leftAlone();
    if (timeoutMs <= 0) throw new Fault('unavailable', { cause: new Error('the time of the call is over') });
    try {
      const result = await queued((leftMs) => {
        if (!isOpen()) return breaker.execute(() => attempt(leftMs));
        if (!mayPass(caller)) throw leftAlone();
        return pass(() => attempt(leftMs));
      }, timeoutMs);
      if (!(result instanceof Fault)) outages.serve(caller);
      return result;
    } catch (error) {
      throw isRejected(error) ? new Fault('unavailable', { cause: new Error(messageOf(error)) }) : error;
    }
  };
  const run: Resilience['run'] = (attempt, { mayRepeat, timeLeft, caller }) =>
    mayRepeat ? retryOnce.execute(() => runOnce(attempt, timeLeft(), caller)) : runOnce(attempt, timeLeft(), caller);

  return {
    run: (attempt, rules) =>
      run(attempt, rules).catch((error: unknown) => {
        throw error instanceof UpstreamOutage ? error.fault : error;
      }),
    state: () => breakerStates[breaker.state],
    resize: (next) => {
      if (next === size) return;
      size = next;
      queued = createBulkhead(next);
    },
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
      const timer = startTimer(() => reject(timedOut()), timeoutMs);
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
