import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { userPages } from './pages.js';
import { root } from './programs.js';

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const records = readdirSync(join(root, 'docs/decisions'))
  .filter((name) => /^\d/.test(name))
  .sort();

const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  'deploy/README.md',
  'bench/README.md',
  ...userPages()
    .map(({ path }) => path)
    .filter((path) => path !== 'README.md'),
  'docs/decisions/README.md',
  ...records.map((name) => `docs/decisions/${name}`),
].map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

const textOf = (wanted: string) => pages.find(({ path }) => path === wanted)?.text ?? '';

const foldersIn = (folder: string) =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

describe.each(pages)('$path', ({ path, text }) => {
  test('names files and folders that exist', () => {
    const named = [...text.matchAll(/`((?:src|test|docs|deploy|bench|examples|wsdl|\.ci)\/[\w./-]*)`/g)];
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
  const list = textOf('docs/decisions/README.md');
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

test('ARCHITECTURE.md names modules that exist', () => {
  const folders = new Set(foldersIn('src'));
  const named = [...textOf('ARCHITECTURE.md').matchAll(/`(([a-z-]+)\/[a-z/-]+)(?:\.ts)?`/g)];
  const modules = named.filter(([, , folder = '']) => folders.has(folder)).map(([, name = '']) => name);
  expect(modules.length).toBeGreaterThan(20);
  expect(modules.filter((name) => !existsSync(join(root, 'src', `${name}.ts`)))).toEqual([]);
});

test('CONTRIBUTING.md names every folder of test/ that is none of src/', () => {
  const [, named = ''] = /^`test\/` mirrors `src\/`\. (.*?)\n\n/ms.exec(textOf('CONTRIBUTING.md')) ?? [];
  const further = foldersIn('test').filter((name) => !foldersIn('src').includes(name));
  expect(further.filter((name) => !named.includes(`\`${name}\``))).toEqual([]);
  expect(foldersIn('src').filter((name) => !foldersIn('test').includes(name))).toEqual([]);
});

test('bench/README.md has the last whole run', () => {
  const { rows } = z
    .object({ rows: z.array(z.object({ name: z.string(), ratios: z.object({ cpuOfB: z.number() }) })) })
    .parse(JSON.parse(readFileSync(join(root, 'bench/result.json'), 'utf8')));
  const now = ['soap', 'xml', 'rest'].map((wanted) => rows.find(({ name }) => name === wanted)?.ratios.cpuOfB);
  expect(textOf('bench/README.md')).toContain(`| now | ${now.map((ratio) => ratio?.toFixed(2)).join(' | ')} |`);
});
