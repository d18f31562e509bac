import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { openSqlite } from '../../../src/store/sqlite.js';

/**
 * A child process with a store: `store-child.js FILE PREFIX [COUNT]`. Prints `ready`, waits for a line, opens the file and
 * prints `[nativeId, userId]` for one new account after the other, COUNT times or until it is killed.
 */
const [file = '', prefix = '', count = 'Infinity'] = process.argv.slice(2);

console.log('ready');
await once(process.stdin, 'data');
process.stdin.destroy();

const store = openSqlite(file);
for (let n = 0; n < Number(count); n++) {
  const nativeId = `${prefix}${n}`;
  const userId = await store.userId({ provider: 'seatable', baseUrl: 'https://cloud.example.com', nativeId });
  console.log(JSON.stringify([nativeId, userId]));
  // Lets the process exit by itself once its output is closed.
  await setImmediate();
}
await store.close();
