import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { userPages } from './pages.js';
import { root } from './programs.js';

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const records = readdirSync(join(root, 'docs/decisions'))
  .filter((name) => /^\d/.test(name))
  .sort();

const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  'deploy/README.md',
  ...userPages()
    .map(({ path }) => path)
    .filter((path) => path !== 'README.md'),
  'docs/decisions/README.md',
  ...records.map((name) => `docs/decisions/${name}`),
].map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

describe.each(pages)('$path', ({ path, text }) => {
  test('names files and folders that exist', () => {
    const named = [...text.matchAll(/`((?:src|test|docs|deploy|examples|wsdl|\.ci)\/[\w./-]*)`/g)];
    expect(named.map(([, name = '']) => name).filter((name) => !existsSync(join(root, name)))).toEqual([]);
  });

  test('names scripts that exist', () => {
    const named = [...text.matchAll(/npm run (?!--)([\w:]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });

  test('has links that lead somewhere', () => {
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    const own = targets.filter((target) => !/^https?:/.test(target)).map((target) => target.split('#'));
    const wrong = own.filter(([file = '', heading]) => {
      const target = file === '' ? join(root, path) : join(root, dirname(path), file);
      return !existsSync(target) || (heading !== undefined && !headingsIn(target).includes(heading));
    });
    expect(wrong).toEqual([]);
  });

  /** As they are written behind the `#` of a link. */
  function headingsIn(file: string): string[] {
    const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
    return headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    );
  }
});

test('the decisions are numbered, listed, and have a context, a decision and consequences', () => {
  const list = pages.find(({ path }) => path === 'docs/decisions/README.md')?.text ?? '';
  expect([...list.matchAll(/\]\((\d[^)]*)\)/g)].map(([, name]) => name)).toEqual(records);
  for (const [index, name] of records.entries()) {
    const text = readFileSync(join(root, 'docs/decisions', name), 'utf8');
    const number = `${index + 1}`.padStart(4, '0');
    expect(name.slice(0, 4)).toBe(number);
    expect(text).toMatch(new RegExp(`^# ${number}: `));
    expect([...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).toEqual([
      'Context',
      'Decision',
      'Consequences',
    ]);
  }
});
