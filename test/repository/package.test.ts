import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { publint } from 'publint';
import { packageIn, packStage } from '../deploy/pack.js';
import { afterwards } from '../support/cleanup.js';
import { startNode, startNodeIn } from '../support/servers/process.js';
import { urlIn } from '../support/servers/served.js';
import { canned, startUpstream } from '../support/servers/upstream.js';
import { PROGRAM_TIMEOUT_MS, root, runProgram } from './programs.js';

const require = createRequire(import.meta.url);
const { bin, dependencies, exports, peerDependencies, version } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
  normalized,
);
const suite = exports['./provider-suite'];

/** Paths as npm lists them: without a dot and a slash in front. */
function normalized(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.startsWith('./') ? value.slice(2) : value;
}

let folder: string;
let tarball: string;
let packed: readonly string[];

/** Where it is installed: in the folder above all projects of these tests. */
let installation: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boxbridge-package-'));
  tarball = packageIn(await packStage());
  installation = join(folder, 'node_modules/boxbridge');
  await mkdir(installation, { recursive: true });
  await promisify(execFile)('tar', ['-xzf', tarball, '--strip-components=1', '-C', installation]);
  packed = readdirSync(installation, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(installation, path)).isFile())
    .sort();
  // Its author works with Node.js, whose types come in a package of their own.
  for (const name of [...Object.keys(dependencies), '@types/node']) {
    const target = join(folder, 'node_modules', name);
    await mkdir(dirname(target), { recursive: true });
    await symlink(join(root, 'node_modules', name), target);
  }
}, PROGRAM_TIMEOUT_MS);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** These files and all that they import, of the package itself; of what is not packed only the name. */
function closureOf(entries: readonly string[], extension: '.js' | '.d.ts'): string[] {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    if (!packed.includes(path)) return;
    const text = readFileSync(join(installation, path), 'utf8');
    const imports = text.matchAll(/(?:from |import |import\()['"](\.[^'"]+)['"]/g);
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
    'LICENSE',
    'README.md',
    'bridge.schema.json',
    ...readdirSync(join(root, 'console'))
      .map((name) => `console/${name}`)
      .sort(),
    'examples/bridge.yaml',
    'examples/my-service.js',
    'examples/my-service.test.js',
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
  // And a declaration that no public one reaches is not.
  expect(closureOf([exports['./provider'].types, suite.types], '.d.ts')).toEqual(declarations);
  expect(declarations.filter((path) => path.startsWith('dist/test/'))).toEqual([suite.types]);
});

test('npm takes no release that has just appeared, from whatever registry a machine has', () => {
  const lines = readFileSync(join(root, '.npmrc'), 'utf8').split('\n');
  expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual(['min-release-age=3']);
  expect(packed).not.toContain('.npmrc');
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

/** A foreign project that has the package, with its dependencies and nothing of this project. */
async function installed(files: Readonly<Record<string, string>>): Promise<string> {
  const project = await mkdtemp(join(folder, 'consumer-'));
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
  'a provider that it makes passes the rules of providers and serves a call, as it is',
  async () => {
    const project = await installed({});
    const program = join(installation, bin.boxbridge);
    const made = await startNode(project, program, 'providers', 'new', 'acme-files').end;
    expect(made).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('cd acme-files && npm install'),
    });
    const own = join(project, 'acme-files');
    expect((await readdir(own)).sort()).toEqual(['acme-files.js', 'acme-files.test.js', 'bridge.yaml', 'package.json']);
    const { scripts, devDependencies } = JSON.parse(await readFile(join(own, 'package.json'), 'utf8'));
    expect(devDependencies).toEqual({ boxbridge: `^${version}`, jest: peerDependencies.jest });

    // As npm install would: the package is in a folder above.
    await mkdir(join(project, 'node_modules'));
    await symlink(join(root, 'node_modules/jest'), join(project, 'node_modules/jest'));
    const jest = scripts.test.replace('node ', '').replace('node_modules/', '../node_modules/').split(' ');
    const ran = await startNodeIn({ cwd: own }, ...jest, '--json').end;
    const { numPassedTests, testResults } = JSON.parse(ran.stdout);
    expect(testResults).toMatchObject([{ message: '', status: 'passed' }]);
    expect(numPassedTests).toBeGreaterThan(20);

    const reply = { id: 7, username: 'ada', email: 'ada@example.com' };
    const service = await startUpstream(canned({ '/me?workspace=invoices': { body: reply } }));
    afterwards(service.close);
    const yaml = await readFile(join(own, 'bridge.yaml'), 'utf8');
    await writeFile(join(own, 'bridge.yaml'), yaml.replace('https://api.acme-files.example', service.url));
    const child = startNode(own, program, 'serve', '--config', 'bridge.yaml', '--port', '0');
    const url = urlIn(await child.line(/answers at/));
    const query = 'action=get_account_info&api_key=my0service0000000000000000000000&auth_token=key-of-ada';
    expect(await (await fetch(`${url}/api/1.0/rest?${query}`)).text()).toContain('<login>ada</login>');
    expect(service.received).toMatchObject([{ headers: { 'x-api-key': 'key-of-ada' } }]);
    const shown = await startNode(own, program, 'providers', '--config', 'bridge.yaml').end;
    expect(shown.stdout).toContain('| box | acme-files |\n');
  },
  PROGRAM_TIMEOUT_MS,
);

test(
  'a project that has it has its console, with all that the pages load',
  async () => {
    const project = await installed({});
    const child = startNode(project, join(installation, bin.boxbridge), 'serve', '--port', '0');
    const address = urlIn(await child.line(/console is at/));
    const page = await (await fetch(`${address}/calls`)).text();
    const files = [...page.matchAll(/(?:href|src)="(\/console\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(files.length).toBeGreaterThan(5);
    for (const path of files) expect([path, (await fetch(new URL(path, address))).status]).toEqual([path, 200]);
  },
  PROGRAM_TIMEOUT_MS,
);
