import type { Application } from '../applications/application.js';
import type { RuntimeOptions } from '../bootstrap/runtime-options.js';
import { openServices, recordedDigest, type Services } from '../bootstrap/services.js';
import type { Config } from '../config/config.js';
import { toFault } from '../core/fault.js';
import type { DeviceCode } from '../oauth/client.js';
import { grantText } from '../oauth/grant.js';
import { loadProvider } from '../providers/load.js';
import { messageOf } from '../shared/errors.js';
import { createScope } from '../shared/scope.js';
import { openStore } from '../store/open.js';
import { sessionPages } from '../store/session-pages.js';
import { describeTokens, type IssuedToken, isExpiredAt, revokeByPrefix, revokeWhere } from '../vault/issued-tokens.js';
import { changeKey, type KeySource } from '../vault/master-key.js';

/** Opens the services of a configuration for some work, and closes them again. */
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
 * Adds an auth_token for a credential that the modern API accepts; gives the auth_token. Throws an Error with one line for
 * the operator where it cannot.
 */
export function addToken(config: Config, runtime: RuntimeOptions, request: AddTokenRequest): Promise<string> {
  return withServices(config, runtime, async ({ applications, store, sessions }) => {
    const application = applicationOf(applications, request.selector);
    const { name, kind, provider, baseUrl, credentials } = application;
    if (credentials !== 'vault') throw withoutVault(name, kind.title);
    const { usable, kept } = await credentialFrom(request.source, application, sessions);
    const { nativeId, proposedUserId } = await application
      .connect(createScope())
      .readAccount(usable)
      .catch((error: unknown) => {
        const { reason } = toFault(error);
        const why = reason === 'unavailable' ? 'does not answer' : `does not accept this ${kind.credential.name}`;
        throw new Error(`${kind.title} at ${baseUrl} ${why}; nothing was added`);
      });
    const userId = await store.userId({ provider, baseUrl, nativeId, proposedUserId });
    const { authToken, record } = await sessions.make(application, kept, userId, request.authToken);
    await store.addSession(record);
    return authToken;
  });
}

/** What is tried as the credential, and what is kept in its place. */
async function credentialFrom(
  source: CredentialSource,
  { name, kind, oauth }: Application,
  { endingOf }: Services['sessions'],
): Promise<{ usable: string; kept: string }> {
  if ('credential' in source) return { usable: source.credential, kept: source.credential };
  if (!oauth) throw new Error(`${name} has no client_id; add the one that ${kind.title} gave, or pipe a credential in`);
  const scope = createScope();
  const isOfDevice = 'tell' in source;
  const given = isOfDevice ? oauth.ofDevice?.(source.tell, scope) : oauth.ofClient?.(scope);
  const way = isOfDevice ? 'devices' : 'the client itself';
  if (!given)
    throw new Error(
      `${kind.title} gives no tokens to ${way}; leave out ${isOfDevice ? '--device' : '--client-credentials'}`,
    );
  const grant = await given.catch((error: unknown) => {
    throw new Error(`${kind.title} gave no token: ${messageOf(toFault(error).cause)}; nothing was added`);
  });
  return { usable: grant.accessToken, kept: grantText(await endingOf(grant)) };
}

const withoutVault = (name: string, title: string) =>
  new Error(`${name} has no vault: its auth_token is the one of ${title} itself`);

export interface AddTokenRequest {
  readonly selector: ApplicationSelector;
  readonly source: CredentialSource;
  /** The auth_token of an old program; absent: a new one is made. */
  readonly authToken?: string | undefined;
}

/** A credential; or that the client itself gets one; or a user by a device, who is told what to do. */
export type CredentialSource =
  | { readonly credential: string }
  | { readonly client: true }
  | { readonly tell: (code: DeviceCode) => void };

/** Selects an application by its api_key or its name. */
export type ApplicationSelector = { readonly apiKey: string } | { readonly application: string };

function applicationOf<T extends Pick<Application, 'apiKey' | 'name'>>(
  applications: readonly T[],
  selector: ApplicationSelector,
): T {
  const isSelected = ({ apiKey, name }: T) =>
    'apiKey' in selector ? apiKey === selector.apiKey : name === selector.application;
  const [application, ...others] = applications.filter(isSelected);
  const key = 'apiKey' in selector ? 'api_key' : 'name';
  if (!application) throw new Error(`no application has this ${key}; name one of the configuration`);
  if (others.length > 0) throw new Error('several applications have this name; give each its own in the configuration');
  return application;
}

/**
 * What the modern API of an application calls its credential. Opens no store. Throws an Error with one line for the operator
 * where the application has no vault.
 */
export async function credentialName(config: Config, selector: ApplicationSelector): Promise<string> {
  const { name, provider, credentials } = applicationOf(config.applications, selector);
  const { title, credential } = await loadProvider(provider);
  if (credentials !== 'vault') throw withoutVault(name, title);
  return `${credential.name} of ${title}`;
}

/** How a list of auth_tokens is written: what comes before, for each, between, and after all. */
export interface TokensOutput {
  readonly head: string;
  readonly line: (token: IssuedToken) => string;
  readonly between: string;
  readonly tail: string;
}

/** A list of every auth_token, which is shown by a prefix of its digest; some lines at a time. */
export async function* listTokens(
  config: Config,
  runtime: RuntimeOptions,
  output: TokensOutput,
): AsyncGenerator<string> {
  const { applications, store, sessions } = await openServices(config, runtime);
  try {
    const describe = describeTokens(applications, sessions);
    yield output.head;
    let isFirst = true;
    for await (const page of sessionPages(store)) {
      if (page.length === 0) continue;
      yield (isFirst ? '' : output.between) +
        page.map((session) => output.line(describe(session))).join(output.between);
      isFirst = false;
    }
    yield output.tail;
  } finally {
    await store.close();
  }
}

/** Selects tokens: one by a prefix of its digest, those of an application, those that have expired, or all. */
export type TokenSelector = { readonly prefix: string } | ApplicationSelector | 'expired' | 'all';

/**
 * Revokes tokens; gives their number. Throws an Error with one line for the operator where the selector fits no single
 * application, or its prefix no single token.
 */
export function revokeTokens(config: Config, runtime: RuntimeOptions, selector: TokenSelector): Promise<number> {
  return withServices(config, runtime, async ({ applications, store, sessions }) => {
    if (selector === 'all') return revokeWhere(store, () => true);
    if (selector === 'expired') return revokeWhere(store, isExpiredAt(await store.now(), applications, sessions));
    if ('prefix' in selector) return revokeByPrefix(store, selector.prefix);
    const label = sessions.labelOf(applicationOf(applications, selector));
    return revokeWhere(store, ({ application }) => application === label);
  });
}

/** The api_keys of a configuration and further secrets, each once behind its digest in recordings. */
export function digestsOf(config: Config, runtime: RuntimeOptions, secrets: readonly string[]): Promise<string[]> {
  return withServices(config, runtime, async ({ applications, sealer }) => {
    const all = new Set([...applications.map(({ apiKey }) => apiKey), ...secrets]);
    return [...all].map((secret) => `${recordedDigest(sealer, secret)} ${secret}`);
  });
}

/** Rotates the server's key; the new one is made where its file does not exist yet. */
export async function rekey(config: Config, from: KeySource, to: KeySource): Promise<void> {
  const store = await openStore(config.store);
  try {
    await changeKey(store, from, to);
  } finally {
    await store.close();
  }
}
