import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, messageOf } from '../../shared/errors.js';
import { nameOfStore, openStore } from '../../store/open.js';
import type { Store } from '../../store/store.js';
import { openMasterKey } from '../../vault/master-key.js';
import { openWorkplace } from '../workplace.js';
import { type Check, type Finding, good, type SetUp, toDo } from './finding.js';

/** How much room a store needs to go on, in bytes. */
const ROOM_BYTES = 100 * 2 ** 20;

/** The store and the server's key, which have to belong together. They are read from a copy. */
export const checkStoreAndKey: Check = async (setUp) => {
  const { config, proxies } = setUp;
  const workplace = await openWorkplace(config, { proxies });
  try {
    const { config: copied } = await workplace.live();
    const store = await openStore(copied.store);
    try {
      await store.ping();
      return [await storeFinding(setUp), ...(await keyFindings(setUp, store))];
    } finally {
      await store.close();
    }
  } catch (error) {
    // The copy has a name that tells nothing.
    return [toDo('store', messageOf(error).replace(/the store \/\S+/, `the store ${nameOfStore(config.store)}`))];
  } finally {
    await workplace.remove();
  }
};

async function storeFinding({ config: { store } }: SetUp): Promise<Finding> {
  const what = 'store';
  const name = nameOfStore(store);
  if (store.kind === 'postgres') return good(what, `${name} answers`);
  const isThere = await isPossible(store.path, constants.F_OK);
  const folder = await nearestFolder(dirname(store.path));
  const isWritable = await isPossible(folder, constants.W_OK);
  if (!isWritable || (isThere && !(await isPossible(store.path, constants.W_OK)))) {
    return toDo(what, `let the user of the bridge write to ${name} and its folder`);
  }
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < ROOM_BYTES) return toDo(what, `make room on the disk of ${name}: it has less than 100 MB`);
  return good(what, isThere ? `${name} can be read and written` : `${name} will be made at the first start`);
}

async function keyFindings({ config, key }: SetUp, store: Store): Promise<Finding[]> {
  const what = 'key';
  const source = key ?? { file: config.keyFile };
  const name = 'file' in source ? source.file : 'BOXBRIDGE_KEY';
  const isThere = 'base64' in source || (await isPossible(source.file, constants.F_OK));
  const hasMaster = (await store.masterKey()) !== undefined;
  if (!hasMaster && !isThere) return [good(what, `${name} will be made at the first start`)];
  try {
    // Where the store has no key yet, one is sealed in the copy.
    await openMasterKey(store, source);
  } catch (error) {
    return [toDo(what, messageOf(error))];
  }
  const mode = 'file' in source ? (await stat(source.file)).mode : 0;
  if ((mode & 0o077) !== 0) return [toDo(what, `chmod 600 ${name}: others on this machine may read it`)];
  return [good(what, `${name} ${hasMaster ? 'opens the store' : 'is a key'}`)];
}

function isPossible(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

/** The folder itself, or the nearest one above it that is there. */
async function nearestFolder(path: string): Promise<string> {
  const isThere = await stat(path).then(
    () => true,
    (error: unknown) => codeOf(error) !== 'ENOENT',
  );
  return isThere || dirname(path) === path ? path : nearestFolder(dirname(path));
}
