import type { Io } from './io.js';

/**
 * The secret in a file that an option names: its first line, as with the keys of the configuration that name one. `noun` is what
 * it is, such as `auth_token`. Throws an Error with one line for the operator.
 */
export async function readSecret(file: string, noun: string, pathOf: Io['pathOf']): Promise<string> {
  const { readSecretFile } = await import('../config/secret-files.js');
  const { secret, problem } = readSecretFile(pathOf(file), noun);
  if (secret === undefined) throw new Error(problem);
  return secret;
}
