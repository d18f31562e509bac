import { type Config, ConfigError } from '../config/config.js';
import { loadConfig } from '../config/load.js';
import { actionNames } from '../core/actions.js';
import { providers } from '../providers/index.js';
import { loadProvider, provideSdk } from '../providers/load.js';

/** The configuration in a file. Throws an Error with a line for every problem, each with the file and its line. */
export type LoadConfig = (file: string) => Promise<Config>;

/** Loads configurations with the variables of the environment. */
export function configLoader(variables: Readonly<Record<string, string | undefined>>): LoadConfig {
  return async (file) => {
    try {
      return await loadConfig(file, { actions: actionNames, providers, loadProvider: loadOwnProvider, variables });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new Error(
        error.problems.map(({ line, message }) => (line === 0 ? message : `${file}:${line}: ${message}`)).join('\n'),
      );
    }
  };
}

/** Makes a process ready for the providers of a configuration that another one has loaded. */
export function prepareOwnProviders({ applications }: Config): void {
  const named = applications.flatMap(({ provider, shadow }) => (shadow ? [provider, shadow.provider] : [provider]));
  if (named.some((name) => providers.every((known) => known.name !== name))) provideSdk();
}

/** Loads the provider of a module that the configuration names. Only then the process is made ready for one. */
function loadOwnProvider(module: string): ReturnType<typeof loadProvider> {
  provideSdk();
  return loadProvider(module);
}
