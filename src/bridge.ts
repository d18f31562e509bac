import { type ActionName, actions, isAction, isKnown } from './actions.js';
import type { Application } from './applications.js';
import { type Call, type Fields, single, unknownNumber } from './call.js';
import { Fault } from './fault.js';
import type { Account } from './providers/provider.js';
import type { Store } from './store/store.js';

/** What decides whether an action is possible at all. */
export type Means = Pick<Application, 'api' | 'credentials'>;

interface Task {
  readonly application: Application;
  /** The action's parameters; an optional one that is not given is absent. */
  readonly values: Readonly<Record<string, string>>;
  readonly store: Store;
}

/** How each action is done, and what follows the status; undefined where the means for it are missing. */
const deeds: Readonly<Record<ActionName, (means: Means) => ((task: Task) => Promise<Fields>) | undefined>> = {
  get_account_info:
    ({ api }) =>
    async (task) => {
      return { user: await userOf(await api.readAccount(credentialOf(task)), task) };
    },
  get_ticket: () => undefined,
  get_auth_token: () => undefined,
  logout: () => async () => ({}),
};

/** Whether an action is possible with these means. */
export function can(action: ActionName, means: Means): boolean {
  return deeds[action](means) !== undefined;
}

/**
 * Performs a call for its application (undefined where the call names none, or one that does not exist) and gives what
 * follows the status. Throws a Fault for everything but success.
 */
export type Bridge = (call: Call, application: Application | undefined) => Promise<Fields>;

export function createBridge(store: Store): Bridge {
  return async ({ action, parameters }, application) => {
    if (!isKnown(action)) throw new Fault('malformed', { explanation: 'unknown action' });
    if (single(parameters, 'api_key') === undefined) throw new Fault('malformed', { explanation: 'no api_key' });
    const allowed = application?.actions ?? [action];
    const deed = application && isAction(action) && allowed.includes(action) && deeds[action](application);
    if (!deed) throw new Fault('restricted');
    return deed({ application, values: valuesOf(action, parameters), store });
  };
}

/** The modern credential that the auth_token stands for. */
function credentialOf({ application, values: { auth_token = '' } }: Task): string {
  if (application.credentials === 'vault') throw new Fault('unauthenticated');
  return auth_token;
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
