import { randomUUID } from 'node:crypto';
import { link, rename, rm, writeFile } from 'node:fs/promises';
import { codeOf } from '../shared/errors.js';

export interface NewFileOptions {
  readonly mode: number;
  /** Whether one that is there is replaced. */
  readonly isReplaced: boolean;
}

/**
 * Writes a file as a whole or not at all. Gives whether it did: a file that is there stays, unless it is replaced. Throws
 * the error of the file system.
 */
export async function writeNewFile(file: string, text: string, { mode, isReplaced }: NewFileOptions): Promise<boolean> {
  const draft = `${file}.${randomUUID()}.new`;
  try {
    await writeFile(draft, text, { mode, flag: 'wx', flush: true });
    if (isReplaced) await rename(draft, file);
    else await link(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true }).catch(() => {});
  }
}
