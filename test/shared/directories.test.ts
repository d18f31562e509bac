import { existsSync } from 'node:fs';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { makeDirectory } from '../../src/shared/directories.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';

async function folder(): Promise<string> {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  return path;
}

describe('makeDirectory', () => {
  test('makes what is missing, and leaves what exists', async () => {
    const path = join(await folder(), 'a', 'b', 'c');
    makeDirectory(path);
    await writeFile(join(path, 'file'), '');
    for (const existing of [path, join(path, '..'), `${path}/`, '.', '..', '/']) makeDirectory(existing);
    expect(existsSync(join(path, 'file'))).toBe(true);
  });

  test('goes through a symlink to a directory', async () => {
    const at = await folder();
    await symlink(at, join(at, 'link'));
    makeDirectory(join(at, 'link', 'a', 'b'));
    expect(existsSync(join(at, 'a', 'b'))).toBe(true);
  });

  // Root may write anywhere; in these places nobody can make a directory.
  test.each(['', '/proc/x', '/proc/x/y/z', '/dev/null', '/dev/null/x', `/proc/${'x'.repeat(300)}/y`])(
    'throws where there can be none: %j',
    (path) => {
      expect(() => makeDirectory(path)).toThrow(/^E[A-Z]+: .*mkdir/);
    },
  );

  test.each(['file', 'file/x', 'file/x/y', 'dangling', 'dangling/x', 'loop/x'])(
    'throws below what is no directory: %s',
    async (name) => {
      const at = await folder();
      await writeFile(join(at, 'file'), '');
      await symlink('nowhere', join(at, 'dangling'));
      await symlink('loop', join(at, 'loop'));
      expect(() => makeDirectory(join(at, name))).toThrow(/^E[A-Z]+: .*mkdir/);
      expect(existsSync(join(at, 'nowhere'))).toBe(false);
    },
  );

  test('leaves nothing behind where the path is too long', async () => {
    const at = await folder();
    expect(() => makeDirectory(join(at, 'a/'.repeat(3000)))).toThrow(/^ENAMETOOLONG: .*mkdir/);
    expect(existsSync(join(at, 'a'))).toBe(false);
  });
});
