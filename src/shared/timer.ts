/** The longest delay that Node takes; a longer one would be over at once. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Calls back when `ms` milliseconds are over by the clock of `performance`, and never before: a call that gives up at its
 * deadline MUST NOT find time left for one more request. `setTimeout` alone cuts the fractions of the delay and of the
 * clock that it adds it to, and so calls back up to two milliseconds early; and at once where the delay is too long for
 * it, which is cut here. `clearTimeout` stops it.
 */
export function startTimer(callback: () => void, ms: number): NodeJS.Timeout {
  return setTimeout(callback, Math.min(Math.ceil(Math.max(0, ms)) + 1, LONGEST_MS));
}
