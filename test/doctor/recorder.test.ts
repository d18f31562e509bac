import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { providersFor } from '../../src/bridge/capabilities.js';
import type { Config } from '../../src/config/config.js';
import { parseConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import { type Diagnosis, diagnose } from '../../src/doctor/diagnosis.js';
import { examine, inTurn } from '../../src/doctor/examine.js';
import { requestsIn } from '../../src/doctor/requests.js';
import { providers } from '../../src/providers/index.js';
import { bodies } from '../support/clients/legacy.js';
import { temporaryFolder } from '../support/servers/bridge.js';

/** Every call that an application can make is answered in front of the recorder, whatever the secrets in it. */

const calls = providers.flatMap(({ name }) =>
  actionNames
    .filter((action) => providersFor(action, providers).includes(name))
    .map((action) => [name, action] as const),
);

const given = [
  ['auth_token', 'an-old-token'],
  ['ticket', 'an-old-ticket'],
  ['login', 'somebody'],
  ['password', 'an-old-password'],
  ['current_password', 'an-old-password'],
  ['new_password', 'a-new-password'],
  ['user_id', '4711'],
  ['email', 'new@example.com'],
  ['name', 'New'],
] as const;

const taken: Readonly<Record<string, readonly string[]>> = {
  get_account_info: ['auth_token'],
  get_ticket: [],
  get_auth_token: ['ticket'],
  logout: ['auth_token'],
  authorization: ['login', 'password'],
  get_account_details: ['auth_token', 'user_id'],
  update_account: ['auth_token', 'user_id', 'email'],
  change_password: ['auth_token', 'current_password', 'new_password'],
  delete_account: ['auth_token', 'user_id'],
  create_account: ['auth_token', 'name', 'email'],
  find_accounts: ['auth_token', 'email'],
  get_account_plan: ['auth_token', 'user_id'],
};

let config: Config;
let remove: () => Promise<void>;

beforeAll(async () => {
  const folder = await temporaryFolder();
  remove = folder.remove;
  const applications = providers.map(({ name, publicBaseUrl }) => {
    const application = { api_key: `key-of-${name}`, provider: name, base_url: publicBaseUrl, credentials: 'vault' };
    return name === 'golem' ? { ...application, account_id: 'an-id-of-its-own' } : application;
  });
  config = parseConfig({ applications }, { directory: folder.path, actions: actionNames, providers });
});

afterAll(() => remove());

async function diagnosisOf(provider: string, action: string): Promise<Diagnosis | undefined> {
  const parameters = given.filter(([name]) => taken[action]?.includes(name));
  const body = bodies.xml(action, [['api_key', `key-of-${provider}`], ...parameters]);
  const { requests } = requestsIn(Buffer.from(body), 'a file');
  const [performed] = await examine(inTurn(requests), { config, runtime: {}, isLive: false });
  return performed && diagnose(performed, { config, isLive: false })[0];
}

describe('in front of the recorder', () => {
  test.each(calls)('%s answers %s', async (provider, action) => {
    const found = await diagnosisOf(provider, action);
    expect([found?.exchange?.cause, found?.isAnswered]).toEqual([undefined, true]);
    for (const { url } of found?.exchange?.upstream ?? []) {
      expect(url).toContain(providers.find(({ name }) => name === provider)?.publicBaseUrl);
    }
  });
});
