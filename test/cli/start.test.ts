import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { startNodeIn } from '../support/servers/process.js';
import { script } from '../support/servers/served.js';

/** The files of this project, and the packages, that a command loads. */
async function loadedBy(...words: string[]): Promise<string[]> {
  const { path: folder, remove } = await temporaryFolder();
  afterwards(remove);
  // https://nodejs.org/api/cli.html#node_v8_coveragedir: with all scripts that were run.
  const ended = await startNodeIn({ cwd: folder, env: { NODE_V8_COVERAGE: folder } }, script, ...words).end;
  expect(ended.code).toBe(0);
  const [file = ''] = await readdir(folder);
  const { result }: { result: readonly { url: string }[] } = JSON.parse(await readFile(join(folder, file), 'utf8'));
  return result.flatMap(
    ({ url }) => /dist\/src\/(.*)$/.exec(url)?.[1] ?? /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? [],
  );
}

test('a command loads its own work alone', async () => {
  const loaded = await loadedBy('--version');
  expect(loaded).toContain('cli/serve.js');
  expect(
    loaded.filter((name) => /^(config|store|providers|applications|vault|bridge|upstream)\/|^zod$/.test(name)),
  ).toEqual([]);
});
