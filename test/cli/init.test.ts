import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { providers } from '../../src/providers/index.js';
import { describeWith } from '../interop/requirements.js';
import { afterwards } from '../support/cleanup.js';
import { runCommand } from '../support/command.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { type Ended, type ProcessOptions, startNodeIn } from '../support/servers/process.js';
import { script } from '../support/servers/served.js';
import { startOnTerminal, terminal } from '../support/servers/terminal.js';

async function folder(): Promise<string> {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  return path;
}

/** All that is asked, as options. */
const all = {
  '--provider': 'seatable',
  '--base-url': 'https://seatable.example',
  '--api-key': 'key-of-an-old-program',
  '--credentials': 'vault',
  '--public-url': 'https://www.box.example.com',
};

type Options = Readonly<Record<string, string | undefined>>;

/** Where a command runs in the process of the tests. */
type Place = Pick<ProcessOptions, 'cwd' | 'env'>;

/** Runs it without a terminal, with all that is asked, save for what `changed` has. */
const init = (place: Place, changed: Options = {}, ...more: string[]): Promise<Ended> =>
  runCommand(place, initArgs(changed, more));

/** Likewise, in a process of its own. */
function initProcess(options: ProcessOptions, changed: Options = {}, ...more: string[]): Promise<Ended> {
  const child = startNodeIn(options, script, ...initArgs(changed, more));
  child.endInput('');
  return child.end;
}

const initArgs = (changed: Options, more: readonly string[]) => [
  'init',
  ...Object.entries({ ...all, ...changed }).flatMap(([name, value]) => (value === undefined ? [] : [name, value])),
  ...more,
];

const check = (place: Place, file = 'bridge.yaml') => runCommand(place, ['check', '--config', file]);

const modeOf = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);

describe('init', () => {
  test('writes a configuration that is good, and says what to do with it', async () => {
    const cwd = await folder();
    const { code, stdout, stderr } = await initProcess({ cwd });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('  boxbridge check --online --config bridge.yaml\n');
    expect(stdout).toContain('  boxbridge tokens add --application seatable --config bridge.yaml\n');
    expect(await readdir(cwd)).toEqual(['bridge.yaml']);
    expect(parse(await readFile(join(cwd, 'bridge.yaml'), 'utf8'))).toMatchObject({
      public_url: 'https://www.box.example.com',
      applications: [
        {
          api_key: 'key-of-an-old-program',
          provider: 'seatable',
          base_url: 'https://seatable.example',
          credentials: 'vault',
        },
      ],
    });
    expect(await check({ cwd })).toMatchObject({
      code: 0,
      stdout: 'bridge.yaml: good, 1 application(s)\n',
      stderr: '',
    });
  });

  test('lets nobody else read a secret; one of the environment is not in the file', async () => {
    const cwd = await folder();
    expect(await init({ cwd })).toMatchObject({ code: 0 });
    expect(await modeOf(join(cwd, 'bridge.yaml'))).toBe('600');
    const env = { OLD_KEY: 'a key: "with" # odd\nletters' };
    const options = { cwd, env };
    const reference = '$' + '{OLD_KEY}';
    expect(await init(options, { '--api-key': reference, '--config': 'open.yaml' })).toMatchObject({ code: 0 });
    expect(await modeOf(join(cwd, 'open.yaml'))).toBe('644');
    expect(await readFile(join(cwd, 'open.yaml'), 'utf8')).toContain(`api_key: ${reference}\n`);
    expect(await check(options, 'open.yaml')).toMatchObject({ code: 0 });
    await writeFile(join(cwd, 'key'), 'key-in-a-file\n');
    const fromFile = { '--api-key': undefined, '--api-key-file': 'key', '--config': 'file.yaml' };
    expect(await init({ cwd }, fromFile)).toMatchObject({ code: 0 });
    expect(await readFile(join(cwd, 'file.yaml'), 'utf8')).toContain('api_key: key-in-a-file\n');
    await writeFile(join(cwd, 'key'), '\uFEFFkey-of-windows\r\n\r\n');
    expect(await init({ cwd }, { ...fromFile, '--config': 'windows.yaml' })).toMatchObject({ code: 0 });
    expect(await readFile(join(cwd, 'windows.yaml'), 'utf8')).toContain('api_key: key-of-windows\n');
    expect(await init({ cwd }, { ...fromFile, '--api-key-file': 'none', '--config': 'none.yaml' })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^boxbridge: \S+none does not exist; write an api_key into it\n$/),
    });
  });

  test('writes a file of any name', async () => {
    const names = ['odd \'name\' "$x" #1.yaml', 'a\nb.yaml', '-x.yaml', 'sub folder/ümlaut.yaml'];
    const cwd = await folder();
    await mkdir(join(cwd, 'sub folder'));
    const ends = names.map(async (file) => {
      // As one word: it may begin with a dash.
      const { code, stdout, stderr } = await init({ cwd }, {}, `--config=${file}`);
      expect([code, stderr, stdout.trimEnd().split('\n').length]).toEqual([0, '', file.includes('\n') ? 8 : 5]);
      expect(parse(await readFile(join(cwd, file), 'utf8'))).toHaveProperty('applications');
      expect((await runCommand({ cwd }, ['check', `--config=${file}`])).code).toBe(0);
    });
    await Promise.all(ends);
  });

  test('takes a provider of a module, which is found from the configuration', async () => {
    const cwd = await folder();
    await mkdir(join(cwd, 'conf'));
    const own = `export default {
      name: 'own', title: 'Own\\n- x: y', publicBaseUrl: 'https://own.example',
      credential: { name: 'key', hint: 'Ask\\nsomebody: now' },
      settings: { color: { kind: 'choice', choices: ['red', 'blue'], description: 'its\\ncolour' } },
      connect: () => ({ readAccount: () => Promise.reject(new Error()) }),
    };`;
    await writeFile(join(cwd, "conf/it's own.js"), own);
    const changed = { '--provider': "./it's own.js", '--config': 'conf/bridge.yaml' };
    expect(await initProcess({ cwd }, changed)).toMatchObject({ code: 0, stderr: '' });
    const text = await readFile(join(cwd, 'conf/bridge.yaml'), 'utf8');
    expect(parse(text).applications[0].provider).toBe("./it's own.js");
    expect(text).toContain('    # color: red | blue – its colour\n');
    const checking = startNodeIn({ cwd }, script, 'check', '--config', 'conf/bridge.yaml');
    expect(await checking.end).toMatchObject({ code: 0 });
    expect(await initProcess({ cwd }, { '--provider': './none.js', '--config': 'none.yaml' })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^boxbridge: provider [^\n]*none\.js cannot be loaded [^\n]*\n$/),
    });
    expect(await readdir(cwd)).toEqual(['conf']);
  });

  test('never replaces a file, a link or a folder, unless it is told to', async () => {
    const cwd = await folder();
    const file = join(cwd, 'bridge.yaml');
    await writeFile(file, 'mine');
    await chmod(file, 0o644);
    const stderr = 'boxbridge: bridge.yaml is there already; name another, or replace it with --force\n';
    for (const run of [init, initProcess]) expect(await run({ cwd })).toMatchObject({ code: 1, stdout: '', stderr });
    expect(await readFile(file, 'utf8')).toBe('mine');
    await symlink('nowhere', join(cwd, 'dangling.yaml'));
    expect(await init({ cwd }, { '--config': 'dangling.yaml' })).toMatchObject({ code: 1, stdout: '' });
    expect(await init({ cwd }, {}, '--force')).toMatchObject({ code: 0, stderr: '' });
    expect(await readFile(file, 'utf8')).toContain('key-of-an-old-program');
    expect(await modeOf(file)).toBe('600');
    expect(await init({ cwd }, { '--config': '.' }, '--force')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^boxbridge: \. cannot be written \(\w+\); [^\n]*\n$/),
    });
    expect((await readdir(cwd)).sort()).toEqual(['bridge.yaml', 'dangling.yaml']);
  });

  test('says that it cannot write where there is no folder', async () => {
    const cwd = await folder();
    // Root may write anywhere, but not below /proc.
    const ends = ['/proc/bridge.yaml', 'none/bridge.yaml'].map(async (file) => {
      const why = `${file} cannot be written (ENOENT); name a file in a folder that is there and yours`;
      expect(await init({ cwd }, { '--config': file })).toMatchObject({
        code: 1,
        stdout: '',
        stderr: `boxbridge: ${why}\n`,
      });
    });
    await Promise.all(ends);
    expect(await readdir(cwd)).toEqual([]);
  });

  test('refuses wrong usage with 2 and one line, and writes nothing', async () => {
    const rows: readonly (readonly [Options, string])[] = [
      [{ '--provider': 'fax' }, '--provider must be seatable, previsto, terraform, golem, box or the path of a module'],
      [{ '--base-url': 'seatable.example' }, '--base-url must be an http or https URL'],
      [{ '--public-url': 'http://h/api/1.0/rest' }, '--public-url has a path of the bridge itself; write what comes'],
      [{ '--credentials': 'safe' }, '--credentials must be passthrough or vault'],
      [{ '--api-key-file': 'key' }, 'name one of --api-key-file and --api-key'],
      [{ '--config': '-' }, '--config names the file to write, and - is none'],
      [
        { '--provider': undefined, '--api-key': undefined, '--public-url': undefined },
        'there is no terminal to ask on; add --provider, --api-key, --public-url\n',
      ],
    ];
    const cwd = await folder();
    const expectMisuse = async (run: typeof init, [changed, message]: (typeof rows)[number]) => {
      const { code, stdout, stderr } = await run({ cwd }, changed);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^error: [^\n]*\n$/);
      expect(stderr).toContain(`error: ${message}`);
    };
    await Promise.all([
      ...rows.map((row) => expectMisuse(init, row)),
      ...rows.slice(-1).map((row) => expectMisuse(initProcess, row)),
    ]);
    expect(await readdir(cwd)).toEqual([]);
  });
});

describeWith([terminal], 'init on a terminal', () => {
  const DOWN = '\x1b[B';
  const ENTER = '\r';
  const CTRL_C = '\x03';
  const CTRL_D = '\x04';

  test.each([40, 120])('of %i columns asks five questions, and says again what is wrong', async (columns) => {
    const cwd = await folder();
    const asked = startOnTerminal(cwd, columns, script, 'init');
    await asked.shows('Which modern API has the accounts?');
    asked.write(DOWN + ENTER);
    await asked.shows('Where is that API?');
    await asked.shows('https://api.previsto.io');
    asked.write(`/ d${ENTER}`);
    await asked.shows('must be an http or https URL');
    asked.write(`\x7f\x7f\x7f${ENTER}`);
    await asked.shows('Which api_key does the old');
    asked.write(ENTER);
    await asked.shows('must be a text that is not');
    asked.write(`old: "key"${ENTER}`);
    await asked.shows('How do its users sign in?');
    asked.write(DOWN + ENTER);
    await asked.shows('Which address do old programs');
    asked.write(ENTER);
    await asked.shows('bridge.yaml is written.');
    expect(await asked.end).toMatchObject({ code: 0 });
    expect(parse(await readFile(join(cwd, 'bridge.yaml'), 'utf8'))).toMatchObject({
      public_url: 'http://127.0.0.1:8080',
      applications: [
        { api_key: 'old: "key"', provider: 'previsto', base_url: 'https://api.previsto.io', credentials: 'vault' },
      ],
    });
    expect(await check({ cwd })).toMatchObject({ code: 0, stderr: '' });
  });

  test('asks only for what no option says', async () => {
    const cwd = await folder();
    const words = ['--provider', 'golem', '--base-url', 'https://golem.example', '--credentials', 'vault'];
    const asked = startOnTerminal(cwd, 80, script, 'init', ...words, '--public-url', 'http://127.0.0.1:8080');
    await asked.shows('Which api_key');
    asked.write(`key${ENTER}`);
    await asked.shows('bridge.yaml is written.');
    expect(await asked.end).toMatchObject({ code: 0 });
    expect(asked.screen()).not.toContain('Which modern API');
  });

  test.each([
    ['Ctrl-C', CTRL_C],
    ['Ctrl-D', CTRL_D],
  ])('asks for the path of a module, and leaves nothing after %s', async (_name, key) => {
    const cwd = await folder();
    const asked = startOnTerminal(cwd, 40, script, 'init');
    await asked.shows('Which modern API');
    asked.write(DOWN.repeat(providers.length) + ENTER);
    await asked.shows('The path of its module');
    asked.write(`\x7f\x7f${key}`);
    await asked.shows('boxbridge: cancelled; nothing was');
    expect(await asked.end).toMatchObject({ code: 1 });
    expect(await readdir(cwd)).toEqual([]);
  });

  test('says that the file is there before it asks', async () => {
    const cwd = await folder();
    await writeFile(join(cwd, 'bridge.yaml'), 'mine');
    const asked = startOnTerminal(cwd, 80, script, 'init');
    expect(await asked.end).toMatchObject({ code: 1 });
    expect(asked.screen()).toMatch(/^boxbridge: bridge\.yaml is there already/);
  });
});
