import { stat, statfs } from 'node:fs/promises';
import { folderOf } from '../../shared/directories.js';
import { messageOf } from '../../shared/errors.js';
import { inspectStore } from '../../store/inspect.js';
import type { StoreInspection } from '../../store/inspection.js';
import { nameOfStore } from '../../store/open.js';
import { inspectKey } from '../../vault/master-key.js';
import { advise, type Check, type Finding, good, type SetUp, toDo } from './finding.js';

/** How much room a store needs to go on, in bytes. */
const ROOM_BYTES = 100 * 2 ** 20;

/** The store and the server's key, which have to belong together. */
export const checkStoreAndKey: Check = async (setUp) => {
  const { store } = setUp.config;
  try {
    const inspection = await inspectStore(store, { mayConnect: setUp.isOnline });
    return [await storeFinding(setUp, inspection), await keyFinding(setUp, inspection)];
  } catch (error) {
    return [toDo('store', messageOf(error)), await keyFinding(setUp, { isNew: false, masterKey: undefined })];
  }
};

async function storeFinding({ config: { store }, isOnline }: SetUp, { isNew }: StoreInspection): Promise<Finding> {
  const what = 'store';
  const name = nameOfStore(store);
  if (store.kind === 'postgres')
    return good(
      what,
      isOnline
        ? `${name} answers${isNew ? '; its tables will be made at the first start' : ''}`
        : `${name} was not asked`,
    );
  const { bavail, bsize } = await statfs(folderOf(store.path));
  if (bavail * bsize < ROOM_BYTES) return advise(what, `make room on the disk of ${name}: it has less than 100 MB`);
  return good(what, isNew ? `${name} will be made at the first start` : `${name} can be read and written`);
}

async function keyFinding({ config, key }: SetUp, { masterKey }: StoreInspection): Promise<Finding> {
  const what = 'key';
  const source = key ?? { file: config.keyFile };
  const name = 'file' in source ? source.file : 'BOXBRIDGE_KEY';
  try {
    if (await inspectKey(masterKey, source)) return good(what, `${name} will be made at the first start`);
  } catch (error) {
    return toDo(what, messageOf(error));
  }
  const mode = 'file' in source ? (await stat(source.file)).mode : 0;
  if ((mode & 0o077) !== 0) return advise(what, `chmod 600 ${name}: others on this machine may read it`);
  return good(what, `${name} ${masterKey ? 'opens the store' : 'is a key'}`);
}
