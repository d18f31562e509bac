import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { leftOpen, openHandles } from '../support/jest/open-handles.js';

test('what a suite leaves open is named, each of a kind, until it is closed', async () => {
  const before = openHandles();
  const servers = [createServer(), createServer()];
  for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening');
  const child = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 60_000)'], { stdio: 'ignore' });
  await once(child, 'spawn');
  expect((await leftOpen(before, 50)).sort()).toEqual(['ProcessWrap', 'TCPServerWrap', 'TCPServerWrap']);
  for (const server of servers) server.close();
  child.kill('SIGKILL');
  expect(await leftOpen(before, 30_000)).toEqual([]);
});
