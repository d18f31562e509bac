import { AsyncLocalStorage } from 'node:async_hooks';

/** The deadline of the current call, by the clock of `performance`. */
const deadlines = new AsyncLocalStorage<number>();

/** Runs work under a deadline in milliseconds; a deadline that already holds is never extended. */
export function withDeadline<T>(ms: number, work: () => T): T {
  return deadlines.run(performance.now() + Math.min(ms, remainingMs()), work);
}

/** Milliseconds until the deadline; infinite without one. */
export function remainingMs(): number {
  return (deadlines.getStore() ?? Number.POSITIVE_INFINITY) - performance.now();
}
