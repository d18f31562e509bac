import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { areas } from '../mutation/areas.js';

const root = new URL('../../../', import.meta.url);

function filesBelow(folder: string): string[] {
  return readdirSync(fileURLToPath(new URL(`src/${folder}/`, root)), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name.replace(/\.ts$/, '')}`);
}

describe.each(Object.entries(areas))('what is mutated of %s', (_area, groups) => {
  const files = groups.flatMap((group) => group.files);

  test('is each file once', () => {
    const [folder = ''] = files[0]?.split('/') ?? [];
    const expected = folder === 'core' ? ['core/error-mapping'] : filesBelow(folder);
    expect(files.toSorted()).toEqual(expected.toSorted());
  });

  test('is judged by suites that there are', () => {
    const missing = groups
      .flatMap(({ suites }) => suites)
      .filter((suite) => !existsSync(new URL(`test/${suite}.test.ts`, root)));
    expect(missing).toEqual([]);
  });
});
