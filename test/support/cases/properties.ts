import fc from 'fast-check';

/**
 * The seed of every generated value, so that two runs of the tests try the same ones. `PROPERTY_SEED=N npm test` tries
 * others; `npm run fuzz` takes a new seed each time.
 */
export const seed = Number(process.env.PROPERTY_SEED ?? 1);

fc.configureGlobal({ seed });

export { fc };
