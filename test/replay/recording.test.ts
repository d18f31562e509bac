import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readRecordings } from '../../src/replay/recordings.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';

const head = '{"log":{"version":"1.2","creator":{"name":"BoxBridge","version":"1"},"entries":[';

const entry = (id: string, more: object = {}) => ({
  request: {
    method: 'POST',
    url: 'http://h/api/1.0/rest?a=b',
    headers: [{ name: 'User-Agent', value: 'Old' }],
    postData: { mimeType: 'text/plain', text: 'action=a' },
  },
  response: { status: 200, content: { text: '<response/>' } },
  _boxbridge: { id, action: 'a', parameters: [{ name: 'auth_token', value: 's_1' }] },
  ...more,
});
const foreign = { request: { url: 'https://shop.example.com/' }, response: { status: 200 } };

/** What is read of recordings with these texts, by the ids of calls. */
async function read(...texts: readonly (string | Buffer)[]) {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  const files = await Promise.all(
    texts.map(async (text, index) => {
      const file = join(path, `${index}.har`);
      await writeFile(file, text);
      return file;
    }),
  );
  const notes: string[] = [];
  const ids: string[] = [];
  let bytesRead = 0;
  const { bytes, calls } = await readRecordings(files, {
    onBytes: (count) => {
      bytesRead += count;
    },
    onNote: (note) => void notes.push(note.replaceAll(`${path}/`, '')),
  });
  for await (const { id } of calls) ids.push(id);
  return { ids, notes, isComplete: bytesRead === bytes };
}

const lines = (...entries: readonly unknown[]) => entries.map((each) => JSON.stringify(each)).join(',\n');

test('the calls of several recordings are read in their order', async () => {
  const recording = (...ids: readonly string[]) => `${head}\n${lines(...ids.map((id) => entry(id)))}\n]}}\n`;
  expect(await read(recording('a', 'b'), recording('c'))).toEqual({
    ids: ['a', 'b', 'c'],
    notes: [],
    isComplete: true,
  });
});

test('a call has its request, its reply and the digest of its auth_token', async () => {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  const file = join(path, 'a.har');
  await writeFile(file, `${head}\n${lines(entry('a'))}\n]}}\n`);
  const { calls } = await readRecordings([file], { onBytes: () => {}, onNote: () => {} });
  for await (const call of calls)
    expect(call).toEqual({
      id: 'a',
      action: 'a',
      authToken: 's_1',
      request: {
        method: 'POST',
        target: '/api/1.0/rest?a=b',
        headers: [{ name: 'User-Agent', value: 'Old' }],
        contentType: 'text/plain',
        body: 'action=a',
      },
      reply: { status: 200, body: '<response/>' },
    });
});

test.each([
  ['behind an entry', lines(entry('a'), entry('b'))],
  ['within an entry', `${lines(entry('a'), entry('b'))},\n{"request":{"meth`],
  ['before the line of an entry', `${lines(entry('a'), entry('b'))},\n`],
])('a recording that ends %s is read, and what was mended is named', async (_where, text) => {
  const { ids, notes } = await read(`${head}\n${text}`);
  expect(ids).toEqual(['a', 'b']);
  expect(notes).toContain('0.har: its end is missing, as of a process that was killed; read as if it were there');
  expect(notes.filter((note) => note.includes('broken'))).toEqual(
    text.endsWith('meth') ? ['0.har:4: a broken entry, left out'] : [],
  );
});

test('a broken entry and one of another service are left out, named and counted', async () => {
  const broken = entry('broken', { response: {} });
  expect(
    await read(`${head}\n${lines(entry('a'), broken, foreign, foreign)},\n}{,\n${lines(entry('b'))}\n]}}\n`),
  ).toEqual({
    ids: ['a', 'b'],
    notes: [
      '0.har:3: a broken entry, left out',
      '0.har:6: a broken entry, left out',
      '0.har: entries that no bridge has recorded, left out: 2',
    ],
    isComplete: true,
  });
});

test('a recording that another tool has written again is read', async () => {
  const har = { log: { version: '1.2', creator: { name: 'x' }, entries: [entry('a'), foreign, {}, entry('b')] } };
  expect(await read(JSON.stringify(har, null, 2))).toMatchObject({
    ids: ['a', 'b'],
    notes: ['0.har, entry 3: a broken entry, left out', '0.har: entries that no bridge has recorded, left out: 1'],
  });
});

test.each([
  ['is empty; name a recording', ''],
  ['cannot read .*it is no HAR', 'hello'],
  ['cannot read .*it is no HAR', '{"log":{}}'],
  ['no bridge has recorded a call in .*0.har; name a recording', JSON.stringify({ log: { entries: [foreign] } })],
  ['no bridge has recorded a call in', `${head}\n`],
])('%s', async (message, text) => {
  await expect(read(text)).rejects.toThrow(new RegExp(message));
});

test('a file that is not there is told', async () => {
  const reading = readRecordings(['/nowhere/a.har'], { onBytes: () => {}, onNote: () => {} });
  await expect(reading).rejects.toThrow(/^cannot read \/nowhere\/a.har \(ENOENT.*\); name a recording$/);
});

test('what is recorded after the beginning is not read', async () => {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  const file = join(path, 'a.har');
  await writeFile(file, `${head}\n${lines(entry('a'))}`);
  const { calls } = await readRecordings([file], { onBytes: () => {}, onNote: () => {} });
  await writeFile(file, `,\n${lines(entry('b'))}`, { flag: 'a' });
  const ids: string[] = [];
  for await (const { id } of calls) ids.push(id);
  expect(ids).toEqual(['a']);
});
