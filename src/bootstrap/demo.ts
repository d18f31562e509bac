import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Config } from '../config/config.js';
import { parseConfig } from '../config/load.js';
import { actionNames } from '../core/actions.js';
import { providers } from '../providers/index.js';
import { boxAccounts } from '../sandbox/box-accounts.js';
import { golemAccounts } from '../sandbox/golem.js';
import { previstoAccounts } from '../sandbox/previsto.js';
import { sandboxPaths } from '../sandbox/sandbox.js';
import { seatableAccounts } from '../sandbox/seatable.js';
import { terraformAccounts } from '../sandbox/terraform.js';

/**
 * The applications of the demo, one for each modern API of the sandbox. The first api_key and its auth_token are those
 * that the old documentation of get_account_info printed.
 */
export const demoApplications = [
  { provider: 'seatable', apiKey: 'rrc1d3ntb53tt6b2vhail6rdtrsxov3v', authToken: seatableAccounts.teamMember.token },
  { provider: 'previsto', apiKey: 'previsto000000000000000000000000', authToken: previstoAccounts.john.key },
  { provider: 'terraform', apiKey: 'terraform00000000000000000000000', authToken: terraformAccounts.admin.token },
  { provider: 'golem', apiKey: 'golem000000000000000000000000000', authToken: golemAccounts.developer.token },
  { provider: 'box', apiKey: 'box00000000000000000000000000000', authToken: boxAccounts.admin.token },
] as const;

/** An application with a vault, and a credential that its sign-in page accepts. */
export const demoVault = {
  provider: 'seatable',
  apiKey: 'seatable000000000000000000000000',
  credential: seatableAccounts.loneUser.token,
} as const;

export { startSandbox } from '../sandbox/sandbox.js';

/** The sandbox in `base_url`s: a user_id belongs to a `base_url`, and the sandbox's port changes with every start. */
const SANDBOX = 'http://sandbox.invalid';

/** Where to listen; a part that is absent is left to the configuration. */
export type Address = Partial<Config['listen']>;

/** Routes the demo's requests to its sandbox at this URL. */
export function demoRoute(sandbox: string): (url: string) => string {
  return (url) => url.replace(SANDBOX, sandbox);
}

/** Prints a call in each format to each modern API, with the reply of the demo at this URL. */
export async function showDemo(bridge: string, print: (text: string) => void): Promise<void> {
  for (const { url, body } of demoCalls(bridge)) {
    const reply = await text(await call(url, body));
    print(`curl '${url}'${body === undefined ? '' : ` -d '${body}'`}\n\n${reply}\n`);
  }
  print(howToSignIn(bridge));
}

/** Not `fetch`, which blocks some ports: https://fetch.spec.whatwg.org/#port-blocking. */
function call(url: string, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { method: body === undefined ? 'GET' : 'POST' }, resolve)
      .on('error', reject)
      .end(body);
  });
}

/** The configuration of the demo, with its data in `directory` and a console. */
export function demoConfig(listen: Address, directory: string): Config {
  const applications = [...demoApplications, demoVault].map(({ provider, apiKey, ...more }) => ({
    api_key: apiKey,
    name: `Demo of ${provider}`,
    provider,
    base_url: SANDBOX + sandboxPaths[provider],
    credentials: 'credential' in more ? 'vault' : 'passthrough',
    defaults: { max_upload_size: 2147483648 },
  }));
  return parseConfig({ listen, admin: {}, applications }, { directory, actions: actionNames, providers });
}

function howToSignIn(bridge: string): string {
  const rest = `${bridge}/api/1.0/rest?api_key=${demoVault.apiKey}&action`;
  return [
    'To sign in as a user of an old program does:',
    `1. get a ticket:         ${rest}=get_ticket`,
    `2. open in a browser:    ${bridge}/api/1.0/auth/TICKET and enter ${demoVault.credential}`,
    `3. get the auth_token:   ${rest}=get_auth_token&ticket=TICKET`,
    '',
  ].join('\n');
}

/** A get_account_info in each format for each application; nothing in them needs escaping. */
function demoCalls(bridge: string): { url: string; body?: string }[] {
  return demoApplications.flatMap(({ apiKey, authToken }) => {
    const credentials = `<api_key>${apiKey}</api_key><auth_token>${authToken}</auth_token>`;
    const operation = `<get_account_info xmlns="urn:boxnet">${credentials}</get_account_info>`;
    return [
      { url: `${bridge}/api/1.0/rest?action=get_account_info&api_key=${apiKey}&auth_token=${authToken}` },
      {
        url: `${bridge}/api/1.0/xml`,
        body: `<request><action>get_account_info</action>${credentials}</request>`,
      },
      {
        url: `${bridge}/api/1.0/soap`,
        body: `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>${operation}</Body></Envelope>`,
      },
    ];
  });
}
