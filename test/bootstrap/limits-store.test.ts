import { Agent, get } from 'node:http';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { afterwards } from '../support/cleanup.js';
import { rounds } from '../support/rounds.js';
import { startBridge } from '../support/servers/bridge.js';
import { startHolding } from '../support/servers/holding-api.js';
import { startServing } from '../support/servers/served.js';
import { describeWithValkey, startValkey, type TestValkey } from '../support/servers/valkey.js';
import { until } from '../support/until.js';

const NODES = 3;
/** Calls a minute that a rate admits, and that each node is asked. */
const CALLS = rounds(200, 600);

/** Nodes that share nothing but a Valkey, with what they log beside calls. */
async function startNodes({ address }: TestValkey, configuration: object, ofApplication: object) {
  const api = await startHolding();
  afterwards(api.close);
  api.release();
  return Promise.all(
    Array.from({ length: NODES }, async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 8 });
      afterwards(async () => agent.destroy());
      const logged: Record<string, unknown>[] = [];
      const log = pino(
        { level: 'info' },
        { write: (line) => void (line.includes('limits_store') && logged.push(JSON.parse(line))) },
      );
      const applications = [{ ...api.application('key'), cache_seconds: 60, ...ofApplication }];
      const bridge = await startBridge(
        { ...configuration, limits_store: `valkey://${address}`, applications },
        { log },
      );
      afterwards(bridge.close);
      return {
        call: (action = 'get_account_info') =>
          statusOf(`${bridge.url}/api/1.0/rest?action=${action}&api_key=key&auth_token=sk_1`, agent),
        read: async (path: string) => {
          const response = await fetch(bridge.url + path);
          return { status: response.status, text: await response.text() };
        },
        told: () => logged.map(({ msg }) => String(msg).split(' ').slice(0, 4).join(' ')),
      };
    }),
  );
}

/** The HTTP status of a call. */
function statusOf(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    }).once('error', reject);
  });
}

const count = async (replies: readonly Promise<number>[], http: number) =>
  (await Promise.all(replies)).filter((status) => status === http).length;

const times = <T>(length: number, work: () => T): T[] => Array.from({ length }, () => work());

describeWithValkey('three nodes with a limits_store', () => {
  test(`${CALLS} calls a minute are asked of each, and ${CALLS} in all admitted`, async () => {
    const nodes = await startNodes(await startValkey(), {}, { rate: { per_minute: CALLS } });
    const replies = nodes.flatMap(({ call }) => times(CALLS, () => call()));
    expect(await count(replies, 200)).toBe(CALLS);
    expect(await count(replies, 429)).toBe((NODES - 1) * CALLS);
  });

  test.each<[string, object, object, string]>([
    ['the calls of an address', { rate: { per_minute: 5 } }, {}, 'get_account_info'],
    ['the tickets of an address', { limits: { tickets_per_minute: 5 } }, { credentials: 'vault' }, 'get_ticket'],
  ])('%s are counted together', async (_what, configuration, ofApplication, action) => {
    const nodes = await startNodes(await startValkey(), configuration, ofApplication);
    const replies = nodes.flatMap(({ call }) => times(4, () => call(action)));
    expect(await count(replies, 200)).toBe(5);
    expect(await count(replies, 429)).toBe(7);
  });

  test('killed under load, every call is answered, and each node counts for itself until it is back', async () => {
    const valkey = await startValkey();
    const nodes = await startNodes(valkey, {}, { rate: { per_minute: 1000 } });
    const metric = async (read: (path: string) => Promise<{ text: string }>) =>
      /boxbridge_limits_store_up\{limits_store="[^"]+"\} (\d)/.exec((await read('/metrics')).text)?.[1];
    const [first] = nodes;
    expect(first && (await metric(first.read))).toBe('1');
    const underLoad = nodes.flatMap(({ call }) => times(60, () => call()));
    await valkey.kill();
    expect(await count(underLoad, 200)).toBe(180);
    for (const { call, read, told } of nodes) {
      await until(() => told().length === 2);
      expect(
        await count(
          times(10, () => call()),
          200,
        ),
      ).toBe(10);
      expect(await read('/readyz')).toEqual({ status: 200, text: 'ok\n' });
      expect(await metric(read)).toBe('0');
    }
    await valkey.start();
    for (const { told, read } of nodes) {
      await until(() => told().length === 3);
      expect(told()).toEqual([
        'the limits_store counts the',
        'the limits_store is away:',
        'the limits_store counts the',
      ]);
      expect(await metric(read)).toBe('1');
    }
  });

  test('workers count in it too, and while it is away in their primary', async () => {
    const valkey = await startValkey();
    const api = await startHolding();
    afterwards(api.close);
    api.release();
    const { url, child } = await startServing(
      {
        limits_store: `valkey://${valkey.address}`,
        applications: [{ ...api.application('key'), rate: { per_minute: 5 } }],
      },
      { args: ['--workers', '2'] },
    );
    // A connection for each call, so that both workers get some.
    const agent = new Agent();
    const call = () => statusOf(`${url}/api/1.0/rest?action=get_account_info&api_key=key&auth_token=sk_1`, agent);
    const told = (what: string) => child.stderr().split(what).length - 1;
    await until(() => told('the limits_store counts') === 2);
    expect(await count(times(12, call), 200)).toBe(5);
    await valkey.kill();
    await until(() => told('the limits_store is away') === 2);
    expect(await count(times(12, call), 200)).toBe(5);
  });
});
