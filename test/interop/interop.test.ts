import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Listening, listen } from '../../src/listen.js';
import { golemAccounts } from '../../src/sandbox/golem.js';
import { previstoAccounts } from '../../src/sandbox/previsto.js';
import { sandboxPaths, startSandbox } from '../../src/sandbox/sandbox.js';
import { seatableAccounts } from '../../src/sandbox/seatable.js';
import { terraformAccounts } from '../../src/sandbox/terraform.js';
import { startBridge, temporaryFolder } from '../support/bridge.js';
import { canned, startUpstream } from '../support/upstream.js';
import { describeWith } from './requirements.js';
import { type Call, type Outcome, stacks } from './stacks.js';

const anywhere = { host: '127.0.0.1', port: 0 };

/** Beyond what 32 bits hold. */
const uploads = 5_000_000_000;

/** What XML has to escape, and letters within and beyond Latin-1. */
const odd = { id: 'odd', login: 'Ærø & <b>"Söhne"</b> ]]> &lt;', email: "o'neill+łódź@example.com" };

/** An account of more than its named fields, and its leaves. */
const rich = {
  id: 'rich',
  login: 'rich',
  email: odd.email,
  text: odd.login,
  big: '18446744073709551615',
  yes: true,
  roles: ['owner', 'reader'],
  meta: { 'hair-color': 'ünïcode ☃' },
};
const richLeaves: [name: string, value: string][] = [
  ['id', 'rich'],
  ['login', 'rich'],
  ['email', odd.email],
  ['text', odd.login],
  ['big', '18446744073709551615'],
  ['yes', 'true'],
  ['roles.0', 'owner'],
  ['roles.1', 'reader'],
  ['meta.hair-color', 'ünïcode ☃'],
];

/** The keys and values of the attributes of an account, as the stacks show them. */
function shownLeaves(leaves: readonly (readonly [name: string, value: string])[], place = ''): Outcome {
  const lines = leaves.flatMap(([name, value], index) => [
    [`${place}attributes.${index}.name`, name],
    [`${place}attributes.${index}.value`, value],
  ]);
  return Object.fromEntries(lines);
}

const opened: Listening[] = [];
let bridge: string;

async function urlOf(starting: Promise<Listening>): Promise<string> {
  const listening = await starting;
  opened.push(listening);
  return listening.url;
}

beforeAll(async () => {
  const sandbox = await urlOf(startSandbox(anywhere));
  const upstream = await urlOf(startUpstream(canned({ '/accounts/current': { body: odd } })));
  const other = await urlOf(startUpstream(canned({ '/accounts/current': { body: rich } })));
  const closed = await listen(() => {}, anywhere);
  await closed.close();
  const at = (provider: keyof typeof sandboxPaths) => ({ provider, base_url: sandbox + sandboxPaths[provider] });
  const down = { provider: 'terraform', base_url: closed.url };
  const applications = [
    { api_key: 'seatable', ...at('seatable'), defaults: { max_upload_size: uploads } },
    { api_key: 'terraform', ...at('terraform'), defaults: { max_upload_size: uploads } },
    { api_key: 'golem', ...at('golem'), defaults: { max_upload_size: uploads } },
    { api_key: 'previsto', ...at('previsto') },
    { api_key: 'unknown as nil', ...at('previsto'), unknown_numbers: 'nil' },
    { api_key: 'unknown left out', ...at('previsto'), unknown_numbers: 'omit' },
    { api_key: 'unknown as zero', ...at('previsto'), unknown_numbers: 'zero' },
    { api_key: 'odd', provider: 'previsto', base_url: upstream },
    { api_key: 'same as its token', provider: 'previsto', base_url: upstream },
    { api_key: 'rich', provider: 'previsto', base_url: other },
    { api_key: 'down', ...down },
    { api_key: 'down with 200', ...down, fault_status: 200 },
  ];
  bridge = await urlOf(startBridge({ applications: applications.map((one) => ({ name: one.api_key, ...one })) }));
});

afterAll(async () => {
  for (const listening of opened.reverse()) await listening.close();
});

/** The outcome of a get_account_info that went well, without the status and the ids, which are one number. */
function userIn({ status, access_id, user_id, ...user }: Outcome): Outcome {
  expect(status).toBe('get_account_info_ok');
  expect(access_id).toMatch(/^[1-9]\d*$/);
  expect(user_id).toBe(access_id);
  return user;
}

/** An outcome without what is unknown, which is nil or left out. */
function knownIn(outcome: Outcome): Outcome {
  return Object.fromEntries(Object.entries(outcome).filter(([, value]) => value !== 'nil'));
}

const accounts = [
  {
    apiKey: 'seatable',
    token: seatableAccounts.teamMember.token,
    login: 'teamplayer@example.com',
    email: 'teamplayer@example.com',
    space_amount: '100000000000',
    space_used: '121974751',
  },
  {
    apiKey: 'seatable',
    token: seatableAccounts.loneUser.token,
    login: 'lone-user',
    email: '1c0f5a2b8d3e4f60918273645a5b6c7d@auth.local',
    space_amount: '999999999999999',
    space_used: '4096',
  },
  {
    apiKey: 'terraform',
    token: terraformAccounts.admin.token,
    login: 'admin',
    email: 'admin@hashicorp.com',
  },
  {
    apiKey: 'golem',
    token: golemAccounts.developer.token,
    login: 'dan@example.com',
    email: 'dan@example.com',
    space_amount: '500000000',
  },
];

const john = { login: 'john', email: 'john@doe.com' };

function sizes(size: string | undefined) {
  return { space_amount: size, space_used: size, max_upload_size: size };
}

for (const { name, requirements, connect, takesNil, omitted } of stacks) {
  describeWith(requirements, name, () => {
    const unknown = takesNil ? 'nil' : omitted;
    let folder: Awaited<ReturnType<typeof temporaryFolder>>;
    let call: Call;

    beforeAll(async () => {
      folder = await temporaryFolder();
      call = await connect(bridge, folder.path);
    });
    afterAll(() => folder.remove());

    test.each(accounts)('reads $login of $apiKey', async ({ apiKey, token, ...known }) => {
      const user = userIn(await call('get_account_info', apiKey, token));
      expect(user).toEqual({ ...sizes(unknown), max_upload_size: `${uploads}`, ...known });
    });

    test.each([
      { apiKey: 'previsto', size: unknown },
      { apiKey: 'unknown left out', size: omitted },
      { apiKey: 'unknown as zero', size: '0' },
    ])('reads john of $apiKey', async ({ apiKey, size }) => {
      const user = userIn(await call('get_account_info', apiKey, previstoAccounts.john.key));
      expect(user).toEqual({ ...john, ...sizes(size) });
    });

    test(takesNil ? 'takes a nil number' : 'refuses a nil number', async () => {
      const outcome = await call('get_account_info', 'unknown as nil', previstoAccounts.john.key);
      if (takesNil) expect(userIn(outcome)).toEqual({ ...john, ...sizes('nil') });
      else expect(outcome).toEqual({ fault: expect.stringContaining("element 'space_amount'") });
    });

    test('reads texts of any letters', async () => {
      const { login, email } = odd;
      expect(await call('get_account_info', 'odd', 'any')).toMatchObject({ login, email });
    });

    test('reads every attribute of an account', async () => {
      const { user_id, ...known } = knownIn(await call('get_account_details', 'rich', 'any'));
      expect(user_id).toMatch(/^[1-9]\d*$/);
      const named = { native_id: 'rich', login: 'rich', email: odd.email };
      expect(known).toEqual({ status: 'get_account_details_ok', ...named, ...shownLeaves(richLeaves) });
    });

    test('reads every account of a list', async () => {
      const found = knownIn(await call('find_accounts', 'golem', golemAccounts.admin.token));
      const expected = Object.values(golemAccounts).flatMap(({ account }, index) => {
        const { id, name, email, planId } = account;
        const place = `accounts.${index}.`;
        const named = { native_id: id, login: email, name, email, max_upload_size: `${uploads}`, plan_id: planId };
        return [
          ...Object.entries({ user_id: expect.stringMatching(/^[1-9]\d*$/), ...named }).map(([key, value]) => [
            place + key,
            value,
          ]),
          ...Object.entries(shownLeaves(Object.entries(account), place)),
        ];
      });
      expect(found).toEqual({ status: 'find_accounts_ok', ...Object.fromEntries(expected) });
    });

    test('sends one value for two parameters', async () => {
      const outcome = await call('get_account_info', 'same as its token', 'same as its token');
      expect(outcome).toMatchObject({ status: 'get_account_info_ok', login: odd.login });
    });

    test('reads that an api_key is unknown', async () => {
      const outcome = await call('get_account_info', 'nobody', previstoAccounts.john.key);
      expect(outcome).toEqual({ status: 'application_restricted', user: 'nil' });
    });

    test('reads that an auth_token is wrong', async () => {
      const outcome = await call('get_account_info', 'previsto', 'sk_wrong');
      expect(outcome).toEqual({ status: 'not_logged_in', user: 'nil' });
    });

    test.each(['down', 'down with 200'])('reads the fault of %s', async (apiKey) => {
      const outcome = await call('get_account_info', apiKey, 'any');
      expect(outcome).toEqual({ fault: 'SOAP-ENV:Server service_unavailable' });
    });

    test('signs out of an application that issues nothing, and gets no ticket of it', async () => {
      expect(await call('logout', 'previsto', previstoAccounts.john.key)).toEqual({ status: 'logout_ok' });
      expect(await call('get_ticket', 'previsto')).toEqual({ status: 'application_restricted', ticket: 'nil' });
    });
  });
}
