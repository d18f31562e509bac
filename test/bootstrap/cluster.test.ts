import { EventEmitter, once } from 'node:events';
import { constants, existsSync } from 'node:fs';
import { copyFile, readFile, rename, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { InvalidArgumentError } from 'commander';
import { toWorkers } from '../../src/cli/arguments.js';
import { afterwards } from '../support/cleanup.js';
import { problemsIn } from '../support/problems.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { type HoldingApi, startHolding } from '../support/servers/holding-api.js';
import { enter, newTicket, pageAddress, startModernApis } from '../support/servers/modern-apis.js';
import { childrenOf, startNode } from '../support/servers/process.js';
import { adminOf, type BridgeProcess, refusing, startServe, startServing, urlIn } from '../support/servers/served.js';
import { until } from '../support/until.js';

let api: HoldingApi;

beforeAll(async () => {
  api = await startHolding();
  afterwards(api.close);
  api.release();
});

const twoWorkers = { args: ['--workers', '2'] };

interface Line {
  readonly pid: number;
  readonly msg: string;
  readonly request_id?: string;
}

/** The lines logged so far; with `last` in that many last characters. */
const lines = ({ child }: Pick<BridgeProcess, 'child'>, last = 0): Line[] =>
  child
    .stderr()
    .slice(-last)
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line));

/** Milliseconds after which a call counts as lost. */
const TIMEOUT_MS = 10_000;

/** Calls on a connection of its own, or on that of an agent; gives the HTTP status, 0 where there was none. */
function read(url: string, id: string, agent: Agent | false = false, apiKey = 'key'): Promise<number> {
  const target = `${url}/api/1.0/rest?action=get_account_info&api_key=${apiKey}&auth_token=${id}`;
  return new Promise((resolve) => {
    const sent = request(target, { agent, headers: { 'X-Request-Id': id }, timeout: TIMEOUT_MS }, (response) => {
      response.resume().on('close', () => resolve(response.complete ? (response.statusCode ?? 0) : 0));
    });
    sent
      .on('timeout', () => sent.destroy())
      .on('error', () => resolve(0))
      .end();
  });
}

/** Milliseconds between two looks at what a worker that starts tells nobody. */
const PACE_MS = 10;

/** The length in characters of the end of the log that holds the last calls of every worker. */
const TAIL = 20_000;

/** Resolves with the pids of the answering workers, once there are `count` besides these. */
async function workersOf(bridge: BridgeProcess, count: number, besides: readonly number[] = []): Promise<number[]> {
  for (let n = 0; ; n += 1) {
    await read(bridge.url, `look-${n}`);
    const running = await childrenOf(bridge.child.pid);
    const pids = new Set(lines(bridge, TAIL).flatMap(({ pid, request_id: id }) => (id === undefined ? [] : [pid])));
    const found = [...pids].filter((pid) => running.includes(pid) && !besides.includes(pid));
    if (found.length >= count) return found;
    await sleep(PACE_MS);
  }
}

/** Sends a signal, to the primary or to all, with 20 calls in flight: they are answered, and the bridge exits with 0. */
async function expectDrain(bridge: BridgeProcess, held: HoldingApi, signal: NodeJS.Signals, toAll: boolean) {
  const admin = await adminOf(bridge);
  const before = bridge.child.stderr().length;
  const calls = Array.from({ length: 20 }, (_, n) => read(bridge.url, `sk_${n}`, false, 'held'));
  await held.arrived(20);
  expect((await fetch(`${admin}/readyz`)).status).toBe(200);
  expect(await (await fetch(`${admin}/metrics`)).text()).toContain('boxbridge_calls_in_flight 20\n');
  expect((await fetch(`${bridge.url}/metrics`)).status).toBe(404);
  if (toAll) process.kill(-bridge.child.pid, signal);
  else bridge.child.kill(signal);
  await refusing(bridge.url);
  // The workers may have had the signal before the primary.
  const deadline = performance.now() + 10_000;
  while ((await fetch(`${admin}/readyz`)).status !== 503) expect(performance.now()).toBeLessThan(deadline);
  held.release();
  expect(await Promise.all(calls)).toEqual(Array(20).fill(200));
  const { code, signal: by, stderr } = await bridge.child.end;
  expect({ code, by }).toEqual({ code: 0, by: null });
  expect(stderr.slice(before)).not.toContain('another takes its place');
}

/** An API that holds its replies, and a configuration with it at `held` and with the other at `key`. */
async function startHeld() {
  const held = await startHolding();
  afterwards(held.close);
  return {
    held,
    configuration: {
      admin: { port: 0 },
      limits: { shutdown_ms: 60_000 },
      applications: [api.application('key'), held.application('held')],
    },
  };
}

describe('workers of one bridge', () => {
  let bridge: BridgeProcess;

  beforeAll(async () => {
    const apis = await startModernApis();
    afterwards(apis.close);
    const rate = { per_minute: 1_000_000 };
    const applications = [
      { ...api.application('key'), rate },
      { ...api.application('rated'), rate: { per_minute: 5 } },
      apis.application('previsto', 'vault'),
    ];
    bridge = await startServing({ limits: { shutdown_ms: 100 }, rate, applications }, twoWorkers);
  });

  test('workers share the counts of calls, rates and wrong secrets', async () => {
    await workersOf(bridge, 2);
    const statuses: number[] = [];
    for (let n = 0; n < 10; n += 1) statuses.push(await read(bridge.url, `sk_${n}`, false, 'rated'));
    expect(statuses).toEqual([...Array(5).fill(200), ...Array(5).fill(429)]);

    const metrics = await (await fetch(`${bridge.url}/metrics`)).text();
    const counted = (labels: string) =>
      Number(new RegExp(`^boxbridge_calls_total{${labels}} (\\d+)`, 'm').exec(metrics)?.[1]);
    const calls = lines(bridge).filter(({ request_id: id }) => id !== undefined);
    const labels = 'protocol="rest",provider="previsto",application="previsto",action="get_account_info",status=';
    expect(counted(`${labels}"get_account_info_ok"`) + counted(`${labels}"service_unavailable"`)).toBe(calls.length);
    // Concurrent requests for metrics too.
    const many = await Promise.all(
      Array.from({ length: 20 }, async () => (await fetch(`${bridge.url}/metrics`)).status),
    );
    expect(many).toEqual(Array(20).fill(200));

    const page = pageAddress(bridge.url, await newTicket(bridge.url, 'vault'));
    const statusesOfPage: number[] = [];
    for (let n = 0; n < 12; n += 1) statusesOfPage.push((await enter(page, `wrong-${n}`)).status);
    expect(statusesOfPage).toEqual([...Array(10).fill(200), 429, 429]);
  });

  test('the counters do not decrease when a worker dies', async () => {
    const pids = await workersOf(bridge, 2);
    const counted = async () => {
      const metrics = await (await fetch(`${bridge.url}/metrics`)).text();
      const calls = [...metrics.matchAll(/^boxbridge_calls_total\{.*\} (\d+)$/gm)].map(([, count]) => Number(count));
      const seconds = [...metrics.matchAll(/^boxbridge_call_seconds_count\{.*\} (\d+)$/gm)].map(([, n]) => Number(n));
      return [calls, seconds].map((all) => all.reduce((sum, each) => sum + each, 0));
    };
    const [before = 0, timed = 0] = await counted();
    expect(before).toBeGreaterThan(1);
    expect(timed).toBe(before);
    process.kill(pids[0] ?? 0, 'SIGKILL');
    await workersOf(bridge, 2, pids.slice(0, 1));
    const [after = 0] = await counted();
    expect(after).toBeGreaterThan(before);
  });

  test('a worker killed under load loses only its own calls, and is replaced', async () => {
    const [victim = 0, other = 0] = await workersOf(bridge, 2);
    expect([victim, other]).not.toContain(bridge.child.pid);

    const lost: string[] = [];
    const answered = new Map<string, number>();
    const events = new EventEmitter();
    let [isWaiting, isOver] = [false, false];
    const caller = async (name: string, agent: Agent | false) => {
      for (let n = 0; !isOver; n += 1) {
        const id = `${name}:${n}`;
        if ((await read(bridge.url, id, agent)) === 200) answered.set(name, (answered.get(name) ?? 0) + 1);
        else lost.push(id);
        events.emit('reply');
        // A worker takes a while to start, in which more calls show no more.
        if (isWaiting) await sleep(5 * PACE_MS);
      }
    };
    const agents = new Map<string, Agent | false>([
      ...[1, 2, 3, 4, 5, 6].map((n) => [`keep-alive-${n}`, new Agent({ keepAlive: true, maxSockets: 1 })] as const),
      ['new-1', false],
      ['new-2', false],
    ]);
    const callers = [...agents].map(([name, agent]) => caller(name, agent));
    /** Resolves when every caller has had `count` more answers. */
    const moreAnswers = async (count: number) => {
      const before = new Map(answered);
      const isShort = (name: string) => (answered.get(name) ?? 0) < (before.get(name) ?? 0) + count;
      while ([...agents.keys()].some(isShort)) await once(events, 'reply');
    };
    await moreAnswers(20);
    process.kill(victim, 'SIGKILL');
    isWaiting = true;
    const after = await workersOf(bridge, 2, [victim]);
    isWaiting = false;
    await moreAnswers(20);
    isOver = true;
    await Promise.all(callers);
    for (const agent of agents.values()) if (agent) agent.destroy();

    expect(after).toContain(other);
    const answerers = new Map(lines(bridge).map(({ request_id: id = '', pid }) => [id, pid]));
    for (const name of new Set(lost.map((id) => id.split(':')[0] ?? ''))) {
      const numbers = lost.filter((id) => id.startsWith(`${name}:`)).map((id) => Number(id.split(':')[1]));
      const first = Math.min(...numbers);
      // The one call that was in flight at the worker.
      expect([name, numbers]).toEqual([name, [first]]);
      // All calls of a connection have the same worker; its last log lines may be lost.
      if (name.startsWith('keep-alive')) expect([name, answerers.get(`${name}:0`)]).toEqual([name, victim]);
    }
    expect(bridge.child.stderr()).toContain('another takes its place');
  });

  test('a hanging one is killed, and the others are drained', async () => {
    const [hanging = 0] = await workersOf(bridge, 2);
    process.kill(hanging, 'SIGSTOP');
    bridge.child.kill('SIGTERM');
    expect(await bridge.child.end).toMatchObject({ code: 0, signal: null });
  });
});

test('SIGTERM to the primary drains all calls in flight, and exits with 0; it alone tells its beginning and end', async () => {
  const { held, configuration } = await startHeld();
  const bridge = await startServing(configuration, twoWorkers);
  await expectDrain(bridge, held, 'SIGTERM', false);
  const ofBridge = lines(bridge).filter(({ request_id: id }) => id === undefined);
  expect(ofBridge.map(({ msg }) => msg)).toEqual(['started', 'listening', 'stopping', 'stopped']);
  const ofCalls = /"request_id"/;
  expect(problemsIn(bridge.child.stderr()).filter((line) => !ofCalls.test(line))).toEqual([]);
});

describe('workers that do not come to listen', () => {
  test('one that is killed is replaced, while another one serves; SIGTERM to the process group drains all calls', async () => {
    const { held, configuration } = await startHeld();
    const { child, folder } = await startServe(configuration, { ...twoWorkers, detached: true });
    // The second one starts once the first one listens.
    let started: number[] = [];
    await until(async () => {
      started = await childrenOf(child.pid);
      return started.length === 2;
    });
    process.kill(started[1] ?? 0, 'SIGKILL');
    const bridge = { child, folder, url: urlIn(await child.line(/answers at/)) };
    expect(await read(bridge.url, 'meanwhile')).toBe(200);
    let serving: number[] = [];
    while (serving.length < 2) {
      await sleep(PACE_MS);
      serving = await childrenOf(child.pid);
    }
    expect(serving).not.toContain(started[1]);
    expect(child.stderr()).toContain('a worker could not start: a worker ended (SIGKILL) before it could answer');
    await expectDrain(bridge, held, 'SIGTERM', true);
  });

  test('one that cannot is retried once a second, until it can; SIGINT to the process group drains all calls', async () => {
    const { held, configuration } = await startHeld();
    const bridge = await startServing(configuration, { ...twoWorkers, detached: true });
    const pids = await workersOf(bridge, 2);
    const file = join(bridge.folder, 'bridge.key');
    const good = await readFile(file);
    await writeFile(file, 'short');
    const begin = performance.now();
    process.kill(pids[0] ?? 0, 'SIGKILL');
    const failures = () => bridge.child.stderr().split('a worker could not start: the key ').length - 1;
    while (failures() < 3) await sleep(20);
    expect(performance.now() - begin).toBeGreaterThan(2000);
    expect(await read(bridge.url, 'meanwhile')).toBe(200);
    await writeFile(file, good);
    await workersOf(bridge, 1, pids);
    await expectDrain(bridge, held, 'SIGINT', true);
  });
});

test('a worker that no process can be made for is tried again until one can', async () => {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  const [program, away] = [join(path, 'node'), join(path, 'away')];
  await copyFile(process.execPath, program, constants.COPYFILE_FICLONE);
  // In place of the Node.js of the tests.
  const under = ['sh', '-c', 'shift; exec "$0" "$@"', program];
  const bridge = await startServing({ applications: [api.application('key')] }, { ...twoWorkers, under });
  const pids = await workersOf(bridge, 2);
  await rename(program, away);
  process.kill(pids[0] ?? 0, 'SIGKILL');
  await until(() => bridge.child.stderr().split('no process can be made for it (ENOENT)').length > 2);
  await rename(away, program);
  await workersOf(bridge, 1, pids);
  bridge.child.kill('SIGTERM');
  expect(await bridge.child.end).toMatchObject({ code: 0, stderr: expect.stringContaining('"stopped"') });
});

test('a worker that has something to tell after its end ends well', async () => {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  const script = join(path, 'late.mjs');
  const role = new URL('../../src/bootstrap/cluster/worker.js', import.meta.url).href;
  await writeFile(
    script,
    `import cluster from 'node:cluster';
    import { workerRole } from '${role}';
    const role = workerRole();
    if (role) {
      process.once('disconnect', () => role.reportBreaker('http://127.0.0.1', 'open'));
      role.disconnect();
    } else cluster.fork().on('exit', (code) => console.log('ended with', code));`,
  );
  expect(await startNode(path, script).end).toMatchObject({ stdout: 'ended with 0\n', stderr: '' });
});

test('SIGTERM during the start exits with 0', async () => {
  for (const options of [{}, twoWorkers]) {
    const { child, folder } = await startServe({ applications: [api.application('key')] }, options);
    while (!existsSync(join(folder, 'bridge.key'))) await sleep(5);
    child.kill('SIGTERM');
    expect(await child.end).toMatchObject({ code: 0, signal: null });
  }
});

describe('an error is reported once', () => {
  const application = { api_key: 'key', provider: 'previsto', base_url: 'http://127.0.0.1:1' };

  test('a port in use', async () => {
    const port = Number(new URL(api.url).port);
    const { child } = await startServe({ listen: { port }, applications: [application] }, twoWorkers);
    const stderr = `boxbridge: cannot listen on 127.0.0.1:${port} (the port is in use); choose another host or port\n`;
    expect(await child.end).toMatchObject({ code: 1, stdout: '', stderr });
  });

  test('the port of the admin listener in use', async () => {
    const port = Number(new URL(api.url).port);
    const { child } = await startServe({ admin: { port }, applications: [application] }, twoWorkers);
    const stderr = `boxbridge: cannot listen on 127.0.0.1:${port} (the port is in use); choose another host or port\n`;
    expect(await child.end).toMatchObject({ code: 1, stdout: '', stderr });
  });

  test('a wrong configuration', async () => {
    const { child } = await startServe({ applications: [] }, twoWorkers);
    expect(await child.end).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^boxbridge: bridge\.yaml:1: applications [^\n]*\n$/),
    });
  });

  test.each(['0', 'x', '-1', '1.5'])('--workers %s is misused', (count) => {
    expect(() => toWorkers(count)).toThrow(InvalidArgumentError);
    expect(() => toWorkers(count)).toThrow('from 1 to 999');
  });

  test('--workers 1000', async () => {
    const { child } = await startServe({ applications: [application] }, { args: ['--workers=1000'] });
    const { code, stdout, stderr } = await child.end;
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('from 1 to 999');
  });
});
