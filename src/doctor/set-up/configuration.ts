import { warningsOf } from '../../config/warnings.js';
import { type Check, good, toDo } from './finding.js';

/** The configuration, which has been loaded, and what it warns of. */
export const checkConfiguration: Check = async ({ config }) => {
  const what = 'configuration';
  const { length } = config.applications;
  return [good(what, `${length} application(s)`), ...warningsOf(config).map((warning) => toDo(what, warning))];
};
