import { readFileSync } from 'node:fs';
import { beforeEach, expect, test } from '@jest/globals';
import { tableRows } from '../repository/tables.js';
import { afterwards } from '../support/cleanup.js';
import { startNode } from '../support/servers/process.js';
import { startServe, startServing } from '../support/servers/served.js';
import { canned, startUpstream, type Upstream } from '../support/servers/upstream.js';

let upstream: Upstream;
let applications: object[];

beforeEach(async () => {
  upstream = await startUpstream(canned({}));
  afterwards(upstream.close);
  applications = [{ api_key: 'k', provider: 'previsto', base_url: upstream.url }];
});

/** The log of a bridge that answers two calls, one of them with success, and stops. */
async function logOf(configuration: object, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { child, url } = await startServing({ applications, ...configuration }, { env });
  const rest = `${url}/api/1.0/rest?api_key=k&action`;
  for (const query of ['=get_account_info', '=logout&auth_token=t']) await (await fetch(rest + query)).text();
  child.kill('SIGTERM');
  return (await child.end).stderr;
}

const messagesIn = (log: string): unknown[] =>
  log
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).msg);

test('the log begins and ends with the bridge, in times and levels that people read', async () => {
  const lines = (await logOf({})).trimEnd().split('\n');
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'info', time, msg: 'started', version: expect.any(String), node: process.version },
    { level: 'info', time, msg: 'listening', url: expect.stringMatching(/^http:/) },
    { level: 'warn', time, msg: 'a call was refused', cause: 'no auth_token' },
    { level: 'info', time, msg: 'call', status: 'logout_ok' },
    { level: 'info', time, msg: 'stopping' },
    { level: 'info', time, msg: 'stopped' },
  ]);
});

test('the page has every field of the line of a call', async () => {
  const page = readFileSync(new URL('../../../docs/watching.md', import.meta.url), 'utf8');
  const named = tableRows(page, 'field').flatMap(([cell = '']) => cell.match(/\w+/g) ?? []);
  const lines = (await logOf({})).split('\n').filter((line) => line.includes('"request_id"'));
  const fields = new Set(lines.flatMap((line) => Object.keys(JSON.parse(line))));
  for (const general of ['level', 'time', 'pid', 'hostname', 'name', 'msg']) fields.delete(general);
  expect(named.filter((name) => name !== 'stack').sort()).toEqual([...fields].sort());
});

test.each([
  [{ log: { level: 'warn' } }, {}, ['a call was refused']],
  [{ log: { level: 'warn' } }, { LOG_LEVEL: 'SILENT' }, []],
  [{ log: { level: 'error' } }, { LOG_LEVEL: 'warn' }, ['a call was refused']],
])('%j with %j in the environment tells so much', async (configuration, env, expected) => {
  const log = await logOf(configuration, env);
  expect(log === '' ? [] : messagesIn(log)).toEqual(expected);
});

test('a LOG_LEVEL that is none ends the start in one line', async () => {
  const { child } = await startServe({ applications }, { env: { LOG_LEVEL: 'loud' } });
  expect(await child.end).toMatchObject({
    code: 1,
    stderr: 'boxbridge: LOG_LEVEL has to be debug, info, warn, error or silent\n',
  });
});

test('pretty lines are text', async () => {
  const log = await logOf({ log: { format: 'pretty' } });
  expect(log).toMatch(/INFO: listening \{"url":"http:/);
  expect(log).toMatch(/WARN: a call was refused \{.*"cause":"no auth_token"/);
  expect(log.trimEnd().split('\n')).toHaveLength(6);
});

test('pretty lines to a reader that is gone stop no call', async () => {
  const { child, url } = await startServing({ applications, log: { format: 'pretty' } });
  child.stopReadingLog();
  const rest = `${url}/api/1.0/rest?action=get_account_info`;
  for (let n = 0; n < 20; n += 1) expect(await (await fetch(rest)).text()).toContain('wrong_input');
  child.kill('SIGTERM');
  expect((await child.end).code).toBe(0);
});

test('a process that ends in the turn of its last lines has written them all', async () => {
  const module = new URL('../../src/observability/log.js', import.meta.url).href;
  const script = `
    const { createLog } = await import('${module}');
    const { log } = createLog();
    for (let n = 0; n < 3; n += 1) log.info(String(n));
    process.exit();
  `;
  const { stderr } = await startNode('.', '--input-type=module', '-e', script).end;
  expect(messagesIn(stderr)).toEqual(['0', '1', '2']);
});
