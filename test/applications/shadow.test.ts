import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { Listener } from '../../src/http/listener.js';
import { golemAccounts } from '../../src/sandbox/golem.js';
import { sandboxPaths, startSandbox } from '../../src/sandbox/sandbox.js';
import { afterwards } from '../support/cleanup.js';
import { callBridge, type formats } from '../support/clients/legacy.js';
import { startBridge } from '../support/servers/bridge.js';
import { startUpstream, type Upstream } from '../support/servers/upstream.js';

/** The reads of an application go to a second modern API too, of which no caller hears. */

let sandbox: Listener;

beforeAll(async () => {
  sandbox = await startSandbox({ host: '127.0.0.1', port: 0 });
});
afterAll(() => sandbox.close());

const golem = () => sandbox.url + sandboxPaths.golem;

/** The sandbox, with another text in its replies. */
async function startAltered(text: string, other: string): Promise<Upstream> {
  const upstream = await startUpstream(async ({ method = '', url = '', headers }, response) => {
    const { authorization = '' } = headers;
    const reply = await fetch(golem() + url, { method, headers: { authorization } });
    response.writeHead(reply.status, { 'Content-Type': 'application/json' });
    response.end((await reply.text()).replaceAll(text, other));
  });
  afterwards(upstream.close);
  return upstream;
}

async function start(handlerOrUrl: RequestListener | string) {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const shadow = typeof handlerOrUrl === 'string' ? undefined : await startUpstream(handlerOrUrl);
  if (shadow) afterwards(shadow.close);
  const url = typeof handlerOrUrl === 'string' ? handlerOrUrl : (shadow?.url ?? '');
  const bridge = await startBridge(
    {
      applications: [
        {
          api_key: 'key',
          name: 'old',
          provider: 'golem',
          base_url: golem(),
          shadow: { provider: 'golem', base_url: url },
        },
      ],
    },
    { log },
  );
  afterwards(bridge.close);
  return { bridge, shadow, lines };
}

const token = golemAccounts.developer.token;
const call = (bridge: string, action: string, format: (typeof formats)[number] = 'rest') =>
  callBridge(bridge, format, action, [
    ['api_key', 'key'],
    ['auth_token', token],
  ]);

/** The metrics of shadows, once they have this. */
async function metricsWith(bridge: string, pattern: RegExp): Promise<string> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const text = await (await fetch(`${bridge}/metrics`)).text();
    const shown = text.split('\n').filter((line) => line.startsWith('boxbridge_shadow'));
    if (pattern.test(shown.join('\n'))) return shown.sort().join('\n');
    if (performance.now() > deadline) throw new Error(`no ${pattern} in ${shown.join('\n')}`);
  }
}

describe.each(['get_account_info', 'get_account_details', 'find_accounts', 'get_account_plan'])('%s', (action) => {
  test('of a shadow that is alike is equal', async () => {
    const { bridge } = await start(golem());
    expect((await call(bridge.url, action)).status).toBe(`${action}_ok`);
    expect(await metricsWith(bridge.url, /outcome="equal"/)).toBe(
      'boxbridge_shadow_reads_total{application="old",outcome="equal"} 1',
    );
  });
});
