import type { IncomingMessage } from 'node:http';
import type { ApplicationConfig } from '../config/config.js';
import { type Listener, listen } from '../http/listener.js';
import { boxAccounts } from '../sandbox/box-accounts.js';
import { golemAccounts } from '../sandbox/golem.js';
import { previstoAccounts } from '../sandbox/previsto.js';
import { createSandbox, sandboxPaths } from '../sandbox/sandbox.js';
import { seatableAccounts } from '../sandbox/seatable.js';
import { terraformAccounts } from '../sandbox/terraform.js';

type Played = keyof typeof sandboxPaths;

/** A stand-in for the modern APIs. */
export interface Recorder extends Pick<Listener, 'close'> {
  /** Where a request goes instead of to this URL. */
  readonly route: (url: string) => string;
}

/** The account that each API shows, by its own id, and the credential that the sandbox knows it by. */
const shown: Readonly<Record<Played, { readonly nativeId: string; readonly authorization: string }>> = {
  seatable: {
    nativeId: seatableAccounts.teamMember.info.email,
    authorization: `Token ${seatableAccounts.teamMember.token}`,
  },
  previsto: {
    nativeId: previstoAccounts.john.account.id,
    authorization: `Basic ${Buffer.from(`${previstoAccounts.john.key}:`).toString('base64')}`,
  },
  terraform: { nativeId: terraformAccounts.admin.id, authorization: `Bearer ${terraformAccounts.admin.token}` },
  golem: { nativeId: golemAccounts.admin.account.id, authorization: `Bearer ${golemAccounts.admin.token}` },
  box: { nativeId: boxAccounts.admin.user.id, authorization: `Bearer ${boxAccounts.admin.token}` },
};

export function isPlayed(provider: string): provider is Played {
  return Object.hasOwn(sandboxPaths, provider);
}

/** The id of the account that is shown; any where nobody plays the API. */
export function shownAccount(provider: string): string {
  return isPlayed(provider) ? shown[provider].nativeId : 'unknown';
}

/**
 * Starts a recorder on loopback: the sandbox, for which every credential and every password is that of one account. Nothing
 * that is asked of it reaches a modern API.
 */
export async function startRecorder(applications: readonly ApplicationConfig[]): Promise<Recorder> {
  const sandbox = createSandbox();
  const { url, close } = await listen(
    (request, response) => {
      becomeKnown(request);
      sandbox(request, response);
    },
    { host: '127.0.0.1', port: 0 },
  );
  // Of base URLs that begin alike, the longest.
  const apis = [...applications].sort((one, other) => other.baseUrl.length - one.baseUrl.length);
  return {
    close,
    route: (asked) => {
      const api = apis.find(({ baseUrl }) => asked.startsWith(baseUrl));
      if (!api || !isPlayed(api.provider)) return `${url}/unknown`;
      return url + sandboxPaths[api.provider] + asked.slice(api.baseUrl.length);
    },
  };
}

/** Makes a request one of the account that is shown. */
function becomeKnown(request: IncomingMessage): void {
  const { url = '', headers } = request;
  for (const [provider, path] of Object.entries(sandboxPaths)) {
    if (isPlayed(provider) && url.startsWith(`${path}/`) && headers.authorization !== undefined)
      headers.authorization = shown[provider].authorization;
  }
  request.url = url
    .replace(/^(\/golem\/v1\/accounts\/)[^/?]+/, `$1${shown.golem.nativeId}`)
    .replace(/^(\/box\/2\.0\/users\/)[^/?]+/, `$1${shown.box.nativeId}`);
  // Nobody knows the present password, and the sandbox keeps its own administrators: the account is read instead.
  const isPassword = url.startsWith(`${sandboxPaths.terraform}/account/password`);
  if (isPassword) request.url = `${sandboxPaths.terraform}/account/details`;
  const isOfAdministrator = url.startsWith(`${sandboxPaths.golem}/`) || url.startsWith(`${sandboxPaths.box}/`);
  if (isPassword || (request.method === 'DELETE' && isOfAdministrator)) request.method = 'GET';
}
