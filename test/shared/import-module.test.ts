import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { importModule, refreshImports } from '../../src/shared/import-module.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';

test('a module is imported again when it is refreshed and has changed, or could not be imported', async () => {
  const folder = await temporaryFolder();
  afterwards(folder.remove);
  const file = join(folder.path, 'module.js');
  const written = async (text: string) => {
    await writeFile(file, text);
    return importModule(file);
  };
  const failing = (again: string) =>
    `globalThis.imported = (globalThis.imported ?? 0) + 1; throw new Error(\`\${globalThis.imported}${again}\`);`;
  await expect(written(failing(''))).rejects.toThrow('1');
  await expect(importModule(file)).rejects.toThrow('1');
  refreshImports();
  await expect(importModule(file)).rejects.toThrow('2');
  refreshImports();
  const one = await written('export const value = 1;');
  expect(one.value).toBe(1);
  expect((await written('export const value = 2;')).value).toBe(1);
  refreshImports();
  expect((await importModule(file)).value).toBe(2);
  const two = await importModule(file);
  refreshImports();
  expect(await importModule(file)).toBe(two);
  const builtIn = await importModule('node:path');
  refreshImports();
  expect(await importModule('node:path')).toBe(builtIn);
});
