import { dirname } from 'node:path';
import { probeApplications } from '../applications/probe.js';
import { type Config, ConfigError, type ConfigProblem } from '../config/config.js';
import type { LocatedConfig } from '../config/load.js';
import { formatPath, nowhere, type Path, type PlaceOf } from '../config/places.js';
import { warningsOf } from '../config/warnings.js';
import { checkLimitsStore } from '../doctor/set-up/limits-store.js';
import { listenerProblems, takenPorts } from '../doctor/set-up/listeners.js';
import { checkStoreAndKey } from '../doctor/set-up/store.js';
import { isFolderWritable } from '../shared/directories.js';
import { messageOf } from '../shared/errors.js';
import type { Environment } from './environment.js';
import { lineOf } from './locate-config.js';

/** What was found in a configuration: a problem keeps the bridge from serving it, a warning does not. */
interface CheckedProblem extends ConfigProblem {
  readonly severity: 'error' | 'warning';
}

export interface Checked {
  /** Whether there are no problems but warnings. */
  readonly isGood: boolean;
  /** How many applications it has; 0 where it cannot be loaded. */
  readonly applications: number;
  readonly problems: readonly CheckedProblem[];
}

export interface CheckOptions {
  /** Throws an Error with one line for the operator. */
  readonly environment: () => Environment;
  /** Whether PostgreSQL and the modern APIs are asked. */
  readonly isOnline: boolean;
}

/** Finds all that keeps the bridge from serving a configuration, and what it had better be, and changes nothing. */
export async function checkConfiguration(
  locate: () => Promise<LocatedConfig>,
  { environment, isOnline }: CheckOptions,
): Promise<Checked> {
  const [found, ofEnvironment] = [await attempt(locate), await attempt(async () => environment())];
  const { config, placeOf = nowhere } = found.value ?? {};
  const at = (severity: CheckedProblem['severity']) => toProblem(severity, placeOf);
  const problems = [
    ...problemsOf(found.error),
    ...problemsOf(ofEnvironment.error),
    ...(config ? warningsOf(config).map(at('warning')) : []),
  ];
  if (config) {
    const runtime = ofEnvironment.value;
    const key = runtime?.key;
    const setUp = runtime && { config, key, proxies: runtime.proxies, isOnline, credential: undefined };
    const [unlistened, taken, unconnected, unrecorded, ofStore, ofLimitsStore] = await Promise.all([
      listenerProblems(config),
      takenPorts(config),
      // What the environment decides is not known where it cannot be read: whose key, and by which proxies.
      probeApplications(config, { proxies: runtime?.proxies, isOnline: isOnline && setUp !== undefined }),
      recordProblems(config),
      setUp ? checkStoreAndKey(setUp) : [],
      setUp && isOnline ? checkLimitsStore(setUp) : [],
    ]);
    problems.push(...[...unlistened, ...unconnected, ...unrecorded].map(at('error')), ...taken.map(at('warning')));
    for (const { what, isGood, isServed, says } of [...ofStore, ...ofLimitsStore]) {
      // The variable is no key of the configuration.
      const path = what !== 'key' ? [what] : key ? [] : ['key_file'];
      if (!isGood) problems.push(at(isServed ? 'warning' : 'error')({ path, message: says }));
    }
  }
  return {
    isGood: problems.every(({ severity }) => severity === 'warning'),
    applications: config?.applications.length ?? 0,
    problems: problems.toSorted((one, other) => one.line - other.line || one.column - other.column),
  };
}

async function attempt<T>(work: () => Promise<T>): Promise<{ readonly value?: T; readonly error?: unknown }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
}

/** The problems of an error that ended some work; none where it did not end in one. */
function problemsOf(error: unknown): CheckedProblem[] {
  if (error === undefined) return [];
  const problems =
    error instanceof ConfigError ? error.problems : [{ path: '', ...nowhere([]), message: messageOf(error) }];
  return problems.map((problem) => ({ ...problem, severity: 'error' }));
}

const toProblem =
  (severity: CheckedProblem['severity'], placeOf: PlaceOf) =>
  ({ path, message }: { readonly path: Path; readonly message: string }): CheckedProblem => ({
    ...(path.length === 0 ? nowhere([]) : placeOf(path)),
    path: formatPath(path),
    message,
    severity,
  });

async function recordProblems({ record }: Config) {
  if (!record || (await isFolderWritable(record.file))) return [];
  const message = `record.file: this user may not write to the folder ${dirname(record.file)}; name a file in another`;
  return [{ path: ['record', 'file'], message }];
}

/** A line for each problem, behind the name of the configuration. */
export function toLines(name: string, { problems }: Checked): string[] {
  return problems.map((problem) => {
    const line = lineOf(name, problem);
    return problem.severity === 'warning' ? `warning: ${line}` : line;
  });
}

/** One JSON document; a line and a column that are not known are null. */
export function toJson(name: string, { isGood, applications, problems }: Checked): string {
  const listed = problems.map(({ severity, line, column, path, message }) => ({
    severity,
    line: line || null,
    column: column || null,
    path,
    message,
  }));
  return JSON.stringify({ configuration: name, ok: isGood, applications, problems: listed }, undefined, 2);
}
