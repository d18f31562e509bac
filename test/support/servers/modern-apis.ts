import type { RequestListener } from 'node:http';
import { boxAccounts } from '../../../src/sandbox/box-accounts.js';
import { golemAccounts } from '../../../src/sandbox/golem.js';
import { previstoAccounts } from '../../../src/sandbox/previsto.js';
import { createSandbox, sandboxPaths } from '../../../src/sandbox/sandbox.js';
import { seatableAccounts } from '../../../src/sandbox/seatable.js';
import { terraformAccounts } from '../../../src/sandbox/terraform.js';
import { oldClients } from '../clients/old-clients.js';
import { startUpstream, type Upstream } from './upstream.js';

/** A credential that each of the modern APIs accepts. */
export const credentials = {
  seatable: seatableAccounts.teamMember.token,
  previsto: previstoAccounts.john.key,
  terraform: terraformAccounts.admin.token,
  golem: golemAccounts.developer.token,
  box: boxAccounts.admin.token,
} as const satisfies Record<keyof typeof sandboxPaths, string>;

export type ProviderName = keyof typeof credentials;

export const providerNames: readonly ProviderName[] = ['seatable', 'previsto', 'terraform', 'golem', 'box'];

export interface ModernApis extends Upstream {
  /** Replaces what answers; without an argument by the sandbox. */
  readonly become: (other?: RequestListener) => void;
  /** The configuration of an application with a vault, for one of the APIs. */
  readonly application: (provider: ProviderName, apiKey: string) => Record<string, unknown>;
}

export async function startModernApis(): Promise<ModernApis> {
  const sandbox = createSandbox();
  let current: RequestListener = sandbox;
  const upstream = await startUpstream((request, response) => current(request, response));
  return {
    ...upstream,
    become: (other = sandbox) => {
      current = other;
    },
    application: (provider, apiKey) => ({
      api_key: apiKey,
      provider,
      base_url: upstream.url + sandboxPaths[provider],
      credentials: 'vault',
    }),
  };
}

/** A refusal, in the shapes of all APIs but Box. */
const REFUSAL = { detail: 'Refused.', type: 'invalid_request', errors: ['Refused.'] };

/** One that is of Box alone: what tells it is what tells the others that it is not theirs. */
const refusalOfBox = (status: number) => ({ type: 'error', status, code: 'refused', message: 'Refused.' });

/** An API that answers everything with this status; unless told how, as it refuses itself. */
export function always(status: number, given?: unknown): RequestListener {
  return ({ url = '' }, response) => {
    const body = given ?? (url.startsWith(`${sandboxPaths.box}/`) ? refusalOfBox(status) : REFUSAL);
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  };
}

/** A page as a browser receives it; redirects are not followed. */
export interface ShownPage {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export function pageAddress(bridge: string, ticket: string): string {
  return `${bridge}/api/1.0/auth/${ticket}`;
}

export async function visit(url: string, init: RequestInit = {}): Promise<ShownPage> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Submits the form of a page; `from` is the client's address for a bridge that trusts its proxy. */
export function enter(url: string, password: string, from?: string): Promise<ShownPage> {
  const headers = from === undefined ? {} : { 'X-Forwarded-For': from };
  return visit(url, { method: 'POST', headers, body: new URLSearchParams({ login: 'anybody', password }) });
}

export async function newTicket(bridge: string, apiKey: string): Promise<string> {
  return (await oldClients.rest(bridge, 'get_ticket', { api_key: apiKey })).ticket;
}

/** A ticket with which a user has signed in. */
export async function signedInTicket(bridge: string, apiKey: string, credential: string): Promise<string> {
  const ticket = await newTicket(bridge, apiKey);
  await enter(pageAddress(bridge, ticket), credential);
  return ticket;
}

export async function newAuthToken(bridge: string, apiKey: string, credential: string): Promise<string> {
  const ticket = await signedInTicket(bridge, apiKey, credential);
  return (await oldClients.rest(bridge, 'get_auth_token', { api_key: apiKey, ticket })).authToken;
}
