import { randomBytes, randomUUID } from 'node:crypto';
import { access, link, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isFolderWritable, makeDirectory } from '../shared/directories.js';
import { codeOf, messageOf } from '../shared/errors.js';
import type { Store } from '../store/store.js';
import { deriveKey, seal, unseal } from './seal.js';

const KEY_BYTES = 32;
const MASTER_KEY = ['master key'];

/** Where the server's key is: a file of 32 bytes, or base64 from the environment. */
export type KeySource = { readonly file: string } | { readonly base64: string };

/**
 * The key that seals the records. The store holds it, sealed under the server's key: so the server's key can be rotated
 * without the clients' secrets, and a key that does not belong to the store is detected at the start. The first start
 * makes both. Throws an Error with one line for the operator where the server's key is missing or another one.
 */
export async function openMasterKey(store: Store, source: KeySource): Promise<Buffer> {
  const found = await store.masterKey();
  if (found) return unsealMasterKey(found, await readKey(source), describe(source));
  const key = await readOrMakeKey(source);
  const made = seal(sealingKey(key), MASTER_KEY, randomBytes(KEY_BYTES));
  return unsealMasterKey(await store.keepMasterKey(made), key, describe(source));
}

/**
 * Whether `openMasterKey` would open the store that has this sealed master key: checks the same without making anything, and
 * gives whether the first start makes the key. Throws its Error.
 */
export async function inspectKey(found: Uint8Array | undefined, source: KeySource): Promise<boolean> {
  if (!found && 'file' in source && !(await exists(source.file))) {
    if (await isFolderWritable(source.file)) return true;
    throw new Error(`cannot make the key ${source.file} (this user may not write to its folder); change \`key_file\``);
  }
  const key = await readKey(source);
  if (found) unsealMasterKey(found, key, describe(source));
  return false;
}

/**
 * Seals the master key under another server's key, which is made where its file does not exist yet. Throws an Error with
 * one line for the operator where either key cannot be used; the store is unchanged then.
 */
export async function changeKey(store: Store, from: KeySource, to: KeySource): Promise<void> {
  const found = await store.masterKey();
  if (!found) throw new Error('the store has no sealed credentials; there is no key to change');
  const master = unsealMasterKey(found, await readKey(from), describe(from));
  const sealed = seal(sealingKey(await readOrMakeKey(to)), MASTER_KEY, master);
  if (!(await store.changeMasterKey(found, sealed))) throw new Error('the key was changed by somebody else meanwhile');
}

function unsealMasterKey(sealed: Uint8Array, key: Uint8Array, name: string): Buffer {
  const master = unseal(sealingKey(key), MASTER_KEY, sealed);
  if (!master) throw new Error(`${name} is not the key that the credentials in the store were sealed with; restore it`);
  return master;
}

function sealingKey(key: Uint8Array): Buffer {
  return deriveKey(key, new Uint8Array(), 'sealing of the master key');
}

async function readOrMakeKey(source: KeySource): Promise<Buffer> {
  if ('file' in source && !(await exists(source.file))) await makeKeyFile(source.file);
  return readKey(source);
}

async function readKey(source: KeySource): Promise<Buffer> {
  const name = describe(source);
  const key = 'base64' in source ? Buffer.from(source.base64, 'base64') : await readFile(source.file).catch(cannotRead);
  if (key.length !== KEY_BYTES) throw new Error(`${name} has to be ${KEY_BYTES} random bytes, but has ${key.length}`);
  return key;

  function cannotRead(error: unknown): never {
    throw new Error(`cannot read ${name} (${messageOf(error)}); without it the credentials in the store stay sealed`);
  }
}

/** Makes a key file atomically: processes that start for the first time together all read the same key. */
async function makeKeyFile(file: string): Promise<void> {
  // A random name: processes in containers may share their pid.
  const draft = `${file}.${randomUUID()}.new`;
  try {
    makeDirectory(dirname(file));
    await writeFile(draft, randomBytes(KEY_BYTES), { mode: 0o600, flag: 'wx', flush: true });
    await link(draft, file).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
  } catch (error) {
    throw new Error(`cannot make the key ${file} (${messageOf(error)}); change \`key_file\``);
  } finally {
    await rm(draft, { force: true }).catch(() => {});
  }
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function describe(source: KeySource): string {
  return 'base64' in source ? 'the key in the environment' : `the key ${source.file}`;
}
