import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { afterwards } from '../support/cleanup.js';
import { runCommand } from '../support/command.js';
import { temporaryFolder } from '../support/servers/bridge.js';

/** What the process of the tests has that a command might change. */
const ofProcess = () => ({
  listeners: process.eventNames().map((name) => [name, process.listenerCount(name)]),
  exitCode: process.exitCode,
  folder: process.cwd(),
  variables: { ...process.env },
});

test('a command ends with its exit code and leaves its process as it is', async () => {
  const { path: cwd, remove } = await temporaryFolder();
  afterwards(remove);
  const before = ofProcess();
  const commands: readonly (readonly [args: readonly string[], code: number])[] = [
    [['--version'], 0],
    [['sandbox', '--print-config'], 0],
    [['check', 'none.yaml'], 1],
    [['reload', '--admin', 'http://127.0.0.1:1'], 1],
    [['chek'], 2],
    [['usage'], 2],
  ];
  for (const [args, code] of commands) expect([args, (await runCommand({ cwd }, args)).code]).toEqual([args, code]);
  expect(ofProcess()).toEqual(before);
});

test('commands read and write nothing but what they are given', async () => {
  const folder = new URL('../../../src/cli/', import.meta.url);
  const names = (await readdir(folder)).filter((name) => name !== 'process.ts');
  const texts = await Promise.all(names.map((name) => readFile(new URL(name, folder), 'utf8')));
  const foreign = /\bconsole\.\w|\bprocess\.(?:stdin|stdout|stderr|env|cwd|exitCode|exit|argv)\b/;
  expect(names.filter((_name, n) => foreign.test(texts[n] ?? ''))).toEqual([]);
});
