import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { afterwards } from '../support/cleanup.js';
import { formats } from '../support/clients/legacy.js';
import { measure } from '../support/clients/load.js';
import { startBridge } from '../support/servers/bridge.js';
import {
  applicationsAt,
  type FailingApis,
  failures,
  isOutageReply,
  readAccount,
  startFailingApis,
} from '../support/servers/failing-apis.js';
import { startUpstream } from '../support/servers/upstream.js';
import { type Api, apis } from '../support/servers/workbench.js';

/** Only silence takes it; all others, and the call after each, have to be within it on a busy machine too. */
const TIMEOUT_MS = 2000;
const MAX_MS = 2 * TIMEOUT_MS;
/** Tolerance for a busy machine. */
const TOLERANCE_MS = 3000;

let modern: FailingApis;
let bridge: Awaited<ReturnType<typeof startBridge>>;

beforeAll(async () => {
  modern = await startFailingApis();
  bridge = await startBridge({
    limits: { upstream_timeout_ms: TIMEOUT_MS },
    applications: applicationsAt(modern.upstream.url),
  });
});

afterAll(async () => {
  await bridge.close();
  await modern.upstream.close();
});

test('there are 13 failures', () => expect(Object.keys(failures)).toHaveLength(13));

test.each(Object.entries(failures))(
  '%s is answered as an outage of each API in every format, in time, and the next call succeeds',
  async (_failure, how) => {
    const answered = async (api: Api) => {
      for (const format of formats) {
        modern.fail(api, how);
        const begin = performance.now();
        const reply = await readAccount(bridge.url, format, api);
        const took = performance.now() - begin;
        modern.recover(api);
        expect({ api, reply, isOutage: isOutageReply(reply, format) }).toMatchObject({ isOutage: true });
        expect(took).toBeLessThan(MAX_MS + TOLERANCE_MS);
        expect([api, (await readAccount(bridge.url, format, api)).status]).toEqual([api, 'get_account_info_ok']);
      }
    };
    // Much of it is waiting, for a time or for another try.
    await Promise.all(apis.map(answered));
  },
);

test('a silent API delays no call to the others', async () => {
  const account = JSON.stringify({ id: 'acct_1', login: 'john', name: 'John', email: 'john@example.com' });
  const healthy = await startUpstream((_request, response) => void response.end(account));
  afterwards(healthy.close);
  const dead = await startUpstream(() => {});
  afterwards(dead.close);
  const apiKeys = ['one', 'two', 'three', 'dead'];
  const timeoutMs = 5000;
  const crowded = await startBridge({
    limits: { upstream_timeout_ms: timeoutMs },
    applications: apiKeys.map((key) => ({
      api_key: key,
      provider: 'previsto',
      base_url: `${(key === 'dead' ? dead : healthy).url}/${key}`,
    })),
  });
  afterwards(crowded.close);
  const { dead: silent, ...others } = await measure({
    bridge: crowded.url,
    apiKeys,
    callers: 25,
    paceMs: 100,
    durationMs: 1000,
  });
  expect(silent?.succeeded).toBe(0);
  for (const { calls, succeeded, slowest } of Object.values(others)) {
    expect(calls).toBeGreaterThan(25);
    expect(succeeded).toBe(calls);
    expect(slowest).toBeLessThan(timeoutMs);
  }
});
