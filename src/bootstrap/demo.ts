import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config/config.js';
import { parseConfig } from '../config/load.js';
import { actionNames } from '../core/actions.js';
import { providers } from '../providers/index.js';
import { boxAccounts } from '../sandbox/box-accounts.js';
import { golemAccounts } from '../sandbox/golem.js';
import { previstoAccounts } from '../sandbox/previsto.js';
import { sandboxPaths, startSandbox } from '../sandbox/sandbox.js';
import { seatableAccounts } from '../sandbox/seatable.js';
import { terraformAccounts } from '../sandbox/terraform.js';
import { codeOf } from '../shared/errors.js';

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

/** An application with a vault, and what its sign-in page accepts: a credential, or a name and a password. */
export const demoVault = {
  provider: 'seatable',
  apiKey: 'seatable000000000000000000000000',
  credential: seatableAccounts.loneUser.token,
  login: seatableAccounts.loneUser.info.login_id,
  password: seatableAccounts.loneUser.password,
} as const;

/** The sandbox in `base_url`s: a user_id belongs to a `base_url`, and the sandbox's port changes with every start. */
const SANDBOX = 'http://sandbox.invalid';

/** Where to listen; a part that is absent is left to the configuration. */
export type Address = Partial<Config['listen']>;

/** What the workers of a demo share. */
export interface DemoPlace {
  /** The URL of its sandbox. */
  readonly sandbox: string;
  /** The folder of its store, which holds nothing that outlives the demo. */
  readonly folder: string;
}

/**
 * Starts a sandbox, and makes a temporary folder that is there until this process ends. Throws an Error with one line for
 * the operator where it cannot.
 */
export async function openDemo(): Promise<DemoPlace & { readonly close: () => Promise<void> }> {
  const folder = await makeFolder();
  // Whatever the end is, but for SIGKILL.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const { url, close } = await startSandbox({ host: '127.0.0.1', port: 0 });
  return { sandbox: url, folder, close };
}

async function makeFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'boxbridge-demo-'));
  } catch (error) {
    throw new Error(
      `cannot make a folder in ${tmpdir()} (${codeOf(error)}); name one that this user may write to in TMPDIR`,
    );
  }
}

/** Routes the demo's requests to its sandbox at this URL. */
export function demoRoute(sandbox: string): (url: string) => string {
  return (url) => url.replace(SANDBOX, sandbox);
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
