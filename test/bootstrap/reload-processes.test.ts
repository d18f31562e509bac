import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { afterwards } from '../support/cleanup.js';
import { formats, post } from '../support/clients/legacy.js';
import { rounds } from '../support/rounds.js';
import { type HoldingApi, startHolding } from '../support/servers/holding-api.js';
import { childrenOf, startNode } from '../support/servers/process.js';
import { adminOf, type BridgeProcess, script, startServing } from '../support/servers/served.js';
import { startTwinConfigurations, type Twin } from '../support/servers/twin-configurations.js';
import { until } from '../support/until.js';

/** How many calls there are during the reloads of each bridge; `RELOAD_CALLS=10000` takes a minute. */
const CALLS = Number(process.env.RELOAD_CALLS ?? rounds(180, 300));
const RELOADS = rounds(12, 20);
/** Of which every fourth finds a mistake in the configuration before. */
const REFUSED = RELOADS / 4;

/** What a configuration of these tests has beside what they are about; a restarted bridge would listen elsewhere. */
const common = { listen: { port: 0 }, store: 'sqlite:./bridge.db', key_file: './bridge.key', admin: { port: 0 } };

const write = ({ folder }: Pick<BridgeProcess, 'folder'>, configuration: object) =>
  writeFile(join(folder, 'bridge.yaml'), JSON.stringify({ ...common, ...configuration }, undefined, 1));

/** Asks for a reload at the admin listener; gives the problems. */
async function reload(bridge: BridgeProcess): Promise<readonly string[]> {
  const response = await fetch(`${await adminOf(bridge)}/-/reload`, { method: 'POST' });
  const { problems } = JSON.parse(await response.text());
  expect(response.status).toBe(problems.length === 0 ? 200 : 500);
  return problems;
}

const metricsOf = async (bridge: BridgeProcess) =>
  fetch(`${await adminOf(bridge)}/metrics`).then((response) => response.text());

/** Calls on a connection of its own, which any worker may accept; gives the reply. */
async function read(url: string, apiKey: string): Promise<string> {
  const parameters = [
    ['api_key', apiKey],
    ['auth_token', 'token'],
  ] as const;
  return (await post(url, 'rest', 'get_account_info', parameters, { Connection: 'close' })).text();
}

/** The element of a reply. */
const within = (name: string, reply: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(reply)?.[1] ?? '';

/** The statuses of some calls: of every worker, most likely. */
const statuses = async ({ url }: BridgeProcess, apiKey: string) => {
  const replies = await Promise.all(Array.from({ length: 8 }, () => read(url, apiKey)));
  return [...new Set(replies.map((reply) => within('status', reply)))];
};

/** What stands in the place of the configuration before each further reload. */
const mistakes: readonly ((bridge: BridgeProcess) => Promise<RegExp>)[] = [
  async (bridge) => {
    await write(bridge, { applications: [{ api_key: 'key' }, {}], unknown: 1 });
    return /^bridge\.yaml:\d+: /;
  },
  async ({ folder }) => {
    await rm(join(folder, 'bridge.yaml'));
    return /does not exist/;
  },
  async ({ folder }) => {
    await rm(join(folder, 'bridge.yaml'));
    await mkdir(join(folder, 'bridge.yaml'));
    return /cannot be read \(EISDIR\)/;
  },
];

test.each([
  ['one process', []],
  ['two workers', ['--workers', '2']],
])(
  `${CALLS} calls during ${RELOADS} reloads: none lost, none wrong, in %s`,
  async (_, args) => {
    const { configuration, learn, ask, load } = await startTwinConfigurations();
    const complete = (twin: Twin) => ({ ...configuration(twin), log: { level: 'error' } });
    const bridge = await startServing({ ...common, ...complete('b') }, { args });
    const { url, folder } = bridge;
    await learn(url, 'b');
    await write(bridge, complete('a'));
    expect(await reload(bridge)).toEqual([]);
    await learn(url, 'a');
    let reloads = 0;
    let refused = 0;
    const reloadOnce = async () => {
      reloads += 1;
      const mistake = mistakes[Math.floor(reloads / 4) % mistakes.length];
      if (reloads % 4 === 0 && mistake) {
        const problem = await mistake(bridge);
        for (const each of await reload(bridge)) expect(each).toMatch(problem);
        refused += 1;
        await rm(join(folder, 'bridge.yaml'), { recursive: true, force: true });
      }
      const twin = reloads % 2 === 1 ? 'b' : 'a';
      await write(bridge, complete(twin));
      expect(await reload(bridge)).toEqual([]);
      for (const format of formats) expect(await ask(url, format)).toBe(twin);
    };
    let reloading = Promise.resolve();
    const answered = await load(url, CALLS, (calls) => {
      if (calls % Math.floor(CALLS / RELOADS) === 0 && calls / Math.floor(CALLS / RELOADS) <= RELOADS)
        reloading = reloading.then(reloadOnce);
    });
    await reloading;
    expect([reloads, refused]).toEqual([RELOADS, REFUSED]);
    expect(answered.a + answered.b).toBe(CALLS);
    const metrics = await metricsOf(bridge);
    expect(metrics).toContain(`boxbridge_config_reloads_total{outcome="taken"} ${RELOADS + 1}\n`);
    expect(metrics).toContain(`boxbridge_config_reloads_total{outcome="refused"} ${REFUSED}\n`);
    expect(metrics).toContain('boxbridge_config_last_reload_successful 1\n');
    expect(metrics).toMatch(/^boxbridge_config_last_reload_success_timestamp_seconds \d{10}/m);
    bridge.child.kill('SIGTERM');
    expect(await bridge.child.end).toMatchObject({ code: 0 });
  },
  60_000 + CALLS * 20,
);

/** A bridge for the tests of a group, with an application `first` of an API that answers. */
function shareBridge(args: readonly string[]): {
  readonly api: () => HoldingApi;
  readonly bridge: () => BridgeProcess;
} {
  let [api, bridge]: [HoldingApi?, BridgeProcess?] = [];
  beforeAll(async () => {
    api = await startHolding();
    afterwards(api.close);
    api.release();
    bridge = await startServing({ ...common, applications: [api.application('first')] }, { args });
  });
  const started = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the bridge has not started');
    return value;
  };
  return { api: () => started(api), bridge: () => started(bridge) };
}

describe('two workers', () => {
  const shared = shareBridge(['--workers', '2']);

  test('workers that begin later have the configuration in use, whatever is in the file', async () => {
    const [api, bridge] = [shared.api(), shared.bridge()];
    const old = await childrenOf(bridge.child.pid);
    /** Kills a worker, and resolves when the one in its place has answered, with whatever. */
    const replace = async (pid: number | undefined, meanwhile: () => Promise<void>) => {
      const before = await childrenOf(bridge.child.pid);
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      await meanwhile();
      await until(async () => {
        await read(bridge.url, 'first').catch(() => '');
        const pids = [...bridge.child.stderr().matchAll(/"pid":(\d+),.*"request_id"/g)].map(([, pid]) => Number(pid));
        if (pids.some((pid) => !before.includes(pid))) return true;
        await sleep(10);
        return false;
      });
    };
    await write(bridge, { applications: [api.application('second')] });
    // The one in its place is starting while the other takes it.
    await replace(old[0], async () => expect(await reload(bridge)).toEqual([]));
    expect(await statuses(bridge, 'second')).toEqual(['get_account_info_ok']);
    // Nobody has read this one.
    await replace(old[1], () => write(bridge, { applications: [api.application('third')] }));
    expect(await statuses(bridge, 'second')).toEqual(['get_account_info_ok']);
    expect(await statuses(bridge, 'third')).toEqual(['application_restricted']);
    // What only a worker finds wrong: none keeps it.
    const file = join(bridge.folder, 'bridge.key', 'calls');
    await write(bridge, { applications: [api.application('third')], record: { file } });
    expect(await reload(bridge)).toEqual([expect.stringContaining('change `record.file`')]);
    expect(await statuses(bridge, 'third')).toEqual(['application_restricted']);
    expect(await statuses(bridge, 'second')).toEqual(['get_account_info_ok']);
  });

  test('each worker reads a module of a provider again where it has changed, the first that there is too', async () => {
    const bridge = shared.bridge();
    const provider = (login: string) => `import 'boxbridge/provider';
    const account = { nativeId: '1', login: '${login}', name: 'John', email: 'a@example.com', attributes: {} };
    export default {
      name: 'own', title: 'Own', publicBaseUrl: 'https://own.example', credential: { name: 'token', hint: 'any' },
      connect: () => ({ readAccount: async () => account }),
    };`;
    await write(bridge, { applications: [{ api_key: 'own', provider: './own.js', base_url: 'https://own.example' }] });
    for (const login of ['one', 'two']) {
      await writeFile(join(bridge.folder, 'own.js'), provider(login));
      expect(await reload(bridge)).toEqual([]);
      const replies = await Promise.all(Array.from({ length: 8 }, () => read(bridge.url, 'own')));
      expect([...new Set(replies.map((reply) => within('login', reply)))]).toEqual([login]);
    }
  });

  test('SIGHUP reloads, twenty in a burst too, and SIGTERM meanwhile stops', async () => {
    const [api, bridge] = [shared.api(), shared.bridge()];
    const applications = [api.application('first')];
    await write(bridge, { applications, listen: { port: 1 } });
    bridge.child.kill('SIGHUP');
    await until(() => bridge.child.stderr().includes('listen.port is not what the bridge was started with'));
    await write(bridge, { applications: [api.application('second')], log: { level: 'info', format: 'pretty' } });
    for (const pid of [bridge.child.pid, ...(await childrenOf(bridge.child.pid))]) process.kill(pid, 'SIGHUP');
    for (let n = 0; n < 20; n += 1) bridge.child.kill('SIGHUP');
    await until(() => bridge.child.stderr().includes('INFO: the configuration was read again and is in use'));
    expect(await statuses(bridge, 'second')).toEqual(['get_account_info_ok']);
    bridge.child.kill('SIGHUP');
    bridge.child.kill('SIGTERM');
    expect(await bridge.child.end).toMatchObject({ code: 0 });
    expect(bridge.child.stderr()).toMatch(/INFO: stopped/);
  });
});

describe('one process', () => {
  const shared = shareBridge([]);

  test('the admin listener reloads for programs of this machine alone', async () => {
    const bridge = shared.bridge();
    const url = `${await adminOf(bridge)}/-/reload`;
    const statusWith = async (headers: Record<string, string>) =>
      (await fetch(url, { method: 'POST', headers })).status;
    expect(await statusWith({})).toBe(200);
    for (const name of ['Origin', 'X-Forwarded-For', 'Forwarded', 'Via']) {
      expect([name, await statusWith({ [name]: 'http://127.0.0.1' })]).toEqual([name, 403]);
    }
    expect((await fetch(url)).status).toBe(404);
    expect((await fetch(`${bridge.url}/-/reload`, { method: 'POST' })).status).toBe(404);
    expect(await metricsOf(bridge)).toContain('boxbridge_config_reloads_total{outcome="taken"} 1\n');
  });

  test('a module of a provider is read again where it has changed, and stays where it cannot be imported', async () => {
    const bridge = shared.bridge();
    const provider = (name: string) => `globalThis.imports = (globalThis.imports ?? 0) + 1;
    const login = '${name} ' + globalThis.imports;
    export default {
      name: 'own', title: 'Own', publicBaseUrl: 'https://own.example', credential: { name: 'token', hint: 'any' },
      connect: () => ({ readAccount: async () => ({ nativeId: '1', login, name: login, email: 'a@example.com', attributes: {} }) }),
    };`;
    const applications = [
      { api_key: 'key', provider: './own.js', base_url: 'https://own.example', cache_seconds: 600 },
    ];
    const module = join(bridge.folder, 'own.js');
    const login = async () => within('login', await read(bridge.url, 'key'));
    await write(bridge, { applications });
    // A module may fail for another reason than its own text.
    const failing =
      'globalThis.imports = (globalThis.imports ?? 0) + 1; throw new Error("not today " + globalThis.imports);';
    await writeFile(module, failing);
    expect(await reload(bridge)).toEqual([expect.stringContaining('not today 1')]);
    expect(await reload(bridge)).toEqual([expect.stringContaining('not today 2')]);
    await writeFile(module, provider('one'));
    expect(await reload(bridge)).toEqual([]);
    expect(await login()).toBe('one 3');
    expect(await reload(bridge)).toEqual([]);
    expect(await login()).toBe('one 3');
    await writeFile(module, provider('two'));
    expect(await login()).toBe('one 3');
    expect(await reload(bridge)).toEqual([]);
    expect(await login()).toBe('two 4');
    await writeFile(module, 'export default {');
    expect(await reload(bridge)).toEqual([expect.stringMatching(/own\.js:1: /)]);
    expect(await login()).toBe('two 4');
  });

  test('boxbridge reload tells what came of it', async () => {
    const [api, bridge] = [shared.api(), shared.bridge()];
    const admin = await adminOf(bridge);
    const run = (...args: string[]) => startNode(bridge.folder, script, 'reload', ...args).end;
    await write(bridge, { applications: [api.application('second')] });
    expect(await run('--admin', admin)).toMatchObject({
      code: 0,
      stdout: 'The configuration was read again and is in use\n',
    });
    expect(await statuses(bridge, 'second')).toEqual(['get_account_info_ok']);
    expect(await run('--admin', admin, '--json')).toMatchObject({ code: 0, stdout: '{"problems":[]}\n' });
    await write(bridge, { applications: [{ api_key: 'a', provider: 'none' }], more: 1 });
    const refused = await run('--admin', admin);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr.match(/^boxbridge: bridge\.yaml:\d+: /gm)?.length).toBeGreaterThan(2);
    expect(await run('--admin', admin, '--json')).toMatchObject({ code: 1, stderr: '' });
    // As `check` does, without asking the bridge.
    expect((await run('--config', 'bridge.yaml')).stderr).toBe(refused.stderr);
    await write(bridge, { applications: [api.application('third')], admin: undefined });
    expect(await run('--config', 'bridge.yaml')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^boxbridge: bridge\.yaml has no `admin` listener .*SIGHUP/),
    });
    await write(bridge, {
      applications: [api.application('third')],
      admin: { host: '0.0.0.0', port: Number(new URL(admin).port) },
    });
    expect(await run('--config', 'bridge.yaml')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/admin\.host is not/),
    });
    expect(await run('--admin', bridge.url)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/does not reload \(HTTP 404\)/),
    });
    expect(await run()).toMatchObject({ code: 2 });
    bridge.child.kill('SIGTERM');
    await bridge.child.end;
    expect(await run('--admin', admin)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no bridge answers at .*ECONNREFUSED/),
    });
  });
});
