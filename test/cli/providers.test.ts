import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { nameProblem } from '../../src/cli/provider-scaffold.js';
import { providers } from '../../src/providers/index.js';
import { afterwards } from '../support/cleanup.js';
import { runCommand } from '../support/command.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { startNode } from '../support/servers/process.js';
import { script } from '../support/servers/served.js';

async function folder(): Promise<string> {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  return path;
}

const run = (cwd: string, ...words: string[]) => runCommand({ cwd }, ['providers', ...words]);

/** Likewise, in a process of its own. */
const runProcess = (cwd: string, ...words: string[]) => startNode(cwd, script, 'providers', ...words).end;

const own = `export default {
  name: 'own', title: 'Own', publicBaseUrl: 'https://own.example', credential: { name: 'key', hint: 'Ask.' },
  settings: { color: { kind: 'text', description: 'its colour' } },
  connect: () => ({ readAccount: async () => ({}), deleteAccount: async () => {}, updateAccount: { fields: ['languageCode'], send: async () => ({}) } }),
};`;

const configuration = `applications:
- { api_key: a, provider: seatable, base_url: 'https://a.example' }
- { api_key: b, provider: ./own.js, base_url: 'https://b.example', color: red }
- { api_key: c, provider: golem, base_url: 'https://c.example', shadow: { provider: ./own.js, base_url: 'https://d.example' } }
`;

describe('providers --config', () => {
  test('shows those of modules too, each once', async () => {
    const cwd = await folder();
    await writeFile(join(cwd, 'own.js'), own);
    await writeFile(join(cwd, "it's #1.yaml"), configuration);
    const [plain, table, document] = await Promise.all([
      run(cwd),
      runProcess(cwd, '--config', "it's #1.yaml"),
      runProcess(cwd, '--config', "it's #1.yaml", '--json'),
    ]);
    expect([plain, table, document]).toMatchObject([0, 0, 0].map((code) => ({ code, stderr: '' })));
    const rowsOf = (text: string) => text.trimEnd().split('\n');
    const [head, ...rows] = rowsOf(table.stdout);
    expect(head).toBe(`${rowsOf(plain.stdout)[0]} own |`);
    expect(rows.map((row) => row.replace(/ [^|]+ \|$/, ''))).toEqual(rowsOf(plain.stdout).slice(1));
    const cellOf = (action: string) =>
      / ([^|]+) \|$/.exec(rows.find((row) => row.startsWith(`| ${action} |`)) ?? '')?.[1];
    expect(
      ['get_account_info', 'get_ticket', 'update_account', 'delete_account', 'create_account'].map(cellOf),
    ).toEqual(['yes', 'vault', 'language_code', 'yes', '–']);
    const described = JSON.parse(document.stdout).providers;
    expect(described.map(({ name }: { name: string }) => name)).toEqual([...providers.map(({ name }) => name), 'own']);
    expect(described.at(-1)).toMatchObject({
      name: 'own',
      title: 'Own',
      base_url: 'https://own.example',
      credential: 'key',
      settings: ['color'],
      actions: { get_account_info: 'yes', get_ticket: 'vault', create_account: null },
      update_account_fields: ['language_code'],
    });
  });

  test('names a module that is no provider, and a configuration that is none', async () => {
    const cwd = await folder();
    await writeFile(join(cwd, 'own.js'), 'export default 1');
    await writeFile(join(cwd, 'bridge.yaml'), configuration);
    const ends = await Promise.all([runProcess(cwd, '--config', 'bridge.yaml'), run(cwd, '--config', 'none.yaml')]);
    expect(ends).toMatchObject(
      [/^boxbridge: [^\n]*own\.js is none: [^\n]*\n$/, /^boxbridge: none\.yaml does not exist; [^\n]*\n$/].map(
        (line) => ({
          code: 1,
          stdout: '',
          stderr: expect.stringMatching(line),
        }),
      ),
    );
  });
});

describe('providers new', () => {
  test.each([
    '',
    'A',
    'a b',
    'a\nb',
    "a'b",
    'a"b',
    '../a',
    'a/b',
    '/a',
    '.',
    '-a',
    'a-',
    'a--b',
    '1a',
    'ä',
    'a_b',
    'a'.repeat(41),
  ])('does not take the name %j', (name) => {
    expect(nameProblem(name)).toMatch(/^the name of a provider is of small letters[^\n]*$/);
  });

  test.each(['a', 'my-service', 'box2', 'a-2-b', 'class', 'jest', 'boxbridge'])('takes the name %j', (name) => {
    expect(nameProblem(name)).toBeUndefined();
  });

  test('refuses a wrong name with 2 and one line, and makes nothing', async () => {
    const cwd = await folder();
    const ends = await Promise.all([
      run(cwd, 'new', "a'\nb"),
      runProcess(cwd, 'new', 'golem'),
      run(cwd, 'new'),
      run(cwd, 'old'),
    ]);
    const lines = [
      'the name of a provider',
      'golem is a provider of the bridge',
      "missing required argument 'name'",
      '',
    ];
    expect(ends).toMatchObject(
      lines.map((line) => ({ code: 2, stdout: '', stderr: expect.stringMatching(`^error: ${line}[^\\n]*\\n$`) })),
    );
    expect(await readdir(cwd)).toEqual([]);
  });

  test('leaves what is there as it is', async () => {
    const cwd = await folder();
    await mkdir(join(cwd, 'acme'));
    await writeFile(join(cwd, 'acme/mine.js'), 'mine');
    await writeFile(join(cwd, 'file'), 'mine');
    for (const name of ['acme', 'file']) {
      const stderr = `boxbridge: ${name} is there already; choose another name or folder\n`;
      expect(await run(cwd, 'new', name)).toMatchObject({ code: 1, stdout: '', stderr });
    }
    expect(await readdir(join(cwd, 'acme'))).toEqual(['mine.js']);
  });

  test('says where it cannot make a folder', async () => {
    // Root may write anywhere, but not below /proc.
    const stderr = 'boxbridge: the folder acme cannot be made (ENOENT); go to a folder that is yours\n';
    expect(await runProcess('/proc', 'new', 'acme')).toMatchObject({ code: 1, stdout: '', stderr });
  });

  test('its configuration names the schema of the package that is installed beside it', async () => {
    const cwd = await folder();
    await run(cwd, 'new', 'acme');
    const [, named = ''] = /\$schema=(\S+)/.exec(await readFile(join(cwd, 'acme/bridge.yaml'), 'utf8')) ?? [];
    const [path = '', inPackage = ''] = named.split('node_modules/boxbridge/');
    expect(path).toBe('');
    const { files } = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'));
    expect(files).toContain(inPackage);
  });

  test('writes its name everywhere', async () => {
    const cwd = await folder();
    expect(await runProcess(cwd, 'new', 'acme-2-files')).toMatchObject({ code: 0, stderr: '' });
    const files = await readdir(join(cwd, 'acme-2-files'));
    const texts = await Promise.all(files.map((file) => readFile(join(cwd, 'acme-2-files', file), 'utf8')));
    expect(texts.join('\n') + files.join('\n')).not.toMatch(/my[- ]?service/i);
    expect(texts.join('\n')).toContain("title: 'Acme 2 Files'");
  });
});
