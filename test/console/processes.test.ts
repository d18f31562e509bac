import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { createBreakers } from '../../src/bootstrap/cluster/breakers.js';
import { listen } from '../../src/http/listener.js';
import { afterwards } from '../support/cleanup.js';
import { callBridge, formats } from '../support/clients/legacy.js';
import { problemsIn } from '../support/problems.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { ask } from '../support/servers/console.js';
import { type Child, startNode } from '../support/servers/process.js';
import { adminOf, script, startServing, urlIn } from '../support/servers/served.js';
import { until } from '../support/until.js';

/** Milliseconds between two looks at a page. */
const PACE_MS = 20;

/** Asks until the page has a text. */
async function becomes(url: string, part: RegExp): Promise<string> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const { body } = await ask(url);
    if (part.test(body)) return body;
    if (performance.now() > deadline) throw new Error(`waited in vain for ${part} at ${url}`);
    await sleep(PACE_MS);
  }
}

const consoleOf = async (child: Child) => urlIn(await child.line(/console is at/));

describe('in a cluster', () => {
  test('the console has the calls, counts and breakers of all workers, and no secret', async () => {
    const applications = [
      { api_key: 'canary-of-a-key', name: 'Cut off', provider: 'previsto', base_url: 'http://127.0.0.1:1' },
    ];
    const bridge = await startServing({ admin: { port: 0 }, applications }, { args: ['--workers', '2'] });
    const admin = await adminOf(bridge);
    expect(await consoleOf(bridge.child)).toBe(`${admin}/console`);
    const query = 'action=get_account_info&api_key=canary-of-a-key&auth_token=canary-of-a-token';
    for (let n = 0; n < 60; n++) {
      await fetch(`${bridge.url}/api/1.0/rest?${query}`, {
        headers: { Connection: 'close', 'User-Agent': `caller-${n}-` },
      });
    }
    const list = await becomes(`${admin}/console/calls`, /caller-59-/);
    for (let n = 0; n < 60; n++) expect(list).toContain(`caller-${n}-`);
    // The first of them: later ones find the modern API left alone.
    const path = [...list.matchAll(/\/console\/calls\/\d+/g)].at(-1)?.[0] ?? '';
    const { body: page } = await ask(admin + path);
    expect(page).toContain('GET http://127.0.0.1:1/accounts/current');
    for (const text of [list, page]) expect(text).not.toContain('canary');
    await becomes(`${admin}/console/applications`, /is left alone after outages/);
    // Counts come within a second of their calls, in one interval or in two.
    const deadline = performance.now() + 20_000;
    let counted = 0;
    while (counted < 60 && performance.now() < deadline) {
      await sleep(PACE_MS);
      const { intervals }: { intervals: { calls: number }[] } = JSON.parse(
        (await ask(`${admin}/console/calls/recent`)).body,
      );
      counted = intervals.reduce((sum, { calls }) => sum + calls, 0);
    }
    expect(counted).toBe(60);
  }, 60_000);

  test('the worst breaker counts, and none of a worker that is gone', () => {
    const { note, forget, worst } = createBreakers<string>();
    note('one', 'http://a', 'open');
    note('two', 'http://a', 'half-open');
    note('two', 'http://b', 'closed');
    expect([...worst()]).toEqual([
      ['http://a', 'open'],
      ['http://b', 'closed'],
    ]);
    forget('one');
    expect(worst().get('http://a')).toBe('half-open');
    note('two', 'http://a', 'closed');
    expect(worst().get('http://a')).toBe('closed');
  });
});

const CONSOLE_OF_DEMO = { host: '127.0.0.1', port: 9464 };

describe('the demo', () => {
  async function startDemo(...args: string[]): Promise<Child> {
    const { path, remove } = await temporaryFolder();
    afterwards(remove);
    return startNode(path, script, 'serve', '--port', '0', ...args);
  }

  test.each([
    {
      what: 'one process, which has no configuration to read again and finds the port of its console taken',
      args: [],
      isCluster: false,
    },
    { what: 'two workers', args: ['--workers', '2'], isCluster: true },
  ])(
    'shows its calls, answers in every format and has a console with its calls: $what',
    async ({ args, isCluster }) => {
      // Else another program has it, such as the demo of another suite, and may give it back at any moment.
      const taken = isCluster ? undefined : await listen(() => {}, CONSOLE_OF_DEMO).catch(() => undefined);
      if (taken) afterwards(taken.close);
      const child = await startDemo(...args);
      const url = urlIn(await child.line(/answers at/));
      expect(child.stdout().match(/get_account_info_ok/g)).toHaveLength(10);
      const address = await consoleOf(child);
      if (taken) expect(new URL(address).port).not.toBe(String(CONSOLE_OF_DEMO.port));
      const list = await becomes(`${address}/calls`, /Demo of golem[\s\S]*get_account_info_ok/);
      expect(list).not.toContain('43543wrsd');
      expect((await ask(`${address}/calls`)).status).toBe(200);
      // Callers have what they had without a console.
      for (const path of ['/metrics', '/readyz']) expect((await ask(url + path)).status).toBe(200);
      for (const format of formats) {
        const parameters = [
          ['api_key', 'rrc1d3ntb53tt6b2vhail6rdtrsxov3v'],
          ['auth_token', '43543wrsd'],
        ] as const;
        expect(await callBridge(url, format, 'get_account_info', parameters)).toMatchObject({
          status: 'get_account_info_ok',
        });
      }
      if (!isCluster) {
        child.kill('SIGHUP');
        await until(() =>
          child.stderr().includes('there is no configuration to read again; start the bridge with one'),
        );
      }
      child.kill('SIGTERM');
      const { code, stderr } = await child.end;
      expect(code).toBe(0);
      if (isCluster) expect(problemsIn(stderr)).toEqual([]);
    },
    60_000,
  );
});
