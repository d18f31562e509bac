import type { Application } from '../applications/application.js';
import { type Openers, openTools, type Tools } from '../bootstrap/services.js';
import type { Config } from '../config/load.js';
import { toFault } from '../core/fault.js';
import { openStore } from '../store/open.js';
import type { KnownSession } from '../store/store.js';
import { changeKey, type KeySource } from '../vault/master-key.js';

/** How much of a digest is shown: enough to tell sessions apart. */
const SHOWN_DIGITS = 12;

/** Does something with what a configuration names, and closes it again. */
async function withTools<T>(config: Config, openers: Openers, work: (tools: Tools) => Promise<T>): Promise<T> {
  const tools = await openTools(config, openers);
  try {
    return await work(tools);
  } finally {
    await tools.store.close();
  }
}

/**
 * Puts a credential of the modern API behind an auth_token, a new one unless given, once the modern API has accepted
 * it; gives the auth_token. Throws an Error with one line for the operator where it cannot.
 */
export function addToken(config: Config, openers: Openers, wish: TokenWish): Promise<string> {
  return withTools(config, openers, async ({ applications, store, sessions }) => {
    const application = applicationOf(applications, wish.whose);
    const { name, api, kind, provider, baseUrl, credentials } = application;
    if (credentials !== 'vault')
      throw new Error(`${name} has no vault: its auth_token is the one of ${kind.title} itself`);
    const { nativeId } = await api.readAccount(wish.credential).catch((error: unknown) => {
      const { reason } = toFault(error);
      const why = reason === 'unavailable' ? 'does not answer' : `does not accept this ${kind.credential.name}`;
      throw new Error(`${kind.title} at ${baseUrl} ${why}; nothing was added`);
    });
    const userId = await store.userId({ provider, baseUrl, nativeId });
    const { authToken, record } = sessions.make(application, wish.credential, userId, wish.authToken);
    await store.addSession(record);
    return authToken;
  });
}

export interface TokenWish {
  readonly whose: Whose;
  readonly credential: string;
  readonly authToken?: string | undefined;
}

/** Which application, by its api_key or its name. */
export type Whose = { readonly apiKey: string } | { readonly application: string };

function applicationOf(applications: readonly Application[], whose: Whose): Application {
  const isMeant = ({ apiKey, name }: Application) =>
    'apiKey' in whose ? apiKey === whose.apiKey : name === whose.application;
  const [application, ...others] = applications.filter(isMeant);
  const what = 'apiKey' in whose ? 'api_key' : 'name';
  if (!application) throw new Error(`no application has this ${what}; name one of the configuration`);
  if (others.length > 0) throw new Error('several applications have this name; give each its own in the configuration');
  return application;
}

/** A line for every auth_token there is, without the token, which nobody but its client has. */
export function listTokens(config: Config, openers: Openers): Promise<string> {
  return withTools(config, openers, async ({ applications, store, sessions }) => {
    const names = new Map(applications.map((application) => [sessions.labelOf(application), application.name]));
    const rows = (await store.sessions()).map(({ digest, application, userId, nativeId, createdAt, lastUsed }) => [
      digest.slice(0, SHOWN_DIGITS),
      names.get(application) ?? '(not in the configuration)',
      `${userId} (${nativeId})`,
      new Date(createdAt).toISOString(),
      lastUsed === undefined ? 'never' : new Date(lastUsed).toISOString(),
    ]);
    return [['token', 'application', 'account', 'created', 'last used'], ...rows]
      .map((row) => `${row.join('\t')}\n`)
      .join('');
  });
}

/** Which tokens: that with this beginning of its digest, those of an application, or all. */
export type TokenChoice = { readonly prefix: string } | Whose | 'all';

/** Forgets tokens; gives how many. Throws an Error with one line for the operator where the choice fits none or too many. */
export function revokeTokens(config: Config, openers: Openers, choice: TokenChoice): Promise<number> {
  return withTools(config, openers, async ({ applications, store, sessions }) => {
    const chosen = (): ((known: KnownSession) => boolean) => {
      if (choice === 'all') return () => true;
      if ('prefix' in choice) return ({ digest }) => digest.startsWith(choice.prefix);
      const label = sessions.labelOf(applicationOf(applications, choice));
      return ({ application }) => application === label;
    };
    const found = (await store.sessions()).filter(chosen());
    if (choice !== 'all' && 'prefix' in choice && found.length !== 1) {
      throw new Error(`${found.length} tokens begin with ${choice.prefix}; \`tokens list\` shows them all`);
    }
    for (const { digest } of found) await store.removeSession(digest);
    return found.length;
  });
}

/** Seals everything under another key, which is made where its file does not exist yet. */
export async function rekey(config: Config, from: KeySource, to: KeySource): Promise<void> {
  const store = await openStore(config.store);
  try {
    await changeKey(store, from, to);
  } finally {
    await store.close();
  }
}
