import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { pino } from 'pino';
import type { LedgerRow } from '../../src/store/ledger.js';
import { openSqlite } from '../../src/store/sqlite.js';
import { afterwards } from '../support/cleanup.js';
import { callBridge, formats, type Parameters, post } from '../support/clients/legacy.js';
import { startBridge } from '../support/servers/bridge.js';
import { credentials, startModernApis } from '../support/servers/modern-apis.js';

async function start(keys = {}, log = pino({ level: 'silent' })) {
  const apis = await startModernApis();
  afterwards(apis.close);
  const application = { ...apis.application('previsto', 'k'), name: 'Invoices', credentials: 'passthrough' };
  const bridge = await startBridge({ applications: [application], ...keys }, { log });
  afterwards(bridge.close);
  return {
    url: bridge.url,
    file: join(bridge.folder, 'data/bridge.db'),
    apis,
    /** Ends the bridge; gives its ledger, the oldest row first. */
    ledger: async (): Promise<LedgerRow[]> => {
      await bridge.stop();
      const store = openSqlite(join(bridge.folder, 'data/bridge.db'));
      afterwards(store.close);
      return (await store.ledger(0)).toReversed();
    },
  };
}

const signed: Parameters = [
  ['api_key', 'k'],
  ['auth_token', credentials.previsto],
];

const short = (rows: readonly LedgerRow[]) =>
  rows.map(({ application, protocol, kind, name, outcome, count }) =>
    [application || '–', protocol, kind, name, outcome, count].join(' '),
  );

describe.each(formats)('in %s the ledger has', (format) => {
  test('what is used, refused and failed, with the last cause', async () => {
    const { url, apis, ledger } = await start();
    const asked: readonly [action: string, parameters: Parameters][] = [
      ['get_account_info', signed],
      ['get_account_info', signed],
      ['get_account_info', [['api_key', 'unknown-key']]],
      [
        'get_account_info',
        [
          ['api_key', 'k'],
          ['auth_token', 'sk_wrong'],
        ],
      ],
      ['create_folder', signed],
      ['change_password', [...signed, ['current_password', 'one-secret'], ['new_password', 'two-secret']]],
    ];
    for (const [action, parameters] of asked) await callBridge(url, format, action, parameters);
    apis.become((_request, response) => void response.writeHead(500).end());
    await callBridge(url, format, 'get_account_info', signed);
    const rows = await ledger();
    expect(short(rows).sort()).toEqual(
      [
        `Invoices ${format} action get_account_info served 2`,
        `– ${format} action get_account_info restricted 1`,
        `Invoices ${format} action get_account_info unauthenticated 1`,
        `Invoices ${format} action create_folder restricted 1`,
        `Invoices ${format} action change_password restricted 1`,
        `Invoices ${format} action get_account_info unavailable 1`,
      ].sort(),
    );
    const causes = rows.map(({ cause }) => cause);
    expect(causes).toContain('no application has this api_key, which begins with "unkn…"');
    expect(causes).toContain('no modern API can do create_folder');
    expect(causes).toContain('previsto cannot do change_password');
    expect(JSON.stringify(rows)).not.toMatch(/one-secret|two-secret|sk_/);
  });

  test('names that are words, and of others that they were there', async () => {
    const { url, ledger } = await start();
    const action = format === 'rest' ? 'get_<b>mail' : 'get-mail';
    for (const each of ['get_mail', action, 'mail0', 'a'.repeat(21), `${'a'.repeat(20)}_${'b'.repeat(12)}`])
      await callBridge(url, format, each, signed);
    await callBridge(url, format, 'get_account_info', [
      ...signed,
      ['params', 'x'],
      ['folder.name', 'x'],
      ['sk_12345', 'x'],
      ['hunter', ''],
      ['abcdefghijklmnopqrstuvwxyzabcdef', 'x'],
    ]);
    expect(short(await ledger()).sort()).toEqual(
      [
        `Invoices ${format} action get_account_info served 1`,
        `Invoices ${format} action get_mail malformed 1`,
        `Invoices ${format} action other malformed 4`,
        `Invoices ${format} parameter folder.name ignored 1`,
        `Invoices ${format} parameter other ignored 3`,
        `Invoices ${format} parameter params ignored 1`,
      ].sort(),
    );
  });

  test('envelopes that cannot be read, by what HTTP refuses', async () => {
    const { url, ledger } = await start();
    const path = `${url}/api/1.0/${format}`;
    const bodies = format === 'rest' ? ['api_key=k'] : ['<a>', '<request/>', 'text', '<!DOCTYPE a><a/>'];
    for (const body of bodies) await fetch(path, { method: 'POST', body });
    await fetch(path, { method: 'DELETE' });
    await fetch(path, { method: 'POST', body: 'x'.repeat(70_000) });
    expect(short(await ledger()).sort()).toEqual(
      [
        `– ${format} envelope no call malformed ${bodies.length}`,
        `– ${format} envelope HTTP 405 malformed 1`,
        `– ${format} envelope HTTP 413 malformed 1`,
      ].sort(),
    );
  });

  test('User-Agents as one line, which nothing obeys', async () => {
    const { url, ledger } = await start();
    const agents = ['Old/1.0', 'Old/1.0', '<script>alert(1)</script>', 'a\tb\u009b31m\u00a0c', ''];
    for (const agent of agents) await post(url, format, 'get_account_info', signed, { 'User-Agent': agent });
    const rows = await ledger();
    expect(rows.map(({ userAgent, count }) => [userAgent, count])).toEqual(
      expect.arrayContaining([
        ['Old/1.0', 2],
        ['<script>alert(1)</script>', 1],
        ['a b 31m c', 1],
      ]),
    );
  });
});

test('the ledger has no call that was refused before it was read', async () => {
  const { url, ledger } = await start({ rate: { per_minute: 1 } });
  const statuses: number[] = [];
  for (let n = 0; n < 3; n += 1) statuses.push((await callBridge(url, 'rest', 'get_account_info', signed)).http);
  expect(statuses).toEqual([200, 429, 429]);
  expect(short(await ledger())).toEqual(['Invoices rest action get_account_info served 1']);
});

test('a ledger that cannot be written holds up no call, and has all of them later', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const { url, file, ledger } = await start({}, log);
  const call = async () => (await callBridge(url, 'rest', 'get_account_info', signed)).status;
  expect(await call()).toBe('get_account_info_ok');
  const other = new DatabaseSync(file);
  afterwards(async () => other.close());
  other.exec('BEGIN IMMEDIATE');
  let calls = 1;
  for (const deadline = performance.now() + 20_000; lines.length === 0 && performance.now() < deadline; calls += 1)
    expect(await call()).toBe('get_account_info_ok');
  other.exec('ROLLBACK');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { msg: 'the ledger could not be written; it is tried again', cause: 'database is locked' },
  ]);
  expect((await ledger()).map(({ count }) => count)).toEqual([calls]);
});

test('the ledger has paths by the names of the old API', async () => {
  const { url, ledger } = await start();
  for (const path of ['/api/1.0/upload/a-token/0', '/api/1.0/a-token', '/favicon.ico']) await fetch(url + path);
  const rows = await ledger();
  expect(short(rows)).toEqual(['– rest path upload malformed 1', '– rest path other malformed 2']);
  expect(JSON.stringify(rows)).not.toContain('a-token');
});
