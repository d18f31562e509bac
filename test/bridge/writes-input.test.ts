import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { boxAccounts } from '../../src/sandbox/box-accounts.js';
import { golemAccounts } from '../../src/sandbox/golem.js';
import { previstoAccounts } from '../../src/sandbox/previsto.js';
import { sandboxPaths } from '../../src/sandbox/sandbox.js';
import { seatableAccounts } from '../../src/sandbox/seatable.js';
import { terraformAccounts } from '../../src/sandbox/terraform.js';
import { callerOf } from '../support/cases/writes-done.js';
import { at, type Format, formats, type Parameters } from '../support/clients/legacy.js';
import {
  type Api,
  apis,
  bodyOf,
  isWrite,
  keyOf,
  startWorkbench,
  type Workbench,
} from '../support/servers/workbench.js';

let bench: Workbench;

beforeAll(async () => {
  bench = await startWorkbench([
    { api_key: 'elsewhere', provider: 'golem', base_url: `${sandboxPaths.golem}/elsewhere/..` },
    { api_key: 'readers', provider: 'golem', base_url: sandboxPaths.golem, actions: ['get_account_details'] },
    { api_key: 'vault', provider: 'golem', base_url: sandboxPaths.golem, credentials: 'vault' },
  ]);
});
afterAll(() => bench.close());
beforeEach(() => bench.renew());

/** The HTTP status and the status word of a call; of a SOAP fault, the word in its text. */
async function outcome(format: Format, action: string, parameters: Parameters): Promise<string> {
  const { http, status } = await bench.call(format, action, parameters);
  return `${http} ${status.replace(/:.*/, '')}`;
}

const { admin, developer } = golemAccounts;
/** A user who may change their own account, and another user. */
const users: Readonly<Record<Api, { token: string; other: string; change: Parameters }>> = {
  seatable: {
    token: seatableAccounts.teamMember.token,
    other: seatableAccounts.loneUser.token,
    change: [['email', 'n@example.com']],
  },
  previsto: { token: previstoAccounts.john.key, other: previstoAccounts.mette.key, change: [['name', 'N']] },
  terraform: { token: terraformAccounts.admin.token, other: terraformAccounts.member.token, change: [['login', 'n']] },
  golem: { token: developer.token, other: admin.token, change: [['name', 'N']] },
  box: { token: boxAccounts.managed.token, other: boxAccounts.admin.token, change: [['name', 'N']] },
};
const update = (api: Api, ...more: Parameters): Parameters => [
  ...callerOf({ api, token: users[api].token }),
  ...users[api].change,
  ...more,
];

async function userIdOf(api: Api, token: string, key = keyOf(api)): Promise<string> {
  const { result } = await bench.call('rest', 'get_account_info', callerOf({ api, token, key }));
  bench.received.length = 0;
  return String(at(result, 'user', 'user_id'));
}

describe.each(formats)('%s: wrong input, and nothing is sent', (format) => {
  const twice = ['name', 'login', 'email', 'language_code', 'meta.colour', 'user_id', 'auth_token'];
  const passwords: Parameters = [
    ['current_password', 'terraform-demo-password'],
    ['new_password', 'long enough as it is'],
  ];

  test.each<[string, Api, string, Parameters]>([
    ...apis.map((api): [string, Api, string, Parameters] => ['nothing to change', api, 'update_account', []]),
    [
      'nothing but empty',
      'golem',
      'update_account',
      [
        ['name', ''],
        ['email', ''],
      ],
    ],
    ['a name of meta without a value', 'previsto', 'update_account', [['meta.colour', '']]],
    ['a value of meta without a name', 'previsto', 'update_account', [['meta.', 'red']]],
    ...twice.map((name): [string, Api, string, Parameters] => [
      `two of ${name}`,
      'previsto',
      'update_account',
      [...users.previsto.change, [name, '1'], [name, '2']],
    ]),
    ...['abc', '1.5', '1e3', ' 1', '0x1', '1 2', '-', '１', '1\n'].map((id): [string, Api, string, Parameters] => [
      `user_id ${JSON.stringify(id)}`,
      'golem',
      'update_account',
      [...users.golem.change, ['user_id', id]],
    ]),
    ['a user_id to delete', 'golem', 'delete_account', [['user_id', 'me']]],
    ['a user_id with a plan', 'golem', 'get_account_plan', [['user_id', 'me']]],
    ['a user_id to read', 'terraform', 'get_account_details', [['user_id', 'me']]],
    ['no new password', 'terraform', 'change_password', [['current_password', 'x']]],
    ['no current password', 'terraform', 'change_password', [['new_password', 'x']]],
    ['another confirmation', 'terraform', 'change_password', [...passwords, ['new_password_confirmation', 'x']]],
    [
      'a confirmation with a blank',
      'terraform',
      'change_password',
      [...passwords, ['new_password_confirmation', 'long enough as it is ']],
    ],
    ['no name', 'golem', 'create_account', [['email', 'n@example.com']]],
    ['no email', 'golem', 'create_account', [['name', 'N']]],
    [
      'a login that is not the e-mail',
      'box',
      'update_account',
      [
        ['login', 'n@example.com'],
        ['email', 'o@example.com'],
      ],
    ],
  ])('%s (%s)', async (_what, api, action, more) => {
    const parameters = [...callerOf({ api, token: users[api].token }), ...more];
    expect(await outcome(format, action, parameters)).toBe('200 wrong_input');
    expect(bench.received).toEqual([]);
  });
});

test.each(['meta.a[b]', 'meta.a][name', 'meta.]'])('%s, which has a bracket, is wrong input', async (name) => {
  const parameters = [...callerOf({ api: 'previsto' }), [name, 'red']] as const;
  expect(await outcome('rest', 'update_account', parameters)).toBe('200 wrong_input');
  expect(bench.received).toEqual([]);
});

describe.each(['\0', '\u0001', '\u000b', '\u001f', '\ufffe', '\uffff'])(
  '%j, which XML cannot represent',
  (character) => {
    test.each<[Api, string, string]>([
      ['previsto', 'update_account', 'name'],
      ['previsto', 'update_account', 'email'],
      ['previsto', 'update_account', 'meta.colour'],
      ['terraform', 'change_password', 'new_password'],
      ['terraform', 'change_password', 'current_password'],
      ['golem', 'create_account', 'name'],
      ['golem', 'find_accounts', 'email'],
      ['box', 'update_account', 'name'],
    ])('in %s, %s with it in %s is wrong input in REST', async (api, action, name) => {
      const fine: Parameters = [
        ['name', 'N'],
        ['email', 'n@example.com'],
        ['meta.colour', 'red'],
        ['current_password', 'terraform-demo-password'],
        ['new_password', 'long enough as it is'],
      ];
      const parameters = fine.map(([each, value]) => [each, each === name ? `${value}${character}x` : value] as const);
      expect(await outcome('rest', action, [...callerOf({ api }), ...parameters])).toBe('200 wrong_input');
      expect(bench.received).toEqual([]);
    });
  },
);

describe.each(formats)('%s: user_id', (format) => {
  test.each(apis)('of no account at %s is not found, and nothing is written', async (api) => {
    const { token } = users[api];
    const id = await userIdOf(api, token);
    const [elsewhere = 'golem'] = apis.filter((each) => each !== api);
    const foreign = await userIdOf(elsewhere, users[elsewhere].token);
    const wrapped = [32n, 64n].map((bits) => String(2n ** bits + BigInt(id)));
    const ids = [`-${id}`, '-1', '2147483647', '2147483648', '9'.repeat(400), ...wrapped, foreign];
    for (const [action, more] of [
      ['update_account', users[api].change],
      ['get_account_details', []],
      ...(['previsto', 'golem', 'box'].includes(api) ? ([['delete_account', []]] as const) : []),
    ] as const) {
      for (const user_id of ids) {
        const parameters = [...callerOf({ api, token }), ...more, ['user_id', user_id]] as const;
        expect([user_id, await outcome(format, action, parameters)]).toEqual([user_id, '200 account_not_found']);
      }
    }
    expect(bench.received.filter(isWrite)).toEqual([]);
  });

  test.each(apis)('does not reveal at %s which accounts exist where the token is invalid', async (api) => {
    const id = await userIdOf(api, users[api].token);
    for (const user_id of [id, '2147483647']) {
      const parameters = [...callerOf({ api, token: 'nobody' }), ['user_id', user_id]] as const;
      expect([user_id, await outcome(format, 'get_account_details', parameters)]).toEqual([
        user_id,
        '200 not_logged_in',
      ]);
    }
  });

  test('of the same account at another base_url is another one', async () => {
    const id = await userIdOf('golem', developer.token);
    const parameters = [
      ...callerOf({ api: 'golem', token: developer.token, key: 'elsewhere' }),
      ['user_id', id],
    ] as const;
    expect(await outcome(format, 'get_account_details', parameters)).toBe('200 account_not_found');
    // No more than whose token it is.
    expect(bench.received.map(({ method, path }) => [method, path.replace(/\/[^/]*\/plan$/, '')])).toEqual([
      ['GET', '/golem/v1/accounts'],
      ['GET', '/golem/v1/accounts'],
    ]);
  });

  test.each<Api>(['seatable', 'previsto', 'terraform'])('of another user at %s is not found', async (api) => {
    const id = await userIdOf(api, users[api].other);
    expect(await outcome(format, 'update_account', update(api, ['user_id', id]))).toBe('200 account_not_found');
    expect(bench.received.filter(isWrite)).toEqual([]);
    const own = callerOf({ api, token: users[api].token });
    expect(await outcome(format, 'get_account_details', [...own, ['user_id', id]])).toBe('200 account_not_found');
    if (api !== 'previsto') return;
    expect(await outcome(format, 'delete_account', [...own, ['user_id', id]])).toBe('200 account_not_found');
    expect(bench.received.filter(isWrite)).toEqual([]);
  });

  test.each(apis)("that is empty, 0 or the caller's own at %s is the caller's", async (api) => {
    const id = await userIdOf(api, users[api].token);
    for (const own of ['', '0', '00', '-0', id, `0${id}`]) {
      bench.received.length = 0;
      const { status, result } = await bench.call(format, 'update_account', update(api, ['user_id', own]));
      expect([own, status, at(result, 'account', 'user_id')]).toEqual([own, 'update_account_ok', id]);
      expect(bench.received.filter(isWrite)).toHaveLength(1);
    }
  });
});

describe.each(formats)('%s: values that are for the modern API to judge', (format) => {
  test.each<[Api, string]>([
    ['seatable', 'email_invalid'],
    ['previsto', 'email_invalid'],
    ['terraform', 'email_invalid'],
    ['golem', 'update_account_ok'],
    ['box', 'email_invalid'],
  ])('an e-mail without @ at %s: %s', async (api, status) => {
    const parameters = [...callerOf({ api, token: users[api].token }), ['email', 'nobody']] as const;
    expect(await outcome(format, 'update_account', parameters)).toBe(`200 ${status}`);
    expect(bench.received.filter(isWrite)).toHaveLength(1);
  });

  test.each<Api>(['previsto', 'golem'])('100 kB of name arrive whole at %s, and come back', async (api) => {
    const name = `<&${'0123456789'.repeat(10_000)}>`;
    const parameters = [...callerOf({ api, token: users[api].token }), ['name', name]] as const;
    const { status, result } = await bench.call(format, 'update_account', parameters);
    expect(status).toBe('update_account_ok');
    expect(at(result, 'account', 'name')).toBe(name);
    const [write] = bench.received.filter(isWrite);
    const body = write ? bodyOf(write) : '';
    expect(api === 'golem' ? JSON.parse(body).name : new URLSearchParams(body).get('name')).toBe(name);
  });
});

describe.each(formats)('%s: the order of checks', (format) => {
  const key = ['api_key', keyOf('golem')] as const;
  const unknownKey = ['api_key', 'nobody'] as const;
  const badToken = ['auth_token', 'bad'] as const;
  const wrongId = ['user_id', 'x'] as const;

  test.each<[string, string, Parameters, string, number?]>([
    ['an unknown action before a missing key', 'update_acount', [], 'wrong_input'],
    ['a missing key before all else', 'change_password', [badToken], 'wrong_input'],
    ['an unknown key before parameters', 'update_account', [unknownKey, wrongId], 'application_restricted'],
    [
      'an action not allowed before parameters',
      'update_account',
      [['api_key', 'readers'], wrongId],
      'application_restricted',
    ],
    ['an action not possible before parameters', 'change_password', [key, badToken], 'application_restricted'],
    ['a missing parameter before the token', 'create_account', [key, badToken], 'wrong_input'],
    ['a wrong user_id before the token', 'delete_account', [key, badToken, wrongId], 'wrong_input'],
    ['nothing to change before the token', 'update_account', [key, badToken], 'wrong_input'],
    [
      'a wrong user_id before the token of a vault',
      'delete_account',
      [['api_key', 'vault'], badToken, wrongId],
      'wrong_input',
    ],
    [
      'the token of a vault',
      'delete_account',
      [['api_key', 'vault'], badToken, ['user_id', '2147483647']],
      'not_logged_in',
    ],
    ['the token at last', 'delete_account', [key, badToken], 'not_logged_in', 1],
  ])('%s', async (_what, action, parameters, status, sent = 0) => {
    const http = format === 'soap' && action === 'update_acount' ? 500 : 200;
    expect(await outcome(format, action, parameters)).toBe(`${http} ${status}`);
    expect(bench.received).toHaveLength(sent);
  });
});
