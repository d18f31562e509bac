import { type ActionName, actions, isAction, isKnown } from './actions.js';
import type { Application } from './applications.js';
import { type Call, type Fields, single, unknownNumber } from './call.js';
import { Fault } from './fault.js';
import type { Account } from './providers/provider.js';
import type { Sessions } from './sign-in/sessions.js';
import type { Tickets } from './sign-in/tickets.js';
import type { Store } from './store/store.js';

/** What decides whether an action is possible at all. */
export type Means = Pick<Application, 'api' | 'credentials'>;

/** What actions are done with, for every application. */
export interface BridgeTools {
  readonly store: Store;
  readonly sessions: Sessions;
  readonly tickets: Tickets;
}

interface Task extends BridgeTools {
  readonly application: Application;
  /** The action's parameters; an optional one that is not given is absent. */
  readonly values: Readonly<Record<string, string>>;
}

type Perform = (task: Task) => Promise<Fields>;

/** How each action is done, and what follows the status; undefined where the means for it are missing. */
const deeds: Readonly<Record<ActionName, (means: Means) => Perform | undefined>> = {
  get_account_info:
    ({ api }) =>
    async (task) => ({ user: await userOf(await api.readAccount(await credentialOf(task)), task) }),
  get_ticket: ifIssuing(async ({ application, tickets }) => ({ ticket: await tickets.issue(application) })),
  get_auth_token: ifIssuing(async (task) => {
    const { application, tickets, values } = task;
    const { authToken, prepared } = await tickets.redeem(application, values.ticket ?? '', async (credential) =>
      userOf(await application.api.readAccount(credential), task),
    );
    return { auth_token: authToken, user: prepared };
  }),
  logout: ({ credentials }) => (credentials === 'vault' ? endSession : async () => ({})),
};

/** The auth_token of a passthrough application is the modern one: there is nothing to issue. */
function ifIssuing(perform: Perform): (means: Means) => Perform | undefined {
  return ({ credentials }) => (credentials === 'vault' ? perform : undefined);
}

async function endSession({ application, sessions, values }: Task): Promise<Fields> {
  await sessions.end(application, values.auth_token ?? '');
  return {};
}

/** Whether an action is possible with these means. */
export function can(action: ActionName, means: Means): boolean {
  return deeds[action](means) !== undefined;
}

/**
 * Performs a call for its application (undefined where the call names none, or one that does not exist) and gives what
 * follows the status. Throws a Fault for everything but success.
 */
export type Bridge = (call: Call, application: Application | undefined) => Promise<Fields>;

export function createBridge(tools: BridgeTools): Bridge {
  return async ({ action, parameters }, application) => {
    if (!isKnown(action)) throw new Fault('malformed', { explanation: 'unknown action' });
    if (single(parameters, 'api_key') === undefined) throw new Fault('malformed', { explanation: 'no api_key' });
    const allowed = application?.actions ?? [action];
    const deed = application && isAction(action) && allowed.includes(action) && deeds[action](application);
    if (!deed) throw new Fault('restricted');
    return deed({ ...tools, application, values: valuesOf(action, parameters) });
  };
}

/** The modern credential that the auth_token stands for. */
async function credentialOf({ application, sessions, values: { auth_token = '' } }: Task): Promise<string> {
  return application.credentials === 'vault' ? sessions.credentialOf(application, auth_token) : auth_token;
}

async function userOf(account: Account, { application, store }: Task): Promise<Fields> {
  const { provider, baseUrl, defaults } = application;
  const userId = BigInt(await store.userId({ provider, baseUrl, nativeId: account.nativeId }));
  return {
    login: account.login,
    email: account.email,
    access_id: userId,
    user_id: userId,
    space_amount: sizeOf(account.spaceAmount) ?? defaults.spaceAmount ?? unknownNumber,
    space_used: sizeOf(account.spaceUsed) ?? defaults.spaceUsed ?? unknownNumber,
    max_upload_size: sizeOf(account.maxUploadSize) ?? defaults.maxUploadSize ?? unknownNumber,
  };
}

function valuesOf(action: ActionName, parameters: Call['parameters']): Task['values'] {
  const values: Record<string, string> = {};
  for (const [name, presence] of Object.entries(actions[action].parameters)) {
    const value = single(parameters, name);
    if (value !== undefined) values[name] = value;
    else if (presence === 'required') throw new Fault('malformed', { explanation: `no ${name}` });
  }
  return values;
}

/** The old service's way to say that there is no quota. */
const UNLIMITED = 999_999_999_999_999n;
/** The old clients read sizes as xsd:long. */
const LARGEST = 2n ** 63n - 1n;

/** Bytes as an old client can read them; undefined where the modern API tells nothing that makes sense. */
function sizeOf(bytes: Account['spaceAmount']): bigint | undefined {
  if (bytes === 'unlimited') return UNLIMITED;
  if (bytes === undefined || bytes < 0n) return undefined;
  return bytes > LARGEST ? LARGEST : bytes;
}
