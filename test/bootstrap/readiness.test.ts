import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { createReadiness } from '../../src/bootstrap/readiness.js';
import { Fault } from '../../src/core/fault.js';
import { describeWith } from '../interop/requirements.js';
import { newTicket } from '../support/servers/modern-apis.js';
import { type BridgeProcess, startServing } from '../support/servers/served.js';

const PRLIMIT = { what: 'prlimit', debian: 'util-linux', probe: ['prlimit', '--version'] } as const;

const application = {
  api_key: 'key',
  provider: 'previsto',
  base_url: 'http://127.0.0.1:1',
  credentials: 'vault',
};

describeWith([PRLIMIT], 'a SQLite file that cannot grow, as on a full disk', () => {
  /** Lets no file of the bridge grow beyond so many bytes. */
  const limitFiles = ({ child }: BridgeProcess, bytes: string) =>
    promisify(execFile)('prlimit', ['--pid', `${child.pid}`, `--fsize=${bytes}:`]);

  test('is told by /readyz, before any call fails and until it can', async () => {
    const bridge = await startServing({ applications: [application] });
    const ready = async () => (await fetch(`${bridge.url}/readyz`)).status;
    expect(await newTicket(bridge.url, 'key')).not.toBe('');
    expect(await ready()).toBe(200);
    const { size } = await stat(join(bridge.folder, 'bridge.db-wal'));
    await limitFiles(bridge, `${size}`);
    await becomes(ready, 503);
    expect((await fetch(`${bridge.url}/healthz`)).status).toBe(200);
    expect(await newTicket(bridge.url, 'key')).toBe('');
    await limitFiles(bridge, 'unlimited');
    await becomes(ready, 200);
    expect(await newTicket(bridge.url, 'key')).not.toBe('');
  });
});

test('many who ask at once, or within a second, get the answer of one check', async () => {
  let now = 0;
  let checks = 0;
  let isFull = false;
  const isWritable = createReadiness(
    {
      checkWritable: async () => {
        checks += 1;
        if (isFull) throw new Fault('unavailable');
      },
    },
    () => now,
  );
  expect(await Promise.all([isWritable(), isWritable(), isWritable()])).toEqual([true, true, true]);
  isFull = true;
  now = 999;
  expect([await isWritable(), checks]).toEqual([true, 1]);
  now = 1000;
  expect([await isWritable(), checks]).toEqual([false, 2]);
  isFull = false;
  now = 2000;
  expect([await isWritable(), checks]).toEqual([true, 3]);
});

/** Resolves when something becomes a value; the test's own timeout bounds it. */
async function becomes<T>(read: () => Promise<T>, value: T): Promise<void> {
  while ((await read()) !== value);
}
