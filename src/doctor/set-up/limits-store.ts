import { limitsStoreProblem } from '../../store/limits-store.js';
import { nameOfLimitsStore } from '../../store/limits-store-url.js';
import { type Check, good, toDo } from './finding.js';

/** The store of the rates, where there is one. It counts one call of nobody's, for a minute. */
export const checkLimitsStore: Check = async ({ config: { limitsStore } }) => {
  if (limitsStore === undefined) return [];
  const problem = await limitsStoreProblem(limitsStore);
  return [
    problem === undefined
      ? good('limits_store', `${nameOfLimitsStore(limitsStore)} counts`)
      : toDo('limits_store', problem),
  ];
};
