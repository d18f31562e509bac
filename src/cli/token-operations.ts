import type { Application } from '../applications/application.js';
import type { RuntimeOptions } from '../bootstrap/runtime-options.js';
import { openServices, type Services } from '../bootstrap/services.js';
import type { Config } from '../config/config.js';
import { toFault } from '../core/fault.js';
import { openStore } from '../store/open.js';
import type { KnownSession } from '../store/store.js';
import { changeKey, type KeySource } from '../vault/master-key.js';

/** How much of a digest is shown: enough to tell sessions apart. */
const SHOWN_DIGITS = 12;

/** Does something with what a configuration names, and closes it again. */
async function withServices<T>(
  config: Config,
  runtime: RuntimeOptions,
  work: (services: Services) => Promise<T>,
): Promise<T> {
  const services = await openServices(config, runtime);
  try {
    return await work(services);
  } finally {
    await services.store.close();
  }
}

/**
 * Puts a credential of the modern API behind an auth_token, a new one unless given, once the modern API has accepted
 * it; gives the auth_token. Throws an Error with one line for the operator where it cannot.
 */
export function addToken(config: Config, runtime: RuntimeOptions, request: AddTokenRequest): Promise<string> {
  return withServices(config, runtime, async ({ applications, store, sessions }) => {
    const application = applicationOf(applications, request.selector);
    const { name, api, kind, provider, baseUrl, credentials } = application;
    if (credentials !== 'vault')
      throw new Error(`${name} has no vault: its auth_token is the one of ${kind.title} itself`);
    const { nativeId } = await api.readAccount(request.credential).catch((error: unknown) => {
      const { reason } = toFault(error);
      const why = reason === 'unavailable' ? 'does not answer' : `does not accept this ${kind.credential.name}`;
      throw new Error(`${kind.title} at ${baseUrl} ${why}; nothing was added`);
    });
    const userId = await store.userId({ provider, baseUrl, nativeId });
    const { authToken, record } = sessions.make(application, request.credential, userId, request.authToken);
    await store.addSession(record);
    return authToken;
  });
}

export interface AddTokenRequest {
  readonly selector: ApplicationSelector;
  readonly credential: string;
  readonly authToken?: string | undefined;
}

/** Which application, by its api_key or its name. */
export type ApplicationSelector = { readonly apiKey: string } | { readonly application: string };

function applicationOf(applications: readonly Application[], selector: ApplicationSelector): Application {
  const isMeant = ({ apiKey, name }: Application) =>
    'apiKey' in selector ? apiKey === selector.apiKey : name === selector.application;
  const [application, ...others] = applications.filter(isMeant);
  const what = 'apiKey' in selector ? 'api_key' : 'name';
  if (!application) throw new Error(`no application has this ${what}; name one of the configuration`);
  if (others.length > 0) throw new Error('several applications have this name; give each its own in the configuration');
  return application;
}

/** A line for every auth_token there is, without the token, which nobody but its client has. */
export function listTokens(config: Config, runtime: RuntimeOptions): Promise<string> {
  return withServices(config, runtime, async ({ applications, store, sessions }) => {
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
export type TokenSelector = { readonly prefix: string } | ApplicationSelector | 'all';

/** Forgets tokens; gives how many. Throws an Error with one line for the operator where the choice fits none or too many. */
export function revokeTokens(config: Config, runtime: RuntimeOptions, selector: TokenSelector): Promise<number> {
  return withServices(config, runtime, async ({ applications, store, sessions }) => {
    const chosen = (): ((known: KnownSession) => boolean) => {
      if (selector === 'all') return () => true;
      if ('prefix' in selector) return ({ digest }) => digest.startsWith(selector.prefix);
      const label = sessions.labelOf(applicationOf(applications, selector));
      return ({ application }) => application === label;
    };
    const found = (await store.sessions()).filter(chosen());
    if (selector !== 'all' && 'prefix' in selector && found.length !== 1) {
      throw new Error(`${found.length} tokens begin with ${selector.prefix}; \`tokens list\` shows them all`);
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
