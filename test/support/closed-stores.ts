import { readdir } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { until } from './until.js';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/**
 * Resolves when the SQLite files in a folder, which this process has closed, are as a process leaves them that has ended:
 * a database is closed when its statements are garbage-collected.
 */
export async function storesClosed(folder: string): Promise<void> {
  await until(async () => {
    collect();
    return (await readdir(folder)).every((name) => !/-(?:wal|shm)$/.test(name));
  });
}
