import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { ConfigError } from '../../src/config/config.js';
import { parseConfig, readConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import { providers } from '../../src/providers/index.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';

/** Secrets in files that the configuration names. */

let directory: string;
beforeEach(async () => {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  directory = path;
});

const known = { actions: actionNames, providers };
const write = (name: string, content: string | Buffer) => writeFile(join(directory, name), content);
const application = (line: string) =>
  `applications:\n- name: one\n  provider: seatable\n  base_url: https://h\n  ${line}\n`;
const read = (yaml: string, variables = {}) => readConfig(yaml, { ...known, directory, variables });

function problemsOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ line, path, message }) => [line, path, message]);
    throw error;
  }
  return 'no problem';
}

test.each([
  ['key-of-one', 'key-of-one'],
  ['key-of-one\n', 'key-of-one'],
  ['key-of-one\r\n', 'key-of-one'],
  ['\uFEFFkey-of-one\n', 'key-of-one'],
  ['key-of-one\na remark\n', 'key-of-one'],
  [' key "of" one \n', ' key "of" one '],
  ['0123', '0123'],
  [`$\{HOME}\n`, `$\{HOME}`],
])('an api_key in a file: %j', async (content, apiKey) => {
  await write('one.key', content);
  const config = read(application('api_key_file: one.key'));
  expect(config.applications).toMatchObject([{ apiKey }]);
  expect(JSON.stringify(config)).not.toContain('one.key');
});

test('a file whose name a variable has', async () => {
  await write('one.key', 'key-of-one');
  expect(read(application(`api_key_file: $\{WHERE}`), { WHERE: './one.key' }).applications).toMatchObject([
    { apiKey: 'key-of-one' },
  ]);
});

test('the place of the store in a file', async () => {
  await write('store.txt', 'postgres://u:s3cret@h/d\n');
  expect(read(`store_file: store.txt\n${application('api_key: k')}`).store).toEqual({
    kind: 'postgres',
    url: 'postgres://u:s3cret@h/d',
  });
  await write('store.txt', 'sqlite:./here.db\n');
  const value = {
    store_file: 'store.txt',
    applications: [{ api_key: 'k', provider: 'seatable', base_url: 'https://h' }],
  };
  expect(parseConfig(value, { ...known, directory }).store).toEqual({
    kind: 'sqlite',
    path: join(directory, 'here.db'),
  });
});

const at = 'applications[0].api_key_file';
const empty = 'has no api_key in its first line; write one into it';
test.each<[what: string, line: string, content: string | Buffer, says: string]>([
  ['that is empty', 'api_key_file: one.key', '', `DIR/one.key ${empty}`],
  ['with an empty line', 'api_key_file: one.key', '\nkey-of-one\n', `DIR/one.key ${empty}`],
  ['that is missing', 'api_key_file: none.key', 'k', 'DIR/none.key does not exist; write an api_key into it'],
  ['that is a folder', 'api_key_file: .', 'k', 'DIR cannot be read (EISDIR); name a file that this user may read'],
  [
    'in Latin-1',
    'api_key_file: one.key',
    Buffer.from('cl\u00e9', 'latin1'),
    'DIR/one.key is not UTF-8 text; save it as UTF-8',
  ],
  ['beside the key', 'api_key_file: one.key\n  api_key: k', 'k', 'is given beside api_key; keep one of the two'],
  ['that is a number', 'api_key_file: 5', 'k', 'must be a text that is not empty, in quotes if it looks like a number'],
])('a file %s is a problem of its line', async (_what, line, content, says) => {
  await write('one.key', content);
  const expected = [5, at, `${at} ${says.replace('DIR', directory)}`];
  expect(problemsOf(() => read(application(line)))).toEqual([expected]);
});

test('what is wrong with a value from a file is said of the file, without the value', async () => {
  await write('store.txt', 'mysql://u:s3cret@h/d');
  expect(problemsOf(() => read(`store_file: store.txt\n${application('api_key: k')}`))).toEqual([
    [
      1,
      'store_file',
      expect.stringMatching(/^store_file names a file whose first line must be sqlite: and a path, or /),
    ],
  ]);
  await write('one.key', 'key-of-one');
  const twice = `${application('api_key: key-of-one')}- { api_key_file: one.key, provider: golem, base_url: "https://h" }\n`;
  expect(problemsOf(() => read(twice))).toEqual([
    [
      6,
      'applications[1].api_key_file',
      'applications[1].api_key_file is the same as applications[0].api_key in line 5; give each application its own',
    ],
  ]);
});

test('a file that never ends is not read to its end', () => {
  const [application0] = read(application('api_key_file: /dev/zero')).applications;
  expect(application0?.apiKey).toHaveLength(64 * 1024);
});

test('a secret that needs another key is no wrong line of its file', async () => {
  await write('secret.txt', 'of the vendor\n');
  expect(problemsOf(() => read(application('api_key: k\n  client_secret_file: secret.txt')))).toEqual([
    [
      6,
      'applications[0].client_secret_file',
      'applications[0].client_secret_file needs a client_id; write the one that the vendor gave with it',
    ],
  ]);
});
