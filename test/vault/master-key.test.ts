import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { openSqlite } from '../../src/store/sqlite.js';
import type { Store } from '../../src/store/store.js';
import { changeKey, openMasterKey } from '../../src/vault/master-key.js';
import { createSealer, deriveKey } from '../../src/vault/seal.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';

let folder: string;
let store: Store;

beforeEach(async () => {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  folder = path;
  store = openSqlite(join(path, 'bridge.db'));
  afterwards(store.close);
});

const fileOf = (name: string) => ({ file: join(folder, name) });

describe('the first start', () => {
  test('makes a key file for its owner alone, in a folder that it makes too, and nothing else', async () => {
    const source = fileOf('keys/bridge.key');
    const master = await openMasterKey(store, source);
    expect(master).toHaveLength(32);
    const { mode, size } = await stat(source.file);
    expect([mode & 0o777, size]).toEqual([0o600, 32]);
    expect(await readdir(join(folder, 'keys'))).toEqual(['bridge.key']);
    expect(await readFile(source.file)).not.toEqual(master);
    expect(Buffer.from((await store.masterKey()) ?? '').includes(master)).toBe(false);
  });

  test('uses a key file that is there already', async () => {
    const source = fileOf('bridge.key');
    const key = randomBytes(32);
    await writeFile(source.file, key);
    await openMasterKey(store, source);
    expect(await readFile(source.file)).toEqual(key);
  });

  test('of several processes at once gives all the same key', async () => {
    const masters = await Promise.all(Array.from({ length: 8 }, () => openMasterKey(store, fileOf('bridge.key'))));
    expect(new Set(masters.map((master) => master.toString('hex'))).size).toBe(1);
    expect((await readdir(folder)).filter((name) => name.includes('key'))).toEqual(['bridge.key']);
  });

  test('tells why a key file cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    const { file } = fileOf('file/bridge.key');
    await expect(openMasterKey(store, { file })).rejects.toThrow(
      new RegExp(`^cannot make the key ${file} \\(E.+\\); change \`key_file\`$`),
    );
  });
});

describe('a later start', () => {
  test('has the same key, from the file or from the environment', async () => {
    const source = fileOf('bridge.key');
    const master = await openMasterKey(store, source);
    expect(await openMasterKey(store, source)).toEqual(master);
    const base64 = (await readFile(source.file)).toString('base64');
    expect(await openMasterKey(store, { base64 })).toEqual(master);
  });

  test.each([
    ['another key', randomBytes(32), /^the key in the environment is not the key that the credentials in the store/],
    ['a short key', randomBytes(31), /^the key in the environment has to be 32 random bytes, but has 31$/],
    ['a long key', randomBytes(33), /^the key in the environment has to be 32 random bytes, but has 33$/],
  ])('with %s is refused', async (_what, key, why) => {
    await openMasterKey(store, fileOf('bridge.key'));
    await expect(openMasterKey(store, { base64: key.toString('base64') })).rejects.toThrow(why);
  });

  test('without its key file is refused, and makes none', async () => {
    await openMasterKey(store, fileOf('bridge.key'));
    const { file } = fileOf('lost.key');
    await expect(openMasterKey(store, { file })).rejects.toThrow(
      new RegExp(`^cannot read the key ${file} \\(ENOENT.+\\); without it the credentials in the store stay sealed$`),
    );
    expect(await readdir(folder)).not.toContain('lost.key');
  });
});

describe('another key', () => {
  test('seals the same master key, and the old one no longer opens it', async () => {
    const [from, to] = [fileOf('old.key'), fileOf('new.key')];
    const master = await openMasterKey(store, from);
    await changeKey(store, from, to);
    expect(await openMasterKey(store, to)).toEqual(master);
    await expect(openMasterKey(store, from)).rejects.toThrow('is not the key');
  });

  test('needs the old one', async () => {
    const from = fileOf('old.key');
    await openMasterKey(store, from);
    const before = await store.masterKey();
    const wrong = { base64: randomBytes(32).toString('base64') };
    await expect(changeKey(store, wrong, fileOf('new.key'))).rejects.toThrow('is not the key');
    expect(await store.masterKey()).toEqual(before);
    expect(await readdir(folder)).not.toContain('new.key');
  });

  test('needs sealed credentials', async () => {
    await expect(changeKey(store, fileOf('old.key'), fileOf('new.key'))).rejects.toThrow(
      'the store has no sealed credentials; there is no key to change',
    );
  });

  test('is told where somebody else changed it meanwhile', async () => {
    const from = fileOf('old.key');
    await openMasterKey(store, from);
    const overtaken = { ...store, changeMasterKey: async () => false };
    await expect(changeKey(overtaken, from, fileOf('new.key'))).rejects.toThrow(
      'the key was changed by somebody else meanwhile',
    );
  });
});

test('a folder in place of the key file is told', async () => {
  await mkdir(join(folder, 'folder'));
  await chmod(join(folder, 'folder'), 0o700);
  await expect(openMasterKey(store, fileOf('folder'))).rejects.toThrow(/^cannot read the key .*folder \(EISDIR/);
});

test('keys for different purposes, and from different salts, differ; they are those of earlier versions', () => {
  const secret = Buffer.alloc(32, 1);
  const hexOf = (salt: Uint8Array, purpose: string) => deriveKey(secret, salt, purpose).toString('hex');
  const none = new Uint8Array();
  const keys = [hexOf(none, 'index'), hexOf(none, 'ticket'), hexOf(Buffer.alloc(32), 'index'), hexOf(secret, 'index')];
  // A salt of zeros is none: https://www.rfc-editor.org/rfc/rfc5869#section-2.2.
  expect(new Set(keys).size).toBe(3);
  expect(keys[0]).toBe('0b0ed32479f32ffbb628ebea33dfe8ccc833de07fc37686724bdfaa65242d5e6');
  expect(createSealer(secret).digest('ticket', 't')).toBe(
    'cc476dc874773807eee5263627493453282a9d2142fc19c065dcd1773a814ac9',
  );
});
