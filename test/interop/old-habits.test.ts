import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { previstoAccounts } from '../../src/sandbox/previsto.js';
import { sandboxPaths, startSandbox } from '../../src/sandbox/sandbox.js';
import { afterwards } from '../support/cleanup.js';
import { oldClients } from '../support/clients/old-clients.js';
import { startBridge } from '../support/servers/bridge.js';
import { newTicket, pageAddress } from '../support/servers/modern-apis.js';
import { type Outcome, source, startProgram } from './programs.js';
import { describeWith, type Requirement } from './requirements.js';

/** Programs that call as old ones did: without the WSDL and its names, or with operations that are no longer served. */
const programs: readonly (readonly [name: string, requirement: Requirement, command: readonly [string, string]])[] = [
  [
    'PHP SoapClient',
    { what: 'the soap extension of PHP', debian: 'php-soap', probe: ['php', '-m'], output: /^soap$/m },
    ['php', 'old-habits.php'],
  ],
  [
    'SOAP::Lite',
    { what: 'SOAP::Lite of Perl', debian: 'libsoap-lite-perl', probe: ['perl', '-MSOAP::Lite', '-e1'] },
    ['perl', 'old-habits.pl'],
  ],
];

const credentials = { api_key: 'key', auth_token: previstoAccounts.john.key };
const close: (() => Promise<void>)[] = [];
let bridge: string;

beforeAll(async () => {
  const sandbox = await startSandbox({ host: '127.0.0.1', port: 0 });
  const previsto = { provider: 'previsto', base_url: sandbox.url + sandboxPaths.previsto };
  const applications = [
    { api_key: 'key', ...previsto },
    { api_key: 'vault', ...previsto, credentials: 'vault' },
  ];
  const started = await startBridge({ applications });
  bridge = started.url;
  close.push(started.close, sandbox.close);
});

afterAll(async () => {
  for (const each of close) await each();
});

for (const [name, requirement, [program, file]] of programs) {
  describeWith([requirement], name, () => {
    async function outcomeOf(habit: string, action: string, values: Outcome): Promise<Outcome> {
      const client = startProgram(program, source(file), habit, bridge);
      afterwards(client.close);
      return client.call(action, values);
    }

    test.each(['positions', 'map', 'struct'])('reads the answer to a call with parameters by %s', async (habit) => {
      const outcome = await outcomeOf(habit, 'get_account_info', credentials);
      expect(outcome).toEqual({ status: 'get_account_info_ok', login: previstoAccounts.john.account.login });
    });

    test.each<[string, Outcome]>([
      ['register_new_user', { api_key: 'key', login: 'a@example.com', password: 'p' }],
      ['verify_registration_email', { api_key: 'key', login: 'a@example.com' }],
      ['create_folder', { ...credentials, parent_id: '0', name: 'n', share: '0' }],
      ['get_account_tree', { ...credentials, folder_id: '0', params: 'nozip' }],
    ])('finds %s in the WSDL, and reads its status', async (action, values) => {
      expect(await outcomeOf('wsdl', action, values)).toEqual({ status: 'application_restricted' });
    });
  });
}

describeWith([{ what: 'curl', debian: 'curl', probe: ['curl', '--version'] }], 'the sign-in page', () => {
  test.each([
    ['-F', 'multipart/form-data'],
    ['--data-urlencode', 'application/x-www-form-urlencoded'],
  ])('takes the fields that curl %s sends, as %s', async (option) => {
    const ticket = await newTicket(bridge, 'vault');
    const fields = ['login=john', `password=${previstoAccounts.john.key}`].flatMap((field) => [option, field]);
    await promisify(execFile)('curl', ['-sf', ...fields, pageAddress(bridge, ticket)]);
    const { status } = await oldClients.rest(bridge, 'get_auth_token', { api_key: 'vault', ticket });
    expect(status).toBe('get_auth_token_ok');
  });
});
