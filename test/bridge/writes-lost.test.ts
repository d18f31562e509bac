import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { boxAccounts } from '../../src/sandbox/box-accounts.js';
import { golemAccounts } from '../../src/sandbox/golem.js';
import { previstoAccounts } from '../../src/sandbox/previsto.js';
import { createSandbox, sandboxPaths } from '../../src/sandbox/sandbox.js';
import { openSqlite } from '../../src/store/sqlite.js';
import { tokens } from '../support/cases/modern-accounts.js';
import { callerOf } from '../support/cases/writes-done.js';
import { afterwards } from '../support/cleanup.js';
import {
  at,
  type Branch,
  callBridge,
  type Format,
  formats,
  itemsOf,
  type Parameters,
  shown,
} from '../support/clients/legacy.js';
import { startBridge, temporaryFolder } from '../support/servers/bridge.js';
import { startUpstream } from '../support/servers/upstream.js';
import { type Api, type Interference, isWrite, startWorkbench, type Workbench } from '../support/servers/workbench.js';

let bench: Workbench;

beforeAll(async () => {
  bench = await startWorkbench([
    { api_key: 'vault', provider: 'golem', base_url: sandboxPaths.golem, credentials: 'vault' },
  ]);
});
afterAll(() => bench.close());
beforeEach(() => bench.renew());

const { admin, developer } = golemAccounts;

interface Write {
  readonly api: Api;
  readonly action: string;
  readonly with: Parameters;
  readonly token?: string;
  readonly of?: string;
  /** What is known of the account from the reply to the write; undefined where no account comes back. */
  readonly known?: Branch;
}

const passwords: Parameters = [
  ['current_password', 'terraform-demo-password'],
  ['new_password', 'long enough as it is'],
];
const john = previstoAccounts.john.account;

const writes: readonly Write[] = [
  {
    api: 'seatable',
    action: 'update_account',
    with: [['email', 'n@example.com']],
    known: {
      user_id: null,
      native_id: null,
      login: null,
      pending_email: 'n@example.com',
      space_amount: null,
      attributes: [],
    },
  },
  {
    api: 'previsto',
    action: 'update_account',
    with: [['email', 'n@example.com']],
    known: { native_id: john.id, login: john.login, name: john.name, email: 'n@example.com', language_code: 'da' },
  },
  {
    api: 'terraform',
    action: 'update_account',
    with: [
      ['login', 'n'],
      ['email', 'n@example.com'],
    ],
    known: {
      native_id: 'user-V3R563qtJNcExAkN',
      login: 'n',
      email: 'admin@hashicorp.com',
      pending_email: 'n@example.com',
    },
  },
  {
    api: 'terraform',
    action: 'change_password',
    with: passwords,
    known: { login: 'admin', email: 'admin@hashicorp.com' },
  },
  {
    api: 'golem',
    action: 'update_account',
    with: [['name', 'N']],
    token: developer.token,
    known: { native_id: developer.account.id, name: 'N', email: 'dan@example.com', space_amount: null },
  },
  {
    api: 'golem',
    action: 'update_account',
    with: [['name', 'N']],
    of: developer.account.id,
    known: { native_id: developer.account.id, name: 'N', email: 'dan@example.com', space_amount: null },
  },
  {
    api: 'golem',
    action: 'create_account',
    with: [
      ['name', 'N'],
      ['email', 'n@example.com'],
    ],
    known: { name: 'N', email: 'n@example.com', space_amount: null },
  },
  {
    api: 'box',
    action: 'update_account',
    with: [
      ['name', 'N'],
      ['email', 'n@example.com'],
    ],
    known: { user_id: '398387', native_id: '398387', login: 'n@example.com', name: 'N', email: 'n@example.com' },
  },
  {
    api: 'box',
    action: 'update_account',
    with: [['language_code', 'fr']],
    of: boxAccounts.managed.user.id,
    known: { native_id: boxAccounts.managed.user.id, language_code: 'fr', max_upload_size: '5368709120' },
  },
  {
    api: 'box',
    action: 'create_account',
    with: [
      ['name', 'N'],
      ['email', 'n@example.com'],
    ],
    known: { name: 'N', email: 'n@example.com' },
  },
  { api: 'previsto', action: 'delete_account', with: [] },
  { api: 'golem', action: 'delete_account', with: [], of: developer.account.id },
  { api: 'box', action: 'delete_account', with: [], of: boxAccounts.managed.user.id },
];

async function parametersOf(write: Write): Promise<Parameters> {
  const named: Parameters =
    write.of === undefined ? [] : [['user_id', await bench.userOf(write.api, tokens[write.api], write.of)]];
  return [...callerOf(write), ...named, ...write.with];
}

const lostReplies: readonly Interference[] = ['closes', 'is silent', { status: 502, body: '<html>Bad gateway</html>' }];

/** The bridge waits for what never comes; not so briefly that what does come is late on a busy machine. */
function waitsBriefly(trouble: Interference): void {
  if (trouble !== 'is silent') return;
  beforeAll(() => bench.wait(400));
  afterAll(() => bench.wait());
}

const down: Interference = { status: 500, body: { error: 'Internal server error' } };
const readings: readonly (readonly [Format, Interference])[] = [
  ...formats.map((format) => [format, down] as const),
  ...[...lostReplies, { status: 401, body: {} }, { status: 404, body: {} }, { status: 200, body: '{' }].map(
    (trouble) => ['rest', trouble] as const,
  ),
];

describe.each(readings)('%s, and after the write the modern API answers reads with %j', (format, trouble) => {
  waitsBriefly(trouble);
  test.each(writes)('$api: $action succeeded, with what is known', async (write) => {
    const parameters = await parametersOf(write);
    bench.interfere((request, before) => !isWrite(request) && before.some(isWrite), trouble);
    const { http, status, result } = await bench.call(format, write.action, parameters);
    expect([http, status]).toEqual([200, `${write.action}_ok`]);
    if (write.known) expect(result.account).toMatchObject(Object(shown(format, write.known)));
    expect(bench.received.filter(isWrite)).toHaveLength(1);
  });
});

describe.each<Interference>([
  ...lostReplies,
  down,
  { status: 429, body: '' },
  { status: 409, body: '<html>Bad gateway</html>' },
])('the modern API answers the write with %j', (trouble) => {
  waitsBriefly(trouble);
  test.each(writes)('$api: $action is unavailable, and was sent once', async (write) => {
    const parameters = await parametersOf(write);
    bench.interfere(isWrite, trouble);
    const { http, status } = await bench.call('rest', write.action, parameters);
    expect([http, status]).toEqual([503, 'service_unavailable']);
    expect(bench.received.filter(isWrite)).toHaveLength(1);
  });
});

const without: readonly unknown[] = ['', '{}', '[]', 'null', '"done"', 'done', '<html>Welcome</html>', '{"data":null}'];

describe.each<Interference>([
  ...without.map((body) => ({ status: 200, body })),
  { status: 201, body: '{"id":' },
  { status: 202, body: { queued: true } },
  { status: 200, body: { id: null, name: [], email: 7, revision: 'x', data: { id: {}, attributes: [] } } },
  { status: 204, body: '' },
])('the modern API answers the write with %j', (reply) => {
  test.each(writes)('$api: $action succeeded, and was sent once', async (write) => {
    const parameters = await parametersOf(write);
    bench.interfere(isWrite, reply);
    const { http, status, result } = await bench.call('rest', write.action, parameters);
    expect([http, status]).toEqual([200, `${write.action}_ok`]);
    if (write.action === 'create_account') {
      expect(result.account).toMatchObject({ native_id: '', name: 'N', email: 'n@example.com' });
    } else if (write.known) expect(at(result, 'account', 'native_id')).not.toBe('');
    expect(bench.received.filter(isWrite)).toHaveLength(1);
  });
});

test('a new account is created even if no user_id is left for it', async () => {
  const folder = await temporaryFolder();
  afterwards(folder.remove);
  const file = join(folder.path, 'bridge.db');
  const upstream = await startUpstream(createSandbox());
  afterwards(upstream.close);
  const application = { api_key: 'k', provider: 'golem', base_url: upstream.url + sandboxPaths.golem };
  const bridge = await startBridge({ store: `sqlite:${file}`, applications: [application] });
  afterwards(bridge.close);
  const store = openSqlite(file);
  await store.userId({ provider: 'golem', baseUrl: 'https://golem.example.com', nativeId: 'first' });
  await store.close();
  const database = new DatabaseSync(file);
  database.exec("UPDATE sqlite_sequence SET seq = 2147483647 WHERE name = 'accounts'");
  database.close();

  const caller = callerOf({ api: 'golem', key: 'k' });
  const parameters = [...caller, ['name', 'N'], ['email', 'n@example.com']] as const;
  const { status, result } = await callBridge(bridge.url, 'rest', 'create_account', parameters);
  expect(status).toBe('create_account_ok');
  expect(result.account).toMatchObject({ user_id: '0', name: 'N', email: 'n@example.com' });
  expect(upstream.received.filter(({ method }) => method === 'POST')).toHaveLength(1);
});

describe.each(formats)('%s: an issued auth_token', (format) => {
  const key = ['api_key', 'vault'] as const;

  async function signIn(secret: string): Promise<Parameters> {
    const { result } = await bench.call(format, 'get_ticket', [key]);
    const ticket = String(result.ticket);
    const page = await fetch(`${bench.url}/api/1.0/auth/${ticket}`, {
      method: 'POST',
      body: new URLSearchParams({ password: secret }),
    });
    expect(page.status).toBe(200);
    const redeemed = await bench.call(format, 'get_auth_token', [key, ['ticket', ticket]]);
    expect(redeemed.status).toBe('get_auth_token_ok');
    return [key, ['auth_token', String(redeemed.result.auth_token)]];
  }

  test('creates, finds, reads, updates and deletes', async () => {
    const caller = await signIn(admin.token);
    expect(JSON.stringify(caller)).not.toContain(admin.token);
    const did = async (action: string, ...more: Parameters) => {
      const { status, result } = await bench.call(format, action, [...caller, ...more]);
      return { status, account: result.account, accounts: itemsOf(result.accounts) };
    };

    const created = await did('create_account', ['name', 'Nia'], ['email', 'nia@example.com']);
    expect(created.status).toBe('create_account_ok');
    const found = await did('find_accounts', ['email', 'nia@example.com']);
    // A list is read without the plans, which have the sizes.
    expect(found.accounts).toHaveLength(1);
    for (const field of ['user_id', 'native_id', 'login', 'name', 'email', 'plan_id', 'attributes']) {
      expect(at(found.accounts[0], field)).toEqual(at(created.account, field));
    }
    const user_id = ['user_id', String(at(created.account, 'user_id'))] as const;
    const updated = await did('update_account', user_id, ['name', 'Nia New']);
    expect(updated.account).toMatchObject({ user_id: user_id[1], name: 'Nia New', email: 'nia@example.com' });
    expect((await did('get_account_details', user_id)).account).toEqual(updated.account);
    expect((await did('get_account_plan', user_id)).status).toBe('get_account_plan_ok');
    expect((await did('delete_account', user_id)).status).toBe('delete_account_ok');
    expect((await did('get_account_details', user_id)).status).toBe('account_not_found');
    expect((await did('delete_account', user_id)).status).toBe('account_not_found');
    expect((await did('get_account_details')).account).toMatchObject({ native_id: 'root' });
  });

  test('stays valid when an action is only for administrators', async () => {
    const caller = await signIn(developer.token);
    const other = ['user_id', await bench.userOf('golem', admin.token, golemAccounts.partner.account.id)] as const;
    const statusOf = async (action: string, ...more: Parameters) =>
      (await bench.call(format, action, [...caller, ...more])).status;
    const create = await statusOf('create_account', ['name', 'Nia'], ['email', 'nia@example.com']);
    expect(create).toBe('application_restricted');
    expect(await statusOf('delete_account')).toBe('application_restricted');
    expect(await statusOf('delete_account', other)).toBe('application_restricted');
    expect(await statusOf('get_account_details', other)).toBe('account_not_found');
    expect(await statusOf('get_account_details')).toBe('get_account_details_ok');
  });
});
