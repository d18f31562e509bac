import { constants, lstatSync, mkdirSync, statSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from './errors.js';

/**
 * Makes a directory with its missing parents; one that exists is left as it is. Throws the error of the file system.
 * Node's own recursive mkdir never ends where a directory cannot be made although its parent exists, as below /proc.
 */
export function makeDirectory(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (isDirectory(path)) return;
    const parent = dirname(path);
    if (codeOf(error) !== 'ENOENT' || parent === path || isDirectory(parent)) throw error;
    makeDirectory(parent);
    makeDirectory(path);
  }
}

/** A link that leads nowhere is there. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** The directory in which a file is, or, where that is missing, the nearest one in which it would be made. */
export function folderOf(file: string): string {
  const folder = dirname(file);
  return folder === file || isThere(folder) ? folder : folderOf(folder);
}

/** Whether this process may make a file, with the directories that it lacks. */
export function isFolderWritable(file: string): Promise<boolean> {
  const folder = folderOf(file);
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => isDirectory(folder),
    () => false,
  );
}
