import type { Watch } from '../core/exchange.js';
import { type CallSink, MAX_CALLS } from './calls.js';
import { keepCall } from './kept-call.js';

/**
 * How many calls are kept in a second, of those with success and of the others. To mask one costs a quarter of a
 * millisecond, about as much as the call itself, and under load nobody reads them all. After a rest, MAX_CALLS are kept
 * at once.
 */
const KEPT_PER_SECOND = 50;

/** Gives what keeps and counts calls in a sink. A call beyond its budget is counted, and not kept. */
export function createInspector({ keep, count }: CallSink): Watch {
  const successes = createBudget();
  const failures = createBudget();
  return (exchange) => {
    const { ms, cause } = exchange;
    const isFailure = cause !== undefined;
    const isKept = (isFailure ? failures : successes).take();
    count({ calls: 1, failures: isFailure ? 1 : 0, unkept: isKept ? 0 : 1, ms, maxMs: ms });
    if (isKept) keep(keepCall(exchange));
  };
}

/** A token bucket. */
function createBudget() {
  let left = MAX_CALLS;
  let filledAt = performance.now();
  return {
    /** False where nothing is left. */
    take: (): boolean => {
      const now = performance.now();
      left = Math.min(MAX_CALLS, left + ((now - filledAt) / 1000) * KEPT_PER_SECOND);
      filledAt = now;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
