import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { openServices } from '../../src/bootstrap/services.js';
import { parseConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import type { Listener } from '../../src/http/listener.js';
import { providers } from '../../src/providers/index.js';
import { afterwards } from '../support/cleanup.js';
import { oldClients } from '../support/clients/old-clients.js';
import { dump } from '../support/dump.js';
import { rounds } from '../support/rounds.js';
import { startBridge, temporaryFolder } from '../support/servers/bridge.js';
import {
  credentials,
  enter,
  newAuthToken,
  newTicket,
  pageAddress,
  signedInTicket,
  startModernApis,
} from '../support/servers/modern-apis.js';
import { describeWithPostgres } from '../support/servers/postgres.js';

/** Tickets are redeemed one after the other in so many lanes, so many in each. */
const LANES = 20;
const IN_A_LANE = rounds(3, 25);

const GOOD = credentials.previsto;

describeWithPostgres('three nodes on one PostgreSQL', (server) => {
  let nodes: readonly Listener[];
  let configuration: object;

  beforeAll(async () => {
    const folder = await temporaryFolder();
    afterwards(folder.remove);
    const { url, remove } = await server.newSchema();
    afterwards(remove);
    const apis = await startModernApis();
    afterwards(apis.close);
    const given = {
      store: url,
      key_file: join(folder.path, 'bridge.key'),
      applications: [apis.application('previsto', 'key')],
    };
    configuration = given;
    const bridges = await Promise.all([1, 2, 3].map(() => startBridge(given)));
    for (const { close } of bridges) afterwards(close);
    nodes = bridges;
  });

  const statusAt = async (node: Listener, action: string, parameters: Record<string, string>) =>
    (await oldClients.rest(node.url, action, { api_key: 'key', ...parameters })).status;

  test(`${LANES * IN_A_LANE} tickets, each redeemed at every node at the same moment, give as many auth_tokens`, async () => {
    const config = parseConfig(configuration, { directory: '/', actions: actionNames, providers });
    const { applications, tickets, store } = await openServices(config, {});
    afterwards(store.close);
    const [application] = applications;
    if (!application) throw new Error('no application');
    const userId = await store.userId({ provider: 'previsto', baseUrl: application.baseUrl, nativeId: 'anybody' });

    const redeemOne = async () => {
      const ticket = await tickets.issue(application, '192.0.2.1');
      await tickets.signIn(ticket, GOOD, userId);
      const replies = await Promise.all(
        nodes.map(({ url }) => oldClients.rest(url, 'get_auth_token', { api_key: 'key', ticket })),
      );
      expect(replies.map(({ status }) => status).sort()).toEqual([
        'get_auth_token_error',
        'get_auth_token_error',
        'get_auth_token_ok',
      ]);
      return replies.map(({ authToken }) => authToken).filter((token) => token !== '');
    };
    const lane = async () => {
      const tokens: string[] = [];
      for (let n = 0; n < IN_A_LANE; n++) tokens.push(...(await redeemOne()));
      return tokens;
    };
    const tokens = (await Promise.all(Array.from({ length: LANES }, lane))).flat();
    expect(new Set(tokens).size).toBe(LANES * IN_A_LANE);
    expect(await store.sessions()).toHaveLength(LANES * IN_A_LANE);
    expect((await dump(store)).tickets).toEqual([]);
  });

  test('a token of one node is valid at the others, and one revoked is invalid everywhere at once', async () => {
    const [one, other, third] = nodes;
    if (!one || !other || !third) throw new Error('no nodes');
    const ticket = await newTicket(one.url, 'key');
    const known = await signedInTicket(other.url, 'key', GOOD);
    expect(await statusAt(third, 'get_auth_token', { ticket })).toBe('not_logged_in');
    const redeemed = await oldClients.rest(third.url, 'get_auth_token', { api_key: 'key', ticket: known });
    const auth_token = redeemed.authToken;
    for (const node of nodes)
      expect(await statusAt(node, 'get_account_info', { auth_token })).toBe('get_account_info_ok');
    expect(await statusAt(other, 'logout', { auth_token })).toBe('logout_ok');
    for (const node of nodes) expect(await statusAt(node, 'get_account_info', { auth_token })).toBe('not_logged_in');
  });

  test('a ticket takes ten wrong secrets, over all nodes', async () => {
    const [one] = nodes;
    if (!one) throw new Error('no nodes');
    const ticket = await newTicket(one.url, 'key');
    const statuses: number[] = [];
    for (let n = 0; n < 12; n++)
      statuses.push((await enter(pageAddress(nodes[n % 3]?.url ?? '', ticket), 'wrong')).status);
    expect(statuses).toEqual([...Array(10).fill(200), 429, 429]);
  });

  test('calls are unavailable while PostgreSQL is down, and recover with it', async () => {
    const [one] = nodes;
    if (!one) throw new Error('no nodes');
    const auth_token = await newAuthToken(one.url, 'key', GOOD);
    const ticket = await signedInTicket(one.url, 'key', GOOD);
    const info = (node: Listener) => statusAt(node, 'get_account_info', { auth_token });
    for (const node of nodes) expect(await info(node)).toBe('get_account_info_ok');
    await server.stop();
    try {
      for (const node of nodes) {
        // Concurrent calls too.
        const statuses = await Promise.all([info(node), info(node), statusAt(node, 'get_auth_token', { ticket })]);
        expect([...statuses, await statusAt(node, 'get_ticket', {})]).toEqual(Array(4).fill('service_unavailable'));
      }
    } finally {
      await server.start();
    }
    for (const node of nodes) expect(await info(node)).toBe('get_account_info_ok');
    expect(await statusAt(one, 'get_auth_token', { ticket })).toBe('get_auth_token_ok');
    expect(await statusAt(one, 'get_ticket', {})).toBe('get_ticket_ok');
  });
});
