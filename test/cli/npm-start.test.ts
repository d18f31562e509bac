import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { pathOf } from '../interop/requirements.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { childrenOf, startNodeIn } from '../support/servers/process.js';
import { refusing, script, urlIn } from '../support/servers/served.js';
import { until } from '../support/until.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Npm, its shell and tsc take their time to start on a busy machine. */
const TIMEOUT_MS = 120_000;

/** Runs `npm start` of the project, with a folder of its own for what is temporary. */
const npmStart = (args: readonly string[], under: readonly string[] = []) =>
  start([pathOf('npm'), 'start', '--', ...args], under);

async function start(args: readonly string[], under: readonly string[]) {
  const temporary = await temporaryFolder();
  afterwards(temporary.remove);
  const env = { PATH: process.env.PATH ?? '', TMPDIR: temporary.path, npm_config_update_notifier: 'false' };
  const npm = startNodeIn({ cwd: root, env, under }, ...args);
  // A test that fails leaves no bridge behind.
  let processes: number[] = [];
  afterwards(async () => {
    for (const pid of processes.filter(isRunning)) process.kill(pid, 'SIGKILL');
  });
  const url = urlIn(await npm.line(/answers at/));
  processes = await descendantsOf(npm.pid);
  return { npm, url, processes, temporary: temporary.path };
}

async function descendantsOf(pid: number): Promise<number[]> {
  const children = await childrenOf(pid);
  return [...children, ...(await Promise.all(children.map(descendantsOf))).flat()];
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

type Started = Awaited<ReturnType<typeof start>>;

/** It ended well, and everything that was started is gone. */
async function expectNothingLeft(started: Started) {
  const { code, signal, stderr } = await started.npm.end;
  expect({ code, signal }).toEqual({ code: 0, signal: null });
  expect(stderr).not.toContain('boxbridge: ');
  await expectGone(started);
}

/** Everything that was started is gone: processes, port and files. */
async function expectGone({ url, processes, temporary }: Started) {
  await until(() => !processes.some(isRunning));
  await refusing(url);
  expect((await readdir(temporary)).filter((name) => name.startsWith('boxbridge-demo-'))).toEqual([]);
}

/** When each compiled file was written. */
async function compiled(): Promise<(readonly [string, number])[]> {
  const names = await readdir(join(root, 'dist/src'), { recursive: true });
  return Promise.all(
    names.sort().map(async (name) => [name, (await stat(join(root, 'dist/src', name))).mtimeMs] as const),
  );
}

test.each([
  { name: 'one process', args: [], count: 1 },
  { name: 'workers', args: ['--workers', '2'], count: 3 },
])(
  'SIGTERM to npm ends everything, and a further start compiles nothing: $name',
  async ({ args, count }) => {
    const before = await compiled();
    const started = await npmStart(['--port', '0', ...args]);
    expect(await compiled()).toEqual(before);
    // No shell stands between npm and the bridge, to which a signal would not be passed on.
    expect(started.processes).toHaveLength(count);
    expect(await readdir(started.temporary)).toContainEqual(expect.stringMatching(/^boxbridge-demo-/));
    started.npm.kill('SIGTERM');
    await expectNothingLeft(started);
  },
  TIMEOUT_MS,
);

/** On a terminal of 40 columns; `$0` and `$@` are Node.js and its arguments. */
const ON_A_TERMINAL = ['/bin/sh', '-c', 'exec script -qec "stty cols 40; exec $0 $*" /dev/null'];

test(
  'Ctrl-C on a terminal of 40 columns drains and ends everything, once',
  async () => {
    const started = await npmStart(['--port', '0', '--workers', '2'], ON_A_TERMINAL);
    const call = await started.npm.line(/^curl .*rest\?action=get_account_info/);
    // Whole, so that it can be pasted.
    expect(call).toMatch(/^curl 'http:[^']+&auth_token=43543wrsd'\r$/);
    started.npm.write('\u0003');
    await expectNothingLeft(started);
    // Nobody pressed it twice, although npm passes on what the terminal has sent to the bridge as well.
    expect(started.npm.stdout()).toContain('stopped');
  },
  TIMEOUT_MS,
);

test.each([
  { name: 'one process', args: [] },
  { name: 'workers', args: ['--workers', '2'] },
])(
  'a terminal that is closed leaves nothing behind: $name',
  async ({ args }) => {
    const started = await start([script, 'serve', '--port', '0', ...args], ON_A_TERMINAL);
    expect(await readdir(started.temporary)).toContainEqual(expect.stringMatching(/^boxbridge-demo-/));
    // That of the terminal itself.
    started.npm.kill('SIGKILL');
    await expectGone(started);
  },
  TIMEOUT_MS,
);

test(
  'with a configuration it is the real thing, with no call of the demo',
  async () => {
    const { path, remove } = await temporaryFolder();
    afterwards(remove);
    const file = join(path, 'bridge.yaml');
    const application = { api_key: 'key', provider: 'previsto', base_url: 'http://127.0.0.1:1' };
    await writeFile(file, JSON.stringify({ applications: [application], store: 'sqlite:./bridge.db' }));
    const started = await npmStart(['--config', file, '--port', '0']);
    expect(started.npm.stdout()).not.toMatch(/curl|sandbox/);
    started.npm.kill('SIGTERM');
    await expectNothingLeft(started);
    expect((await readdir(path)).sort()).toEqual(['bridge.db', 'bridge.yaml', 'data']);
  },
  TIMEOUT_MS,
);
