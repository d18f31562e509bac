import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import type { LedgerRow } from '../../src/store/ledger.js';
import { openStore } from '../../src/store/open.js';
import { afterwards } from '../support/cleanup.js';
import { runCommand } from '../support/command.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { type Ended, startNode } from '../support/servers/process.js';
import { ledgerRow } from '../support/suites/store-ledger-suite.js';

const script = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

const HOUR_MS = 3_600_000;
const BEGIN = Date.UTC(2026, 0, 1);

const configuration = `
store: sqlite:./bridge.db
applications:
- { api_key: key1, name: Invoices, provider: seatable, base_url: "https://cloud.seatable.io" }
- { api_key: key2, name: Photos, provider: golem, base_url: "https://golem.example.com" }
`;

/** With providers of modules, which are loaded for a whole process. */
const withModules = `${configuration}
- { api_key: key3, name: Own, provider: ./own.js, base_url: "https://own.example.com" }
- { api_key: key4, name: Own and silent, provider: ./silent.js, base_url: "https://own.example.com" }
`;

const own = (name: string, keys: string) => `export default {
  name: '${name}', title: 'Own', ${keys} publicBaseUrl: 'https://own.example.com', credential: { name: 'key', hint: 'h' },
  connect: () => ({ readAccount: async () => { throw new Error('not to be called'); } }),
};
`;

const served = (fields: Partial<LedgerRow>) =>
  ledgerRow({ outcome: 'served', cause: '', first: BEGIN, last: BEGIN, ...fields });

const rows: readonly LedgerRow[] = [
  served({ count: 7, last: BEGIN + HOUR_MS }),
  ledgerRow({ outcome: 'unauthenticated', count: 2, first: BEGIN - HOUR_MS, last: BEGIN + 2 * HOUR_MS, cause: 'late' }),
  ledgerRow({ outcome: 'unavailable', first: BEGIN, last: BEGIN, cause: 'early' }),
  served({ userAgent: '', protocol: 'soap', name: 'update_account', count: 30 }),
  served({ kind: 'parameter', name: 'params', outcome: 'ignored', cause: 'get_account_info does not take it' }),
  served({ application: 'Photos', name: 'get_account_plan' }),
  served({ application: 'Photos', name: 'get_ticket', userAgent: 'Photo <b>\u001b[31m' }),
  ledgerRow({
    application: 'Photos',
    name: 'create_folder',
    first: BEGIN,
    last: BEGIN,
    cause: 'no modern API can do it',
  }),
  ledgerRow({ name: 'create_folder', count: 5, first: BEGIN, last: BEGIN, cause: 'no modern API can do it' }),
  served({ application: 'Own' }),
  served({ application: 'Own and silent' }),
  served({ application: 'Gone' }),
  served({ application: 'Gone\u001b[2J' }),
  ledgerRow({
    application: '',
    kind: 'path',
    name: 'upload',
    outcome: 'malformed',
    count: 50,
    first: BEGIN,
    last: BEGIN,
  }),
];

/** A directory with a configuration, and a store with these rows. */
async function folderWith(content: readonly LedgerRow[]): Promise<string> {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  await writeFile(join(path, 'bridge.yaml'), configuration);
  await writeFile(join(path, 'modules.yaml'), withModules);
  await writeFile(join(path, 'package.json'), '{ "type": "module" }');
  await writeFile(join(path, 'own.js'), own('own', "requests: { readAccount: 'GET {base_url}/me' },"));
  await writeFile(join(path, 'silent.js'), own('silent', ''));
  const store = await openStore({ kind: 'sqlite', path: join(path, 'bridge.db') });
  await store.addToLedger(content);
  await store.close();
  return path;
}

const run = (folder: string, command: string, ...args: string[]): Promise<Ended> =>
  runCommand({ cwd: folder }, [command, '--config', 'bridge.yaml', ...args]);

/** Likewise, in a process of its own. */
const runProcess = (folder: string, command: string, ...args: string[]): Promise<Ended> =>
  startNode(folder, script, command, ...args).end;

async function output(folder: string, command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(folder, command, ...args);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
}

/** The cells of a table, which two blanks keep apart. */
const cellsIn = (table: string) =>
  table
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/));

const columns = [
  'application',
  'caller',
  'format',
  'what',
  'name',
  'calls',
  'refused',
  'failed',
  'first',
  'last',
  'instead',
];

describe('boxbridge usage', () => {
  test('shows who calls what, how often, last when, and what replaces it', async () => {
    const folder = await folderWith(rows);
    const { code, stdout: table, stderr } = await runProcess(folder, 'usage', '--config', 'modules.yaml');
    expect([code, stderr]).toEqual([0, '']);
    const info = 'get_account_info';
    const begin = '2026-01-01T00:00:00Z';
    expect(cellsIn(table)).toEqual([
      columns,
      ['–', 'Old/1.0', 'rest', 'path', 'upload', '50', '50', '0', begin, begin, '–'],
      ['Gone', 'Old/1.0', 'rest', 'action', info, '1', '0', '0', begin, begin, '–'],
      ['Gone [2J', 'Old/1.0', 'rest', 'action', info, '1', '0', '0', begin, begin, '–'],
      [
        'Invoices',
        '–',
        'soap',
        'action',
        'update_account',
        '30',
        '0',
        '0',
        begin,
        begin,
        'PUT https://cloud.seatable.io/api/v2.1/user/contact-email/',
      ],
      [
        'Invoices',
        'Old/1.0',
        'rest',
        'action',
        info,
        '10',
        '2',
        '1',
        '2025-12-31T23:00:00Z',
        '2026-01-01T02:00:00Z',
        'GET https://cloud.seatable.io/api2/account/info/',
      ],
      ['Invoices', 'Old/1.0', 'rest', 'action', 'create_folder', '5', '5', '0', begin, begin, '–'],
      ['Own', 'Old/1.0', 'rest', 'action', info, '1', '0', '0', begin, begin, 'GET https://own.example.com/me'],
      ['Own and silent', 'Old/1.0', 'rest', 'action', info, '1', '0', '0', begin, begin, '–'],
      ['Photos', 'Old/1.0', 'rest', 'action', 'create_folder', '1', '1', '0', begin, begin, '–'],
      [
        'Photos',
        'Old/1.0',
        'rest',
        'action',
        'get_account_plan',
        '1',
        '0',
        '0',
        begin,
        begin,
        'GET https://golem.example.com/v1/accounts/{id}/plan',
      ],
      [
        'Photos',
        'Photo <b> [31m',
        'rest',
        'action',
        'get_ticket',
        '1',
        '0',
        '0',
        begin,
        begin,
        'none: it has the API token itself',
      ],
    ]);
    expect(table).not.toContain('\u001b');
    const starts = table
      .trimEnd()
      .split('\n')
      .map((line) => line.search(/(rest|soap|format) /));
    expect(new Set(starts).size).toBe(1);
  });

  test('shows one application, and says where there is none of the name', async () => {
    const folder = await folderWith(rows);
    const names = async (...args: string[]) =>
      cellsIn(await output(folder, 'usage', ...args))
        .slice(1)
        .map(([name]) => name);
    expect(await names('--application', 'Photos')).toEqual(['Photos', 'Photos', 'Photos']);
    expect(await names('--application', 'Gone')).toEqual(['Gone']);
    const words = ['--application', 'photos'];
    const ends = [run(folder, 'usage', ...words), runProcess(folder, 'usage', '--config', 'bridge.yaml', ...words)];
    for (const ended of await Promise.all(ends))
      expect(ended).toMatchObject({
        code: 1,
        stdout: '',
        stderr: 'boxbridge: no application has this name; name one of the configuration\n',
      });
  });

  test('shows nothing where nobody has called', async () => {
    expect(cellsIn(await output(await folderWith([]), 'usage', '--application', 'Photos'))).toEqual([columns]);
  });

  test('is one document for machines', async () => {
    const { usage } = JSON.parse(await output(await folderWith(rows), 'usage', '--json', '--application', 'Invoices'));
    expect(usage).toHaveLength(3);
    expect(usage[1]).toEqual({
      application: 'Invoices',
      user_agent: 'Old/1.0',
      format: 'rest',
      kind: 'action',
      name: 'get_account_info',
      calls: 10,
      refused: 2,
      failed: 1,
      first: '2025-12-31T23:00:00Z',
      last: '2026-01-01T02:00:00Z',
      cause: 'late',
      modern_request: 'GET https://cloud.seatable.io/api2/account/info/',
    });
    expect(usage[2]).toMatchObject({ name: 'create_folder', modern_request: null });
  });

  test.each([
    ['2026-01-01T01:30:00Z', ['unauthenticated']],
    ['2026-01-01T00:30Z', ['served', 'unauthenticated']],
    ['2026-01-02', []],
  ])('shows what was called since %s', async (since, outcomes) => {
    const document = await output(await folderWith(rows), 'usage', '--json', '--since', since);
    const { usage } = JSON.parse(document);
    const calls = rows.filter(({ outcome, name }) => name === 'get_account_info' && outcomes.includes(outcome));
    expect(usage.map(({ calls: count }: { calls: number }) => count)).toEqual(
      calls.length === 0
        ? []
        : [calls.filter(({ application }) => application === 'Invoices').reduce((sum, { count }) => sum + count, 0)],
    );
  });

  test.each([
    ['2h', ['just now', 'an hour ago']],
    ['1h', ['just now']],
    ['1d', ['just now', 'an hour ago', 'today']],
    ['99999d', ['just now', 'an hour ago', 'today', 'once']],
  ])('shows what was called in the last %s', async (since, expected) => {
    const ago = (hours: number, userAgent: string) => served({ userAgent, last: Date.now() - hours * HOUR_MS });
    const folder = await folderWith([ago(0, 'just now'), ago(1.5, 'an hour ago'), ago(20, 'today'), ago(500, 'once')]);
    const { usage } = JSON.parse(await output(folder, 'usage', '--json', '--since', since));
    expect(usage.map(({ user_agent: agent }: { user_agent: string }) => agent).sort()).toEqual([...expected].sort());
  });
});

describe('boxbridge gaps', () => {
  test('shows what is asked for in vain, by how many callers', async () => {
    const table = await output(await folderWith(rows), 'gaps');
    expect(cellsIn(table)).toEqual([
      ['callers', 'calls', 'what', 'name', 'why', 'applications', 'last', 'last cause'],
      [
        '2',
        '6',
        'action',
        'create_folder',
        'restricted',
        'Invoices, Photos',
        '2026-01-01T00:00:00Z',
        'no modern API can do it',
      ],
      ['1', '50', 'path', 'upload', 'malformed', '–', '2026-01-01T00:00:00Z', 'a cause'],
      ['1', '2', 'action', 'get_account_info', 'unauthenticated', 'Invoices', '2026-01-01T02:00:00Z', 'late'],
      [
        '1',
        '1',
        'parameter',
        'params',
        'ignored',
        'Invoices',
        '2026-01-01T00:00:00Z',
        'get_account_info does not take it',
      ],
    ]);
  });

  test('is one document for machines, with who asks', async () => {
    const { gaps } = JSON.parse(await output(await folderWith(rows), 'gaps', '--json', '--application', 'Photos'));
    const times = { first: '2026-01-01T00:00:00Z', last: '2026-01-01T00:00:00Z', cause: 'no modern API can do it' };
    expect(gaps).toEqual([
      {
        kind: 'action',
        name: 'create_folder',
        reason: 'restricted',
        calls: 1,
        ...times,
        callers: [{ application: 'Photos', user_agent: 'Old/1.0', format: 'rest', calls: 1, ...times }],
      },
    ]);
  });

  test('has null for who is not known', async () => {
    const { gaps } = JSON.parse(await output(await folderWith(rows.slice(-1)), 'gaps', '--json'));
    expect(gaps).toMatchObject([{ kind: 'path', callers: [{ application: null }] }]);
  });
});

test.each([
  ['usage', '--since', 'yesterday'],
  ['usage', '--since', '30m'],
  ['gaps', '--since', '2026-02-30'],
  ['gaps', '--sinse', '30d'],
])('%s %s %s is wrong usage', async (command, ...args) => {
  const { code, stdout, stderr } = await run(await folderWith([]), command, ...args);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^error: /);
});
