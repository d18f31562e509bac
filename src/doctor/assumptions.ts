import type { Application } from '../applications/application.js';
import { openServices, type Services } from '../bootstrap/services.js';
import type { Call } from '../core/call.js';
import { openStore } from '../store/open.js';
import { snapshotOf } from '../store/snapshot.js';
import type { KnownAccount } from '../store/store.js';
import { shownAccount } from './recorder.js';
import type { StageOptions } from './stage.js';

/** What is taken for granted of a call, since the configured store is not looked at; in words for the operator. */
const assumptions = {
  session: 'that its auth_token is one of the vault',
  ticket: 'that its user has signed in with the ticket',
  userId: 'that its user_id is that of the account',
} as const;

type Assumption = (typeof assumptions)[keyof typeof assumptions];

/** The credential behind an assumed session; the recorder takes any. */
const CREDENTIAL = 'boxbridge-doctor';

/** What has to be assumed of a call for it to be answered. */
export function assumptionsOf(call: Call, { credentials }: Pick<Application, 'credentials'>): Assumption[] {
  const isVault = credentials === 'vault';
  return [
    ...(isVault && parameterOf(call, 'auth_token') !== undefined ? [assumptions.session] : []),
    ...(isVault && parameterOf(call, 'ticket') !== undefined ? [assumptions.ticket] : []),
    ...(userIdOf(call) === undefined ? [] : [assumptions.userId]),
  ];
}

/**
 * Writes to the empty store of a stage what calls need: a session for each auth_token, a sign-in for each ticket, and the
 * account that the recorder shows under the first user_id that each API is asked for.
 */
export async function assume(calls: readonly Call[], { config, runtime }: StageOptions): Promise<void> {
  const accounts = calls.flatMap((call) => accountAskedBy(call, config.applications));
  const store = await openStore(config.store);
  const lastUserId = Math.max(0, ...accounts.map(({ userId }) => userId));
  const known = { lastUserId, accounts: firstOfEach(accounts), masterKey: undefined };
  await store.load(snapshotOf({ ...known, tickets: [], sessions: [], ledger: [] })).finally(store.close);
  const services = await openServices(config, runtime);
  try {
    for (const call of calls) await signIn(call, services);
  } finally {
    await services.store.close();
  }
}

async function signIn(call: Call, { applications, store, sessions, tickets }: Services): Promise<void> {
  const application = applicationOf(call, applications);
  if (application?.credentials !== 'vault') return;
  const { provider, baseUrl } = application;
  const [authToken, ticket] = [parameterOf(call, 'auth_token'), parameterOf(call, 'ticket')];
  const userId = await store.userId({ provider, baseUrl, nativeId: shownAccount(provider) });
  if (authToken !== undefined) {
    await store.addSession((await sessions.make(application, CREDENTIAL, userId, authToken)).record);
  }
  // Of a ticket that comes twice, the first was signed in.
  if (ticket !== undefined && !(await tickets.find(ticket).catch(() => undefined))) {
    await tickets.issue(application, '', ticket);
    await tickets.signIn(ticket, CREDENTIAL, userId);
  }
}

function accountAskedBy(call: Call, applications: readonly Pick<Application, 'apiKey' | 'provider' | 'baseUrl'>[]) {
  const [userId, application] = [userIdOf(call), applicationOf(call, applications)];
  if (userId === undefined || !application) return [];
  const { provider, baseUrl } = application;
  return [{ userId, provider, baseUrl, nativeId: shownAccount(provider) }];
}

/** Each user_id and each account once. */
function firstOfEach(accounts: readonly KnownAccount[]): KnownAccount[] {
  const byId = [...new Map([...accounts].reverse().map((account) => [account.userId, account])).values()];
  const byAccount = new Map(byId.map((account) => [JSON.stringify([account.provider, account.baseUrl]), account]));
  return [...byAccount.values()];
}

/** The application of a call, by its api_key. */
export function applicationOf<T extends Pick<Application, 'apiKey'>>(call: Call, all: readonly T[]): T | undefined {
  return all.find(({ apiKey }) => apiKey === parameterOf(call, 'api_key'));
}

/** The first value of a parameter that is not empty. */
function parameterOf({ parameters }: Call, name: string): string | undefined {
  return parameters.get(name)?.find((value) => value !== '');
}

/** The user_id of a call where it can be one. */
function userIdOf(call: Call): number | undefined {
  const userId = Number(parameterOf(call, 'user_id') ?? 0);
  return Number.isInteger(userId) && userId > 0 && userId < 2 ** 31 ? userId : undefined;
}
