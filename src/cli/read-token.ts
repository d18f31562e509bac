import { readFile } from 'node:fs/promises';
import type { Io } from './io.js';

/** The auth_token in a file that the operator names, without the line end behind it. Throws an Error with one line for the operator. */
export async function readToken(file: string, pathOf: Io['pathOf']): Promise<string> {
  const token = (await readFile(pathOf(file), 'utf8')).replace(/\r?\n$/, '');
  if (token === '') throw new Error(`there is no auth_token in ${file}`);
  return token;
}
