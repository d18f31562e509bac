import { readFileSync } from 'node:fs';
import { codeOf } from '../shared/errors.js';

/** The first line of a file with a secret, `what`. Throws an Error that follows the path of the key. */
export function firstLineOf(file: string, what: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    throw new Error(
      code === 'ENOENT'
        ? `${file} does not exist; write a ${what} into it`
        : `${file} cannot be read (${code}); name a file that this user may read`,
    );
  }
  const [line = ''] = text.split(/\r?\n/, 1);
  if (line === '') throw new Error(`${file} has no ${what} in its first line; write one into it`);
  return line;
}
