import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { root } from './programs.js';

const textOf = (path: string) => readFileSync(join(root, path), 'utf8');
const { version } = JSON.parse(textOf('package.json'));

test('the changelog begins with the version of the package, or with what is not released yet', () => {
  const headings = [...textOf('CHANGELOG.md').matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  expect(headings.filter((heading) => heading !== 'Unreleased')[0]).toBe(version);
  expect(headings.indexOf('Unreleased')).toBeLessThanOrEqual(0);
});

test('the lock file and the images have the version of the package', () => {
  expect(JSON.parse(textOf('package-lock.json'))).toMatchObject({ version, packages: { '': { version } } });
  expect(textOf('deploy/compose/compose.yaml').match(/boxbridge:\d+\S*/g)).toEqual([`boxbridge:${version}`]);
  expect(textOf('deploy/README.md').match(/boxbridge-\d+\S*?\.tgz/g)).toEqual([`boxbridge-${version}.tgz`]);
  expect(parse(textOf('deploy/helm/Chart.yaml'))).toMatchObject({ version, appVersion: version });
});
