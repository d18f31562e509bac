import { warningsOf } from '../../config/warnings.js';
import { advise, type Check, good, toDo } from './finding.js';
import { listenerProblems } from './listeners.js';

/** The configuration, which has been loaded, and what it warns of. */
export const checkConfiguration: Check = async ({ config }) => {
  const what = 'configuration';
  const { length } = config.applications;
  return [
    good(what, `${length} application(s)`),
    ...warningsOf(config).map(({ message }) => advise(what, message)),
    ...(await listenerProblems(config)).map(({ message }) => toDo(what, message)),
  ];
};
