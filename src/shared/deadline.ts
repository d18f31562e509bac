import { AsyncLocalStorage } from 'node:async_hooks';

/** When the call that goes on here has to be over, by the clock of `performance`. */
const deadlines = new AsyncLocalStorage<number>();

/** Does work that has this many milliseconds for all the requests that it makes, or less where it is part of other work. */
export function withDeadline<T>(ms: number, work: () => T): T {
  return deadlines.run(performance.now() + Math.min(ms, remainingMs()), work);
}

/** Milliseconds until the deadline; infinite without one. */
export function remainingMs(): number {
  return (deadlines.getStore() ?? Number.POSITIVE_INFINITY) - performance.now();
}
