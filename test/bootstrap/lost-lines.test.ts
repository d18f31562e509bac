import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  createReadStream,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { afterwards } from '../support/cleanup.js';
import { exchange } from '../support/clients/raw.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { type Child, startNodeIn } from '../support/servers/process.js';
import { urlIn } from '../support/servers/served.js';
import { until } from '../support/until.js';

const CLI = new URL('../../src/cli.js', import.meta.url).pathname;
const application = "{ api_key: k, provider: previsto, base_url: 'http://127.0.0.1:1' }";

async function folder(): Promise<string> {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  writeFileSync(join(path, 'bridge.yaml'), `listen: { port: 0 }\napplications: [${application}]\n`);
  return path;
}

/** A pipe that is open for reading; its reader is to be closed. */
function openPipe(cwd: string): { readonly pipe: string; readonly reader: number } {
  const pipe = join(cwd, 'pipe');
  execFileSync('mkfifo', [pipe]);
  return { pipe, reader: openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK) };
}

/** Starts a bridge whose standard error is this file. */
async function startLoggingTo(
  cwd: string,
  file: string,
  more: readonly string[],
): Promise<{ url: string; child: Child }> {
  const under = ['sh', '-c', 'file=$1; shift; exec "$@" 2>"$file"', 'sh', file];
  const child = startNodeIn({ cwd, under }, CLI, 'serve', '--config', 'bridge.yaml', ...more);
  return { url: urlIn(await child.line(/answers at/)), child };
}

/** What makes the line of a call long: some 700 bytes. */
const LONG_HEADERS = `User-Agent: ${'a'.repeat(200)}\r\nX-Request-Id: ${'i'.repeat(100)}`;

/** 32 calls on each of so many connections, one line each; gives how many were answered. */
async function callOn(url: string, connections: number): Promise<number> {
  const request = `GET /api/1.0/rest?action=logout&api_key=unknown HTTP/1.1\r\nHost: x\r\n${LONG_HEADERS}\r\n\r\n`;
  let answered = 0;
  for (let n = 0; n < connections; n += 1) {
    const { replies } = await exchange(url, Buffer.from(request.repeat(32)), { replies: 32 });
    answered += replies.filter(({ status }) => status === 200).length;
  }
  return answered;
}

async function lostLines(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^boxbridge_log_lines_lost_total (\d+)$/m.exec(metrics)?.[1]);
}

/** More than wait in the memory of a process, 256 KiB, and in a pipe, 64. */
const CONNECTIONS = 20;

describe.each([
  ['a process', [], CONNECTIONS],
  ['two workers', ['--workers', '2'], 2 * CONNECTIONS],
] as const)('%s', (_what, more, connections) => {
  const expectAnswers = async (url: string, child: Child) => {
    expect(await callOn(url, connections)).toBe(32 * connections);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await lostLines(url)).toBeGreaterThan(0);
    child.kill('SIGTERM');
    expect(await child.end).toMatchObject({ code: 0, signal: null });
  };

  test('answers, and ends, where the disk of the log is full', async () => {
    const { url, child } = await startLoggingTo(await folder(), '/dev/full', more);
    await expectAnswers(url, child);
  });

  test('answers, and ends, where nobody reads the log', async () => {
    const cwd = await folder();
    const { pipe, reader } = openPipe(cwd);
    afterwards(async () => closeSync(reader));
    const { url, child } = await startLoggingTo(cwd, pipe, more);
    await expectAnswers(url, child);
  });

  test('answers, and ends, where the reader of the log has gone', async () => {
    const cwd = await folder();
    const { pipe, reader } = openPipe(cwd);
    const { url, child } = await startLoggingTo(cwd, pipe, more);
    closeSync(reader);
    await expectAnswers(url, child);
  });
});

test('every line that is not in the log is counted', async () => {
  const cwd = await folder();
  const { pipe, reader } = openPipe(cwd);
  const { url, child } = await startLoggingTo(cwd, pipe, []);
  // At once, so that a turn of the event loop has many lines.
  const answered = await Promise.all(Array.from({ length: CONNECTIONS }, () => callOn(url, 1)));
  expect(answered).toEqual(answered.map(() => 32));
  const lost = await lostLines(url);
  expect(lost).toBeGreaterThan(0);
  const log = text(createReadStream('', { fd: openSync(`/proc/self/fd/${reader}`, constants.O_RDONLY) }));
  closeSync(reader);
  child.kill('SIGTERM');
  expect(await child.end).toMatchObject({ code: 0 });
  const calls = (await log).split('\n').filter((line) => line.includes('"request_id"'));
  expect(calls.length + lost).toBe(32 * CONNECTIONS);
});

/** Mounts a file system of so many KiB; gives what unmounts it, undefined where this user may not mount one. */
function mountSmall(path: string, size: number): (() => void) | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}k`, 'none', path], { stdio: 'ignore' });
    return () => execFileSync('umount', ['-l', path]);
  } catch {
    return undefined;
  }
}

/** A bridge whose log is on a disk of 1 MiB that is full but for 8 KiB; undefined where there can be none. */
async function startOnFullDisk() {
  const cwd = await folder();
  const disk = await temporaryFolder();
  const unmount = mountSmall(disk.path, 1024);
  if (!unmount) {
    await disk.remove();
    console.warn('skipped: this user may not mount a file system');
    return undefined;
  }
  afterwards(async () => {
    unmount();
    await disk.remove();
  });
  const filler = join(disk.path, 'filler');
  const file = join(disk.path, 'log');
  writeFileSync(filler, Buffer.alloc(1016 * 1024));
  const { url, child } = await startLoggingTo(cwd, file, []);
  return {
    url,
    makeRoom: () => rmSync(filler),
    written: () => statSync(file).size,
    /** Ends it; gives how many calls are in its log. */
    end: async () => {
      child.kill('SIGTERM');
      expect(await child.end).toMatchObject({ code: 0 });
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
      return lines.filter((line) => 'request_id' in JSON.parse(line)).length;
    },
  };
}

test('lines are written again once the disk has room, those that waited first', async () => {
  const bridge = await startOnFullDisk();
  if (!bridge) return;
  expect(await callOn(bridge.url, 5)).toBe(160);
  bridge.makeRoom();
  expect(await callOn(bridge.url, 1)).toBe(32);
  expect(await bridge.end()).toBe(192);
});

test('the same where so many waited that others were lost', async () => {
  const bridge = await startOnFullDisk();
  if (!bridge) return;
  const { url, makeRoom, written, end } = bridge;
  expect(await callOn(url, CONNECTIONS)).toBe(32 * CONNECTIONS);
  expect(await lostLines(url)).toBeGreaterThan(0);
  makeRoom();
  let calls = 32 * CONNECTIONS;
  await until(async () => {
    calls += await callOn(url, 1);
    return written() > 256 * 1024;
  });
  const lost = await lostLines(url);
  calls += await callOn(url, 1);
  expect(await lostLines(url)).toBe(lost);
  expect(await end()).toBe(calls - lost);
});
