import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { isFolderWritable } from '../shared/directories.js';
import type { StoreInspection } from './inspection.js';
import { readDatabase } from './sqlite-database.js';

/** Looks at the store in a file of SQLite, and changes nothing. Throws an Error where it cannot be opened or written to. */
export async function inspectSqlite(path: string): Promise<StoreInspection> {
  const size = await sizeOf(path);
  if (!(await isFolderWritable(path))) throw new Error('this user may not write to its folder');
  if (size === undefined) return { isNew: true, masterKey: undefined };
  if (!(await stat(path)).isFile()) throw new Error('it is no file');
  await access(path, constants.R_OK | constants.W_OK);
  if (size === 0) return { isNew: true, masterKey: undefined };
  return { isNew: false, masterKey: readDatabase(await readable(path)) };
}

/**
 * What SQLite opens without making a file beside it: with its log (https://www.sqlite.org/wal.html) where there is one, else as
 * a file that nobody changes (https://www.sqlite.org/uri.html#uriimmutable).
 */
async function readable(path: string): Promise<string | URL> {
  if ((await sizeOf(`${path}-wal`)) && (await sizeOf(`${path}-shm`))) return path;
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  return url;
}

/** In bytes; undefined where there is no such file. */
function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}
