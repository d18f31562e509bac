import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { afterwards } from '../support/cleanup.js';
import { runCommand } from '../support/command.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { type Child, type Ended, startNodeIn } from '../support/servers/process.js';

/** Which configuration a command takes. */

const script = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

let cwd: string;
beforeEach(async () => {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  cwd = path;
});

type Variables = Readonly<Record<string, string>>;

const boxbridge = (commandLine: string, env: Variables = {}, input: string | Buffer = ''): Promise<Ended> =>
  runCommand({ cwd, env }, commandLine.split(' '), input);

/** Likewise, in a process of its own. */
const startProcess = (commandLine: string, env: Variables = {}): Child =>
  startNodeIn({ cwd, env }, script, ...commandLine.split(' '));

const write = (name: string, text: string) => writeFile(join(cwd, name), text);

/** As many applications as this, by which a configuration is known. */
const yaml = (applications: number) =>
  ['listen: { port: 0 }', 'store: sqlite:./a.db', 'applications:']
    .concat(
      Array.from(
        { length: applications },
        (_, n) => `- { api_key: key${n}, provider: seatable, base_url: "http://127.0.0.1:1" }`,
      ),
    )
    .join('\n');

test('an argument comes before BOXBRIDGE_CONFIG, and that before ./bridge.yaml', async () => {
  await mkdir(join(cwd, 'etc'));
  await Promise.all([write('one.yaml', yaml(1)), write('etc/two.yaml', yaml(2)), write('bridge.yaml', yaml(3))]);
  const variables = { BOXBRIDGE_CONFIG: 'etc/two.yaml' };
  const rows = [
    ['check one.yaml', variables, 'one.yaml: good, 1 application(s)'],
    ['check --config one.yaml', variables, 'one.yaml: good, 1 application(s)'],
    ['check', variables, 'etc/two.yaml: good, 2 application(s), named by BOXBRIDGE_CONFIG'],
    ['check', { BOXBRIDGE_CONFIG: '' }, 'bridge.yaml: good, 3 application(s), found in this folder'],
  ] as const;
  const ends = await Promise.all(rows.map(([commandLine, env]) => boxbridge(commandLine, env)));
  expect(ends.map(({ code, stdout, stderr }) => [code, stdout, stderr])).toEqual(
    rows.map(([, , line]) => [0, `${line}\n`, '']),
  );
  const [, , [commandLine, env, line]] = rows;
  expect(await startProcess(commandLine, env).end).toMatchObject({ code: 0, stdout: `${line}\n`, stderr: '' });
});

test('any other command says which one it takes, unless an argument names it', async () => {
  await write('bridge.yaml', yaml(1));
  const [found, named] = await Promise.all([startProcess('usage').end, boxbridge('usage --config bridge.yaml')]);
  expect(found).toMatchObject({
    code: 0,
    stderr: 'boxbridge: the configuration is bridge.yaml, found in this folder\n',
  });
  expect(named).toMatchObject({ code: 0, stderr: '', stdout: found.stdout });
});

describe('serve', () => {
  test('takes ./bridge.yaml, and says so', async () => {
    await write('bridge.yaml', yaml(1));
    const line = await startProcess('serve').line(/answers at/);
    expect(line).toMatch(/answers at http:\/\/127\.0\.0\.1:\d+ as bridge\.yaml says, found in this folder$/);
  });

  test('is not the demo where ./bridge.yaml leads nowhere', async () => {
    await symlink('nowhere.yaml', join(cwd, 'bridge.yaml'));
    expect(await startProcess('serve').end).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'boxbridge: bridge.yaml does not exist; name an existing configuration file\n',
    });
  });

  test('takes standard input, its workers too', async () => {
    const bridge = startProcess('serve --config - --workers 2');
    bridge.endInput(yaml(1));
    const line = await bridge.line(/answers at/);
    expect(line).toMatch(/ as standard input says$/);
    const [url = ''] = /http:\S+/.exec(line) ?? [];
    const known = await (await fetch(`${url}/api/1.0/rest?action=get_account_info&api_key=key0&auth_token=t`)).text();
    expect(known).toContain('<status>service_unavailable</status>');
    bridge.kill('SIGTERM');
    expect(await bridge.end).toMatchObject({ code: 0 });
  });
});

describe('standard input', () => {
  async function checked(text: string | Buffer): Promise<readonly [code: number | null, output: string]> {
    const { code, stdout, stderr } = await boxbridge('check -', {}, text);
    return [code, stdout + stderr];
  }

  test.each<[what: string, text: string | Buffer, code: number, output: RegExp]>([
    [
      'that is good, with CR LF and a byte order mark',
      `\uFEFF${yaml(1).replaceAll('\n', '\r\n')}`,
      0,
      /^standard input: good, 1 /,
    ],
    ['that is empty', '', 1, /^boxbridge: standard input:1: the configuration is empty; [^\n]+\n$/],
    ['that is a list', '- a\n- b\n', 1, /^boxbridge: standard input:1: the configuration must be a block [^\n]+\n$/],
    [
      'with a key twice',
      `${yaml(1)}\nstore: sqlite:b\n`,
      1,
      /^boxbridge: standard input:5: store is already given [^\n]+\n$/,
    ],
    [
      'that is too large',
      Buffer.alloc(9 * 2 ** 20, 0x20),
      1,
      /^boxbridge: standard input is larger than 8 MiB, [^\n]+\n$/,
    ],
    ['that is no text', Buffer.from([0xff, 0xfe]), 1, /^boxbridge: standard input is not UTF-8 text; [^\n]+\n$/],
  ])('%s', async (_what, text, code, output) => {
    expect(await checked(text)).toEqual([code, expect.stringMatching(output)]);
  });

  test('has its relative paths in the current folder', async () => {
    await write('key.txt', 'key-of-one');
    const text = yaml(1).replace('api_key: key0', 'api_key_file: key.txt');
    expect(await checked(text)).toEqual([0, 'standard input: good, 1 application(s)\n']);
    const child = startProcess('check -');
    child.endInput(text);
    expect(await child.end).toMatchObject({ code: 0, stdout: 'standard input: good, 1 application(s)\n', stderr: '' });
  });

  test('may be larger than a pipe holds, and too large', async () => {
    const child = startProcess('check -');
    child.endInput(Buffer.alloc(9 * 2 ** 20, 0x20));
    expect(await child.end).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^boxbridge: standard input is larger than 8 MiB, [^\n]+\n$/),
    });
  });

  test('cannot be two things', async () => {
    const adding = startProcess('tokens add --application one --config -');
    adding.endInput('a credential');
    const ends = [
      adding.end,
      boxbridge('tokens add --application one --config -', {}, 'a credential'),
      boxbridge('doctor - --config -'),
    ];
    for (const { code, stdout, stderr } of await Promise.all(ends)) {
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^error: standard input is [^\n]+; name a file [^\n]+\n$/);
    }
  });
});

test('a .env file is not read', async () => {
  await write('.env', 'KEY=key-of-one\nBOXBRIDGE_CONFIG=one.yaml\n');
  await write('one.yaml', yaml(1).replace('key0', `"$\{KEY}"`));
  const [chosen, named] = await Promise.all([startProcess('check').end, startProcess('check one.yaml').end]);
  expect(chosen).toMatchObject({ code: 2 });
  expect(named).toMatchObject({ code: 1, stderr: expect.stringContaining('the variable KEY is not set') });
});

test('check --json prints one document, whatever the exit code', async () => {
  await write('good.yaml', yaml(1));
  await write('bad.yaml', `colour: blue\n${yaml(1)}`);
  const ends = await Promise.all(
    ['good.yaml', 'bad.yaml', 'none.yaml'].map((file) => boxbridge(`check ${file} --json`)),
  );
  expect(ends.map(({ code, stderr }) => [code, stderr])).toEqual([
    [0, ''],
    [1, ''],
    [1, ''],
  ]);
  expect(ends.map(({ stdout }) => JSON.parse(stdout))).toMatchObject([
    { configuration: 'good.yaml', ok: true, applications: 1, problems: [] },
    { ok: false, problems: [{ severity: 'error', line: 1, column: 1, path: 'colour' }] },
    { ok: false, problems: [{ severity: 'error', line: null, column: null, path: '' }] },
  ]);
});

test('schema prints the JSON Schema', async () => {
  const { code, stdout, stderr } = await boxbridge('schema');
  expect([code, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toMatchObject({ $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' });
});
