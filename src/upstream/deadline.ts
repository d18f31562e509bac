import { AsyncLocalStorage } from 'node:async_hooks';

/** When the work that goes on here has to be over, by the clock of `performance`. */
const ends = new AsyncLocalStorage<number>();

/** The same work, with this many milliseconds for all the requests that it makes; what is around it may leave it less. */
export function withinTime<A extends unknown[], R>(ms: number, work: (...given: A) => R): (...given: A) => R {
  return (...given) => ends.run(performance.now() + Math.min(ms, timeLeft()), () => work(...given));
}

/** Milliseconds; infinite where nothing limits them. */
export function timeLeft(): number {
  return (ends.getStore() ?? Number.POSITIVE_INFINITY) - performance.now();
}
