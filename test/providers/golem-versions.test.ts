import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { golemAccounts } from '../../src/sandbox/golem.js';
import { createSandbox, sandboxPaths } from '../../src/sandbox/sandbox.js';
import { at, callBridge, type Format, formats, type Parameters, type Reply, shown } from '../support/clients/legacy.js';
import { startBridge } from '../support/servers/bridge.js';
import {
  createGolem,
  type GolemUser,
  golemToken,
  golemUsers,
  type LaterGolem,
  laterGolems,
} from '../support/servers/golem-versions.js';
import { startUpstream } from '../support/servers/upstream.js';

type Version = '1.3' | LaterGolem;
const versions: readonly Version[] = ['1.3', ...laterGolems];

const tokenOf = (version: Version, user: GolemUser | 'nobody') => {
  if (user === 'nobody') return '99999999-0000-4000-8000-000000000009';
  return version === '1.3' ? golemAccounts[user].token : golemToken(version, user);
};
const idOf = (version: Version, user: GolemUser) =>
  version === '1.3' ? golemAccounts[user].account.id : golemUsers[user].id;

interface Golem {
  readonly call: (action: string, user: GolemUser | 'nobody', ...more: Parameters) => Promise<Reply>;
  /** The user_id that the bridge has given to a user. */
  readonly userIdOf: (user: GolemUser) => Promise<string>;
  /** Method, path and body of every request since the last look. */
  readonly left: () => string[];
}

/** A bridge in front of a version of Golem; each test begins with a new one. */
async function start(version: Version) {
  const prefix = version === '1.3' ? sandboxPaths.golem : '';
  const create = () => (version === '1.3' ? createSandbox() : createGolem(version));
  let answer = create();
  const upstream = await startUpstream((request, response) => answer(request, response));
  const bridge = await startBridge({
    applications: [{ api_key: 'k', provider: 'golem', base_url: upstream.url + prefix }],
  });
  const left = () =>
    upstream.received
      .splice(0)
      .map(({ method, path, body }) => `${method} ${path.slice(prefix.length)} ${body}`.trimEnd());
  const golem = (format: Format): Golem => {
    const call: Golem['call'] = (action, user, ...more) =>
      callBridge(bridge.url, format, action, [['api_key', 'k'], ['auth_token', tokenOf(version, user)], ...more]);
    const userIdOf: Golem['userIdOf'] = async (user) => {
      const { result } = await call('get_account_info', user);
      left();
      return String(at(result, 'user', 'user_id'));
    };
    return { call, userIdOf, left };
  };
  return {
    golem,
    renew: () => {
      answer = create();
      left();
    },
    close: async () => {
      await bridge.close();
      await upstream.close();
    },
  };
}

/** How a version tells whose token it is. */
function readsOwn(version: Version, user: GolemUser): string[] {
  const list = 'GET /v1/accounts';
  const me = 'GET /v1/me/token';
  const account = `GET /v1/accounts/${idOf(version, user)}`;
  if (version === '1.3') return user === 'developer' ? [list] : [list, 'GET /v1/login/token', account];
  return version === '1.4' ? [list, me, 'GET /v1/login/token', account] : [list, me, account];
}

describe.each(versions)('Golem %s', (version) => {
  let started: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    started = await start(version);
  });
  beforeEach(() => started.renew());
  afterAll(() => started.close());

  const dan = `/v1/accounts/${idOf(version, 'developer')}`;
  const pia = `/v1/accounts/${idOf(version, 'partner')}`;
  const own = readsOwn(version, 'developer');

  describe.each(formats)('%s', (format) => {
    test('get_account_info and get_account_details', async () => {
      const { call, left } = started.golem(format);
      const info = await call('get_account_info', 'developer');
      expect(info).toMatchObject({ http: 200, status: 'get_account_info_ok' });
      expect(info.result.user).toMatchObject({ login: 'dan@example.com', space_amount: '500000000' });
      expect(left()).toEqual([...own, `GET ${dan}/plan`]);
      const details = await call('get_account_details', 'developer');
      expect(details.status).toBe('get_account_details_ok');
      expect(details.result.account).toMatchObject({
        native_id: idOf(version, 'developer'),
        name: 'Dan Developer',
        email: 'dan@example.com',
      });
    });

    test('get_account_plan', async () => {
      const { call, left } = started.golem(format);
      const { status, result } = await call('get_account_plan', 'developer');
      expect(status).toBe('get_account_plan_ok');
      const later = { project_limit: null, component_limit: '10', monthly_gas_limit: '1000000000000000000' };
      expect(result.plan).toMatchObject(
        Object(
          shown(format, {
            storage_limit: '500000000',
            ...(version === '1.3' ? { project_limit: '5', monthly_gas_limit: '1000000000000' } : later),
          }),
        ),
      );
      expect(left()).toEqual([...own, `GET ${dan}/plan`]);
    });

    test('update_account, the name', async () => {
      const { call, left } = started.golem(format);
      const { status, result } = await call('update_account', 'developer', ['name', 'Daniel']);
      expect(status).toBe('update_account_ok');
      expect(result.account).toMatchObject({ name: 'Daniel', email: 'dan@example.com' });
      const revised = JSON.stringify({ currentRevision: 0, name: 'Daniel' });
      const writes = {
        '1.3': [`PUT ${dan} ${JSON.stringify({ name: 'Daniel', email: 'dan@example.com' })}`],
        '1.4': [`PATCH ${dan} ${revised}`, `PUT ${dan} ${revised}`],
        '1.5': [`PATCH ${dan} ${revised}`],
        main: [`PATCH ${dan} ${revised}`],
      };
      expect(left()).toEqual([...own, ...writes[version], ...own, `GET ${dan}/plan`]);
    });

    test.each<readonly [string, ...Parameters]>([
      ['alone', ['email', 'daniel@example.com']],
      ['and the name', ['name', 'Daniel'], ['email', 'daniel@example.com']],
    ])('update_account, the e-mail %s: what the server ignores is no success', async (_what, ...changes) => {
      const { call } = started.golem(format);
      const { status, result } = await call('update_account', 'developer', ...changes);
      if (version === 'main') {
        expect([status, result.message]).toEqual(['e_update_account', 'not changed: email']);
      } else {
        expect(status).toBe('update_account_ok');
        expect(result.account).toMatchObject({ email: 'daniel@example.com' });
      }
    });

    test('update_account, the e-mail as it is', async () => {
      const { call } = started.golem(format);
      const { status } = await call('update_account', 'developer', ['email', 'DAN@example.com']);
      expect(status).toBe('update_account_ok');
    });

    test('update_account, an e-mail of another', async () => {
      const { call } = started.golem(format);
      const { status } = await call('update_account', 'developer', ['email', 'pia@example.com']);
      expect(status).toBe(version === 'main' ? 'e_update_account' : 'email_already_registered');
    });

    test('create_account, and once more', async () => {
      const { call, left } = started.golem(format);
      const values: Parameters = [
        ['name', 'Nia'],
        ['email', 'nia@example.com'],
      ];
      const { status, result } = await call('create_account', 'admin', ...values);
      expect(status).toBe('create_account_ok');
      expect(result.account).toMatchObject({ name: 'Nia', email: 'nia@example.com', space_amount: '500000000' });
      const body = JSON.stringify({ name: 'Nia', email: 'nia@example.com', roles: [] });
      expect(left()[0]).toBe(`POST /v1/accounts ${body}`);
      expect((await call('create_account', 'admin', ...values)).status).toBe('email_already_registered');
      expect((await call('create_account', 'developer', ...values)).status).toBe('application_restricted');
    });

    test("another's account, for an administrator", async () => {
      const { call, left, userIdOf } = started.golem(format);
      const user_id = ['user_id', await userIdOf('partner')] as const;
      const statusOf = async (action: string, ...more: Parameters) =>
        (await call(action, 'admin', user_id, ...more)).status;
      expect(await statusOf('get_account_details')).toBe('get_account_details_ok');
      expect(await statusOf('get_account_plan')).toBe('get_account_plan_ok');
      expect(await statusOf('update_account', ['name', 'Pia P.'])).toBe('update_account_ok');
      left();
      expect(await statusOf('delete_account')).toBe('delete_account_ok');
      const revision = version === '1.3' ? '' : '?current_revision=2';
      expect(left()).toEqual([`GET ${pia}`, `DELETE ${pia}${revision}`]);
      expect(await statusOf('get_account_details')).toBe('account_not_found');
      expect(await statusOf('delete_account')).toBe('account_not_found');
    });

    test("another's account, for anybody else", async () => {
      const { call, userIdOf } = started.golem(format);
      const user_id = ['user_id', await userIdOf('partner')] as const;
      const statusOf = async (action: string, ...more: Parameters) =>
        (await call(action, 'developer', user_id, ...more)).status;
      expect(await statusOf('get_account_details')).toBe('account_not_found');
      expect(await statusOf('update_account', ['name', 'Pia P.'])).toBe('account_not_found');
      // Golem 1.3 asks first whether the caller is an administrator.
      expect(await statusOf('delete_account')).toBe(version === '1.3' ? 'application_restricted' : 'account_not_found');
    });

    test("delete_account, one's own", async () => {
      const { call, left } = started.golem(format);
      expect((await call('delete_account', 'developer')).status).toBe('application_restricted');
      expect(left()).toEqual([...own, `DELETE ${dan}${version === '1.3' ? '' : '?current_revision=0'}`]);
    });

    test('find_accounts, where there is a list', async () => {
      const { call } = started.golem(format);
      const statuses = [
        (await call('find_accounts', 'admin')).status,
        (await call('find_accounts', 'admin', ['email', 'pia@example.com'])).status,
      ];
      expect(statuses).toEqual(Array(2).fill(version === '1.3' ? 'find_accounts_ok' : 'application_restricted'));
    });

    test('logout', async () => {
      const { call } = started.golem(format);
      expect(await call('logout', 'developer')).toMatchObject({ http: 200, status: 'logout_ok' });
    });

    test('a token that it does not know', async () => {
      const { call } = started.golem(format);
      for (const action of ['get_account_info', 'get_account_details', 'get_account_plan', 'delete_account']) {
        expect(await call(action, 'nobody')).toMatchObject({ http: 200, status: 'not_logged_in' });
      }
    });
  });
});
