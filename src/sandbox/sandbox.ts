import express, { type Express, type RequestHandler } from 'express';
import { type Listener, listen } from '../http/listener.js';
import { boxRouter } from './box.js';
import { boxAccounts } from './box-accounts.js';
import { golemAccounts, golemRouter } from './golem.js';
import { previstoAccounts, previstoRouter } from './previsto.js';
import { seatableAccounts, seatableRouter } from './seatable.js';
import { terraformAccounts, terraformRouter } from './terraform.js';

/** The path of each API's base URL on the sandbox. */
export const sandboxPaths = {
  seatable: '/seatable',
  previsto: '/previsto',
  terraform: '/terraform/api/v2',
  golem: '/golem',
  box: '/box',
} as const;

type Api = keyof typeof sandboxPaths;

const routers: readonly (readonly [path: string, make: () => RequestHandler])[] = [
  [sandboxPaths.seatable, seatableRouter],
  [sandboxPaths.previsto, previstoRouter],
  [sandboxPaths.terraform, terraformRouter],
  [sandboxPaths.golem, golemRouter],
  [sandboxPaths.box, boxRouter],
];

interface SandboxCredential {
  readonly provider: Api;
  readonly credential: string;
  /** A name and the password for it, where the API gives the credential for them. */
  readonly login?: string;
  readonly password?: string;
}

/** The first credential of every account. */
export const sandboxCredentials: readonly SandboxCredential[] = [
  ...Object.values(seatableAccounts).map(
    ({ token, password, info }) =>
      ({ provider: 'seatable', credential: token, login: info.contact_email ?? info.login_id, password }) as const,
  ),
  ...Object.values(previstoAccounts).map(({ key }) => ({ provider: 'previsto', credential: key }) as const),
  ...Object.values(terraformAccounts).map(({ token }) => ({ provider: 'terraform', credential: token }) as const),
  ...Object.values(golemAccounts).map(({ token }) => ({ provider: 'golem', credential: token }) as const),
  ...Object.values(boxAccounts).map(({ token }) => ({ provider: 'box', credential: token }) as const),
];

/** Makes the handler when a request first comes for it. */
function madeAtFirst(make: () => RequestHandler): RequestHandler {
  let handler: RequestHandler | undefined;
  return (request, response, next) => {
    handler ??= make();
    return handler(request, response, next);
  };
}

/** The five modern account APIs in small, with accounts in memory. */
export function createSandbox(): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing');
  for (const [path, make] of routers) app.use(path, madeAtFirst(make));
  app.use((_request, response) => void response.status(404).type('text/plain').send('not found'));
  return app;
}

/** Starts a sandbox in its initial state. Throws an Error with one line for the operator where it cannot listen. */
export function startSandbox(address: { host: string; port: number }): Promise<Listener> {
  return listen(createSandbox(), address);
}
