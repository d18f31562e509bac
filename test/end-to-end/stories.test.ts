import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import soap from 'soap';
import type { Listener } from '../../src/http/listener.js';
import { boxAccounts } from '../../src/sandbox/box-accounts.js';
import { golemAccounts } from '../../src/sandbox/golem.js';
import { previstoAccounts } from '../../src/sandbox/previsto.js';
import { createSandbox, sandboxPaths } from '../../src/sandbox/sandbox.js';
import { seatableAccounts } from '../../src/sandbox/seatable.js';
import { terraformAccounts } from '../../src/sandbox/terraform.js';
import { startBridge } from '../support/servers/bridge.js';
import { startUpstream, type Upstream } from '../support/servers/upstream.js';

/** The seven elements of `user`, as texts. */
type User = Readonly<Record<string, string>>;
/** An old client: reads the account of an auth_token and gives the status and the elements of `user`. */
type Client = (bridge: string, apiKey: string, authToken: string) => Promise<{ status: string; user: User }>;

const elements = ['login', 'email', 'access_id', 'user_id', 'space_amount', 'space_used', 'max_upload_size'];

const clients: Readonly<Record<string, Client>> = {
  rest: async (bridge, api_key, auth_token) => {
    const query = new URLSearchParams({ action: 'get_account_info', api_key, auth_token });
    return readPlain(await fetch(`${bridge}/api/1.0/rest?${query}`));
  },
  xml: async (bridge, apiKey, authToken) => {
    const call = `<action>get_account_info</action><api_key>${apiKey}</api_key><auth_token>${authToken}</auth_token>`;
    return readPlain(await fetch(`${bridge}/api/1.0/xml`, { method: 'POST', body: `<request>${call}</request>` }));
  },
  soap: async (bridge, api_key, auth_token) => {
    const client = await soap.createClientAsync(`${bridge}/api/1.0/soap?wsdl`);
    const [{ status, user }]: [SoapResult] = await client.get_account_infoAsync({ api_key, auth_token });
    return {
      status: status.$value ?? '',
      // Nil in SOAP is 0 in the other two formats.
      user: Object.fromEntries(elements.map((name) => [name, String(user[name]?.$value ?? 0)])),
    };
  },
};

async function readPlain(response: Response): Promise<{ status: string; user: User }> {
  expect(response.headers.get('content-type')).toBe('text/xml');
  const text = await response.text();
  const pairs = [...text.matchAll(/<(\w+)>([^<]*)<\/\1>/g)].map(([, name = '', value = '']) => [name, value]);
  const { status = '', ...user }: Record<string, string> = Object.fromEntries(pairs);
  return { status, user };
}

/** The soap client gives an element with attributes, such as xsi:type, as a record. */
interface SoapResult {
  readonly status: { readonly $value?: string };
  readonly user: Readonly<Record<string, { readonly $value?: string | number } | undefined>>;
}

interface Story {
  readonly provider: keyof typeof sandboxPaths;
  readonly token: string;
  readonly user: User;
  /** What the modern API was sent, as its documentation prints it. */
  readonly requests: readonly { readonly path: string; readonly headers: Readonly<Record<string, string>> }[];
}

const golemToken = golemAccounts.developer.token;
const golemId = golemAccounts.developer.account.id;
const golemHeaders = { authorization: `Bearer ${golemToken}`, accept: 'application/json' };

const stories: readonly Story[] = [
  {
    provider: 'seatable',
    token: seatableAccounts.teamMember.token,
    user: {
      login: 'teamplayer@example.com',
      email: 'teamplayer@example.com',
      space_amount: '100000000000',
      space_used: '121974751',
      max_upload_size: '2147483648',
    },
    requests: [
      {
        path: '/seatable/api2/account/info/',
        headers: {
          authorization: `Token ${seatableAccounts.teamMember.token}`,
          accept: 'application/json; indent=4',
        },
      },
    ],
  },
  {
    provider: 'previsto',
    token: previstoAccounts.john.key,
    user: { login: 'john', email: 'john@doe.com', space_amount: '0', space_used: '0', max_upload_size: '2147483648' },
    requests: [
      {
        path: '/previsto/accounts/current',
        // The page prints `-u sk_12345:`, which is this.
        headers: { authorization: 'Basic c2tfMTIzNDU6' },
      },
    ],
  },
  {
    provider: 'terraform',
    token: terraformAccounts.admin.token,
    user: {
      login: 'admin',
      email: 'admin@hashicorp.com',
      space_amount: '0',
      space_used: '0',
      max_upload_size: '2147483648',
    },
    requests: [
      {
        path: '/terraform/api/v2/account/details',
        headers: {
          authorization: `Bearer ${terraformAccounts.admin.token}`,
          'content-type': 'application/vnd.api+json',
          accept: 'application/vnd.api+json',
        },
      },
    ],
  },
  {
    provider: 'golem',
    token: golemToken,
    user: {
      login: 'dan@example.com',
      email: 'dan@example.com',
      space_amount: '500000000',
      space_used: '0',
      max_upload_size: '2147483648',
    },
    requests: [
      { path: '/golem/v1/accounts', headers: golemHeaders },
      { path: `/golem/v1/accounts/${golemId}/plan`, headers: golemHeaders },
    ],
  },
  {
    provider: 'box',
    token: boxAccounts.admin.token,
    // As in the documentation of get_account_info, the ids too.
    user: {
      login: 'email@example.com',
      email: 'email@example.com',
      access_id: '398387',
      user_id: '398387',
      space_amount: '1073741824',
      space_used: '0',
      max_upload_size: '2147483648',
    },
    requests: [
      {
        path: '/box/2.0/users/me',
        headers: { authorization: `Bearer ${boxAccounts.admin.token}`, accept: 'application/json' },
      },
    ],
  },
];

let upstream: Upstream;
let bridge: Listener;

beforeAll(async () => {
  upstream = await startUpstream(createSandbox());
  const applications = stories.map(({ provider }) => ({
    api_key: `key-of-${provider}`,
    provider,
    base_url: `${upstream.url}${sandboxPaths[provider]}/`,
    defaults: { max_upload_size: 2147483648 },
  }));
  bridge = await startBridge({ applications });
});

afterAll(async () => {
  await bridge.close();
  await upstream.close();
});

beforeEach(() => {
  upstream.received.length = 0;
});

describe.each(Object.entries(clients))('%s', (_format, client) => {
  test.each(stories)('reads the account of $provider', async ({ provider, token, user, requests }) => {
    const answer = await client(bridge.url, `key-of-${provider}`, token);
    expect(answer).toMatchObject({ status: 'get_account_info_ok', user });
    expect(Object.keys(answer.user)).toEqual(elements);
    expect(answer.user.user_id).toMatch(/^[1-9]\d*$/);
    expect(answer.user.access_id).toBe(answer.user.user_id);
    expect(upstream.received).toMatchObject(requests.map((request) => ({ method: 'GET', body: '', ...request })));
  });
});

test('an account has the same user_id in every format, and no two share one', async () => {
  const ids = new Set<string | undefined>();
  for (const { provider, token } of stories) {
    const answers = await Promise.all(
      Object.values(clients).map((client) => client(bridge.url, `key-of-${provider}`, token)),
    );
    const own = new Set(answers.map(({ user }) => user.user_id));
    expect(own.size).toBe(1);
    ids.add([...own][0]);
  }
  expect(ids.size).toBe(stories.length);
});
