/** Whether long rounds are run in full, as `npm run test:long` does. */
const isLong = process.env.ROUNDS === 'long';

/** The rounds of the same that a test makes: a share of them in `npm test`, all in `npm run test:long`. */
export function rounds<T>(short: T, long: T): T {
  return isLong ? long : short;
}
