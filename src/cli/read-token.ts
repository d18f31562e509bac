import { readFile } from 'node:fs/promises';

/** The auth_token in a file, without the line end behind it. Throws an Error with one line for the operator. */
export async function readToken(file: string): Promise<string> {
  const token = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  if (token === '') throw new Error(`there is no auth_token in ${file}`);
  return token;
}
