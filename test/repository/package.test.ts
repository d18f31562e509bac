import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { publint } from 'publint';
import { startNode } from '../support/servers/process.js';
import { urlIn } from '../support/servers/served.js';
import { PROGRAM_TIMEOUT_MS, root, runProgram } from './programs.js';

const require = createRequire(import.meta.url);
const { bin, dependencies, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'), normalized);
const suite = exports['./provider-suite'];

/** Paths as npm lists them: without a dot and a slash in front. */
function normalized(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.startsWith('./') ? value.slice(2) : value;
}

let folder: string;
let tarball: string;
let packed: readonly string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boxbridge-package-'));
  // Without the scripts: prepack deletes dist, which this test runs from.
  const flags = ['--ignore-scripts', '--json', '--pack-destination', folder];
  const { stdout } = await promisify(execFile)('npm', ['pack', ...flags], { cwd: root });
  const [{ filename, files }]: [{ filename: string; files: readonly { path: string }[] }] = JSON.parse(stdout);
  tarball = join(folder, filename);
  packed = files.map(({ path }) => path).sort();
}, PROGRAM_TIMEOUT_MS);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** These files and all that they import, of the project itself. */
function closureOf(entries: readonly string[], extension: '.js' | '.d.ts'): string[] {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    const imports = readFileSync(join(root, path), 'utf8').matchAll(/(?:from |import |import\()'(\.[^']+)'/g);
    for (const [, specifier = ''] of imports) {
      visit(posix.join(posix.dirname(path), specifier).replace(/\.js$/, extension));
    }
  };
  for (const entry of entries) visit(entry);
  return [...found].sort();
}

test('the package has the program, the provider suite, their declarations, and nothing else', () => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const ofSuite = closureOf([suite.default], '.js').filter((path) => path.startsWith('dist/test/'));
  const programs = [...sources.map((name) => `dist/src/${name.replace(/\.ts$/, '.js')}`), ...ofSuite];
  expect(packed.filter((path) => path.endsWith('.js') && path.startsWith('dist/'))).toEqual(programs.sort());
  const others = packed.filter((path) => !path.startsWith('dist/'));
  expect(others).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    ...readdirSync(join(root, 'console'))
      .map((name) => `console/${name}`)
      .sort(),
    'examples/bridge.yaml',
    'examples/my-service.js',
    'package.json',
    'sign-in/page.css',
    'sign-in/page.eta',
    'sign-in/page.js',
    'wsdl/box-literal.wsdl',
    'wsdl/box.wsdl',
  ]);
  // A source map would point to a source that is not there.
  expect(packed.filter((path) => path.startsWith('dist/') && !/(\.js|\.d\.ts)$/.test(path))).toEqual([]);
});

test('every file that a packed one imports is packed', () => {
  const entries = [bin.boxbridge, exports['./provider'].default, suite.default];
  expect(closureOf(entries, '.js').filter((path) => !packed.includes(path))).toEqual([]);
  const declarations = packed.filter((path) => path.endsWith('.d.ts'));
  expect(declarations).toEqual(expect.arrayContaining([exports['./provider'].types, suite.types]));
  expect(closureOf(declarations, '.d.ts')).toEqual(declarations);
  expect(declarations.filter((path) => path.startsWith('dist/test/'))).toEqual([suite.types]);
});

test('publint reports nothing', async () => {
  const bytes = await readFile(tarball);
  const content = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  expect((await publint({ pack: { tarball: content }, strict: true })).messages).toEqual([]);
});

test(
  'attw reports nothing',
  async () => {
    // The package is of ES modules alone: CommonJS has to import() it, and resolution without `exports` finds nothing.
    const flags = ['--profile', 'esm-only', '--no-definitely-typed', '--format', 'ascii', '--no-emoji', '--no-color'];
    const report = await runProgram(require.resolve('@arethetypeswrong/cli/package.json'), [...flags, tarball], root);
    expect(report).toEqual({ stdout: expect.stringContaining('"boxbridge/provider-suite"'), stderr: '' });
  },
  PROGRAM_TIMEOUT_MS,
);

/** A foreign project that has installed the package, with its dependencies and nothing of this project. */
async function installed(files: Readonly<Record<string, string>>): Promise<string> {
  const project = await mkdtemp(join(folder, 'consumer-'));
  for (const path of packed) {
    const target = join(project, 'node_modules/boxbridge', path);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(join(root, path), target);
  }
  // Its author works with Node.js, whose types come in a package of their own.
  for (const name of [...Object.keys(dependencies), '@types/node']) {
    const target = join(project, 'node_modules', name);
    await mkdir(dirname(target), { recursive: true });
    await symlink(join(root, 'node_modules', name), target);
  }
  for (const [name, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) {
    await writeFile(join(project, name), text);
  }
  return project;
}

test(
  'a project that has it can check the types of a provider of its own',
  async () => {
    const project = await installed({
      'own.ts': `
      import type { Account, ProviderKind } from 'boxbridge/provider';
      import { type ProviderMember, providerSuite } from 'boxbridge/provider-suite';
      declare const kind: ProviderKind;
      const account: Omit<Account, 'attributes'> = { nativeId: '7', login: 'ada', email: 'ada@example.com' };
      const member: ProviderMember = { kind, credential: 'a-key', readPath: '/me', reply: {}, account };
      providerSuite(member);
      // @ts-expect-error: a member needs its kind.
      providerSuite({ credential: 'a-key', readPath: '/me', reply: {}, account });
    `,
    });
    const flags = '--noEmit --strict --module nodenext --target es2023 --types node';
    const checked = await runProgram(
      require.resolve('typescript/package.json'),
      [...flags.split(' '), 'own.ts'],
      project,
    );
    expect(checked).toEqual({ stdout: '', stderr: '' });
  },
  PROGRAM_TIMEOUT_MS,
);

test(
  'a project that has it and jest can run the provider suite',
  async () => {
    const project = await installed({
      'own.test.js': `
      import { providerSuite } from 'boxbridge/provider-suite';
      import kind from './node_modules/boxbridge/examples/my-service.js';
      providerSuite({
        kind,
        credential: 'a-key',
        readPath: '/me',
        reply: { id: 7, username: 'ada', email: 'ada@example.com' },
        account: { nativeId: '7', login: 'ada', email: 'ada@example.com' },
      });
    `,
    });
    expect(existsSync(join(project, 'node_modules/@jest'))).toBe(false);
    const ran = await runProgram(require.resolve('jest/package.json'), ['--rootDir', project, '--json'], project);
    const { numPassedTests, testResults } = JSON.parse(ran.stdout);
    expect(testResults).toMatchObject([{ message: '', status: 'passed' }]);
    expect(numPassedTests).toBeGreaterThan(20);
  },
  PROGRAM_TIMEOUT_MS,
);

test(
  'a project that has it has its console, with all that the pages load',
  async () => {
    const project = await installed({});
    const child = startNode(project, join(project, 'node_modules/boxbridge', bin.boxbridge), 'serve', '--port', '0');
    const address = urlIn(await child.line(/console is at/));
    const page = await (await fetch(`${address}/calls`)).text();
    const files = [...page.matchAll(/(?:href|src)="(\/console\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(files.length).toBeGreaterThan(5);
    for (const path of files) expect([path, (await fetch(new URL(path, address))).status]).toEqual([path, 200]);
  },
  PROGRAM_TIMEOUT_MS,
);
