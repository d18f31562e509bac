import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { Exchange } from '../../src/core/exchange.js';
import { createRecorder, type RecorderOptions } from '../../src/observability/recorder.js';
import { watchAll } from '../../src/observability/watches.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { until } from '../support/until.js';

let folder: string;
let lines: string[];
let counts: Record<string, number>;

beforeEach(async () => {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  folder = join(path, 'recordings');
  lines = [];
  counts = { recorded: 0, lost: 0 };
});

const eight = Date.UTC(2026, 10, 30, 8, 59);
const nine = Date.UTC(2026, 10, 30, 9, 1);

function start(options: Partial<RecorderOptions> = {}) {
  return createRecorder({
    file: join(folder, 'calls'),
    sample: 1,
    digest: () => 'digest',
    log: pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(line) }),
    count: (outcome, calls) => {
      counts[outcome] = (counts[outcome] ?? 0) + calls;
    },
    now: () => eight,
    ...options,
  });
}

const exchange = (id: string, application = 'one', body = 'action=get_account_info&auth_token=t'): Exchange => ({
  ...{ id, protocol: 'rest', address: '::1', userAgent: 'Old/1', startedAt: eight, ms: 2.5, seen: undefined },
  request: {
    method: 'POST',
    target: '/api/1.0/rest?api_key=k',
    headers: ['Host', 'box.example.com', 'Cookie', 'secret'],
    body: Buffer.from(body),
    contentType: 'application/x-www-form-urlencoded',
  },
  call: { action: 'get_account_info', parameters: new Map([['auth_token', ['t']]]) },
  application: { name: application, provider: 'previsto', baseUrl: 'https://h' },
  ...{ upstream: [], cause: undefined, secrets: [] },
  answer: { action: 'get_account_info', status: 'get_account_info_ok', result: {} },
  reply: { status: 200, headers: { 'Content-Type': 'text/xml' }, body: '<response>\u2028</response>' },
});

const files = async () => (await readdir(folder)).sort();
const textOf = (name: string) => readFile(join(folder, name), 'utf8');
const entriesOf = async (name: string): Promise<{ _boxbridge: { id: string } }[]> =>
  JSON.parse(await textOf(name)).log.entries;
const idsOf = async (name: string) => (await entriesOf(name)).map((entry) => entry._boxbridge.id);

test('a call is an entry of HAR 1.2 in a line of its own', async () => {
  const recorder = start();
  recorder.watch(exchange('a'));
  recorder.watch(exchange('b'));
  await recorder.close();
  const text = await textOf('calls-2026-11-30T08Z.har');
  expect(text.split('\n')).toHaveLength(5);
  expect(text).not.toContain('\u2028');
  const { log } = JSON.parse(text);
  expect(log).toMatchObject({ version: '1.2', creator: { name: 'BoxBridge', version: expect.any(String) } });
  expect(log.entries[0]).toEqual({
    startedDateTime: '2026-11-30T08:59:00.000Z',
    time: 2.5,
    request: {
      method: 'POST',
      url: 'http://box.example.com/api/1.0/rest?api_key=digest',
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: [
        { name: 'Host', value: 'box.example.com' },
        { name: 'Cookie', value: 'digest' },
      ],
      queryString: [{ name: 'api_key', value: 'digest' }],
      postData: {
        mimeType: 'application/x-www-form-urlencoded',
        params: [],
        text: 'action=get_account_info&auth_token=digest',
      },
      headersSize: -1,
      bodySize: 41,
    },
    response: {
      status: 200,
      statusText: 'OK',
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: [{ name: 'Content-Type', value: 'text/xml' }],
      content: { size: 24, mimeType: 'text/xml', text: '<response>\u2028</response>' },
      redirectURL: '',
      headersSize: -1,
      bodySize: 24,
    },
    cache: {},
    timings: { send: 0, wait: 2.5, receive: 0 },
    _boxbridge: {
      id: 'a',
      protocol: 'rest',
      application: 'one',
      action: 'get_account_info',
      status: 'get_account_info_ok',
      parameters: [{ name: 'auth_token', value: 'digest' }],
    },
  });
  expect(counts).toEqual({ recorded: 2, lost: 0 });
  expect((await stat(join(folder, 'calls-2026-11-30T08Z.har'))).mode & 0o777).toBe(0o600);
});

test('each hour has a file, which ends with the first call of the next one', async () => {
  let now = eight;
  const recorder = start({ now: () => now });
  for (let index = 0; index < 20; index += 1) recorder.watch(exchange(`${index}`));
  now = nine;
  recorder.watch(exchange('later'));
  await until(() => counts.recorded === 21);
  expect(await files()).toEqual(['calls-2026-11-30T08Z.har', 'calls-2026-11-30T09Z.har']);
  expect(await idsOf('calls-2026-11-30T08Z.har')).toEqual(Array.from({ length: 20 }, (_, index) => `${index}`));
  await recorder.close();
  expect(await idsOf('calls-2026-11-30T09Z.har')).toEqual(['later']);
});

test('nobody writes to the file of another', async () => {
  const recorders = [start(), start(), start()];
  for (const [index, recorder] of recorders.entries()) recorder.watch(exchange(`${index}`));
  await Promise.all(recorders.map((recorder) => recorder.close()));
  const names = await files();
  expect(names).toEqual(['calls-2026-11-30T08Z-2.har', 'calls-2026-11-30T08Z-3.har', 'calls-2026-11-30T08Z.har']);
  expect((await Promise.all(names.map(idsOf))).flat().sort()).toEqual(['0', '1', '2']);
});

test('of the calls a sample is recorded, and those of some applications alone', async () => {
  const drawn = [0.1, 0.9, 0.49, 0.5];
  const recorder = start({ sample: 0.5, applications: ['one'], random: () => drawn.shift() ?? 0 });
  recorder.watch(exchange('other', 'two'));
  recorder.watch({ ...exchange('none'), application: undefined });
  for (const id of ['a', 'b', 'c', 'd']) recorder.watch(exchange(id));
  await recorder.close();
  expect(await idsOf('calls-2026-11-30T08Z.har')).toEqual(['a', 'c']);
});

test('without a call there is no file', async () => {
  const recorder = start({ sample: 0 });
  recorder.watch(exchange('a'));
  await recorder.close();
  expect(await files()).toEqual([]);
});

test('calls that cannot be written are counted, and told once an hour', async () => {
  let now = eight;
  const recorder = start({ now: () => now });
  await rm(folder, { recursive: true });
  await writeFile(folder, '');
  for (let index = 0; index < 20; index += 1) recorder.watch(exchange(`${index}`));
  await until(() => counts.lost === 20);
  now = nine;
  recorder.watch(exchange('later'));
  await until(() => counts.lost === 21);
  expect(lines).toHaveLength(2);
  expect(JSON.parse(String(lines[0]))).toEqual({
    level: 50,
    file: join(folder, 'calls'),
    cause: expect.stringContaining('ENOTDIR'),
    msg: 'calls are not recorded',
  });
  await rm(folder);
  await mkdir(folder);
  recorder.watch(exchange('again'));
  await recorder.close();
  expect(await idsOf('calls-2026-11-30T09Z.har')).toEqual(['again']);
});

test('calls beyond what may wait for the disk are lost', async () => {
  const recorder = start();
  const large = 'x'.repeat(1024 * 1024);
  for (let index = 0; index < 20; index += 1) recorder.watch(exchange(`${index}`, 'one', large));
  await recorder.close();
  expect(counts).toEqual({ recorded: 15, lost: 5 });
  expect(lines.join()).toContain('the disk is too slow');
});

test('a folder that cannot be made is told at the start', async () => {
  await writeFile(folder, '');
  expect(() => start({ file: join(folder, 'a/calls') })).toThrow(/^cannot make the folder .*; change `record.file`$/);
});

test('of several watches each gets every exchange', () => {
  const seen: string[] = [];
  const failing = () => {
    throw new Error('a watch fails');
  };
  const watch = watchAll([({ id }) => void seen.push(`one ${id}`), failing, ({ id }) => void seen.push(`two ${id}`)]);
  expect(() => watch?.(exchange('a'))).toThrow('a watch fails');
  expect(seen).toEqual(['one a', 'two a']);
  expect(watchAll([])).toBeUndefined();
});
