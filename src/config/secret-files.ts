import { isUtf8 } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import { codeOf } from '../shared/errors.js';

/** Longer than any secret; a file may be longer. */
const MAX_BYTES = 64 * 1024;

/** The secret in a file, or why there is none: a message that follows the key that names the file. */
export type SecretInFile =
  | { readonly secret: string; readonly problem?: undefined }
  | { readonly secret?: undefined; readonly problem: string };

/** Reads the first line of a file. Blocks: MUST be called before calls are answered. `noun` is what it has, such as `password`. */
export function readSecretFile(file: string, noun: string): SecretInFile {
  try {
    const bytes = beginningOf(file);
    if (!isUtf8(bytes)) return { problem: `${file} is not UTF-8 text; save it as UTF-8` };
    const [secret = ''] = bytes
      .toString('utf8')
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/, 1);
    if (secret !== '') return { secret };
    return { problem: `${file} has no ${noun} in its first line; write one into it` };
  } catch (error) {
    const isAbsent = codeOf(error) === 'ENOENT';
    return {
      problem: isAbsent
        ? `${file} does not exist; write ${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun} into it`
        : `${file} cannot be read (${codeOf(error)}); name a file that this user may read`,
    };
  }
}

/** A pipe gives its bytes in pieces, and `/dev/zero` never ends. */
function beginningOf(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(MAX_BYTES);
    let size = 0;
    for (let read = -1; read !== 0 && size < MAX_BYTES; size += read)
      read = readSync(descriptor, bytes, size, MAX_BYTES - size, null);
    return bytes.subarray(0, size);
  } finally {
    closeSync(descriptor);
  }
}
