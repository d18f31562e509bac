import { join } from 'node:path';
import { setTimeout as pace } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { afterwards } from '../support/cleanup.js';
import { createCookieBrowser } from '../support/clients/cookie-browser.js';
import { oldClients } from '../support/clients/old-clients.js';
import { rounds } from '../support/rounds.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { newTicket, pageAddress } from '../support/servers/modern-apis.js';
import { describeWithPostgres } from '../support/servers/postgres.js';
import { startServing } from '../support/servers/served.js';
import { startVendor } from '../support/servers/vendor.js';
import { agree, startWithVendor } from '../support/servers/vendor-session.js';
import { until } from '../support/until.js';

const CALLERS = 8;
/** Of all of them together; what counts is how often a token ends meanwhile. */
const CALLS = rounds(96, 200);
const OK = 'get_account_info_ok';

/** Callers at once, each with its share of calls over some time, at one node after the other; gives the statuses. */
async function callOver(
  ms: number,
  calls: number,
  call: (n: number) => Promise<{ status: string }>,
): Promise<string[]> {
  const each = calls / CALLERS;
  const begin = performance.now();
  const callers = Array.from({ length: CALLERS }, async (_caller, caller) => {
    const statuses: string[] = [];
    for (let n = 0; n < each; n += 1) {
      await pace(Math.max(0, begin + (n * ms) / each - performance.now()));
      statuses.push((await call(caller + n)).status);
    }
    return statuses;
  });
  return (await Promise.all(callers)).flat();
}

describeWithPostgres('three nodes on one PostgreSQL, with access tokens of 2 seconds', (server) => {
  test('one session, 8 callers at once: no refresh token is used twice, and no call is lost', async () => {
    const { url, remove } = await server.newSchema();
    afterwards(remove);
    const { vendor, signIn, callAt } = await startWithVendor({ nodes: 3, store: url, lifeSeconds: 2 });
    const authToken = await signIn();
    const call = (n: number) => callAt(n, 'get_account_info', { auth_token: authToken });
    const statuses = await callOver(rounds(3000, 60_000), CALLS, call);
    expect(statuses.filter((status) => status !== OK)).toEqual([]);
    expect(statuses).toHaveLength(CALLS);
    expect(vendor.spent.length).toBeGreaterThan(0);
    expect(new Set(vendor.spent).size).toBe(vendor.spent.length);
    expect(vendor.revocations()).toBe(0);
  }, 120_000);

  test('the same with processes, one of which is killed on the way', async () => {
    const { url: store, remove } = await server.newSchema();
    afterwards(remove);
    const folder = await temporaryFolder();
    afterwards(folder.remove);
    const vendor = await startVendor({ lifeSeconds: 2 });
    const key_file = join(folder.path, 'bridge.key');
    const configuration = { store, key_file, applications: [vendor.application()] };
    const first = await startServing(configuration);
    const nodes = [first, ...(await Promise.all([startServing(configuration), startServing(configuration)]))];
    vendor.open(first.url);
    const ticket = await newTicket(first.url, 'key');
    const browser = createCookieBrowser();
    await agree(browser, await browser.open(pageAddress(first.url, ticket), {}));
    const { authToken } = await oldClients.rest(first.url, 'get_auth_token', { api_key: 'key', ticket });
    let again = 0;
    const call = async (n: number, tries = nodes.length): Promise<{ status: string }> => {
      const node = nodes[n % nodes.length] ?? first;
      try {
        return await oldClients.rest(node.url, 'get_account_info', { api_key: 'key', auth_token: authToken });
      } catch (error) {
        if (tries === 1) throw error;
        // As a load balancer does with a node that is gone.
        again += 1;
        return call(n + 1, tries - 1);
      }
    };
    const calling = callOver(rounds(4000, 60_000), CALLS, (n) => call(n));
    // What a node was given and has not stored is lost with it: it is killed at any other time.
    await until(() => vendor.spent.length >= rounds(1, 5));
    await until(() => vendor.idleMs() > 100);
    nodes[1]?.child.kill('SIGKILL');
    const statuses = await calling;
    expect(statuses.filter((status) => status !== OK)).toEqual([]);
    expect(statuses).toHaveLength(CALLS);
    expect(again).toBeGreaterThan(0);
    expect(new Set(vendor.spent).size).toBe(vendor.spent.length);
    expect(vendor.revocations()).toBe(0);
  }, 180_000);
});
