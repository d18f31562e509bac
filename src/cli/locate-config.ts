import { ConfigError, type ConfigProblem } from '../config/config.js';
import { type LocatedConfig, locateConfig } from '../config/load.js';
import { type ConfigText, readConfigFile } from '../config/source.js';
import type { Variables } from '../config/variables.js';
import { actionNames } from '../core/actions.js';
import { providers } from '../providers/index.js';
import { loadProvider, provideSdk } from '../providers/load.js';

/** The configuration in a file, which the operator knows by this name, with the places of its keys. Throws ConfigError. */
export async function locateFile(file: string, name: string, variables: Variables): Promise<LocatedConfig> {
  return locateText(await readConfigFile(file, name), variables);
}

/** The same in a text. */
export function locateText(text: ConfigText, variables: Variables): Promise<LocatedConfig> {
  return locateConfig(text, { actions: actionNames, providers, loadProvider: loadOwnProvider, variables });
}

/** An error of a configuration of this name as one with a line for every problem; any other as it is. */
export function inLines(error: unknown, name: string): unknown {
  if (!(error instanceof ConfigError)) return error;
  return new Error(error.problems.map((problem) => lineOf(name, problem)).join('\n'));
}

/** A problem in a line, behind the name of its configuration unless the message has it. */
export const lineOf = (name: string, { line, message }: Pick<ConfigProblem, 'line' | 'message'>) =>
  line === 0 ? message : `${name}:${line}: ${message}`;

/** Loads the provider of a module that the configuration names. Only then the process is made ready for one. */
function loadOwnProvider(module: string): ReturnType<typeof loadProvider> {
  provideSdk();
  return loadProvider(module);
}
