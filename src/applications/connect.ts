import type { ApplicationConfig } from '../config/config.js';
import { createOAuthClient } from '../oauth/client.js';
import { type Cache, createCache } from '../providers/cache.js';
import { loadProvider } from '../providers/load.js';
import type { OAuthDescription, Provider, ProviderKind } from '../providers/provider.js';
import { snakeCase } from '../shared/camel-case.js';
import { createScope, remainingMs, type Scope } from '../shared/scope.js';
import type { Upstreams } from '../upstream/client.js';
import type { UpstreamRequest } from '../upstream/request.js';
import type { Application } from './application.js';
import { deprecationHeaders } from './deprecation.js';
import { noteSecrets } from './note-secrets.js';
import { sendRenewing } from './renewing.js';
import { createShadow, type ObserveShadow } from './shadow.js';

/** How the shadows of applications are read. */
export interface Shadows {
  /** Their own: what they are and do concerns no caller. */
  readonly upstreams: Upstreams;
  /** Milliseconds that a read may take. */
  readonly readMs: number;
  readonly observe: ObserveShadow;
}

/**
 * Connects an application to its modern API, and its reads to its shadow where `shadows` are given. The provider MUST NOT get more of it than its base URL and its settings.
 * Throws an Error with one line for the operator where it cannot be connected.
 */
export async function connect(
  application: ApplicationConfig,
  { sendFor, exchangeFor, timeoutMs }: Upstreams,
  cache: Cache,
  shadows?: Shadows,
): Promise<Application> {
  const { tls, settings, deprecation, shadow, clientId, clientSecret, scopes, ...rest } = application;
  const { name, baseUrl, cacheSeconds } = rest;
  const kind = await loadProvider(rest.provider);
  const { isRefusal, refusals } = kind;
  const asked = { baseUrl, name, provider: kind.name, tls, isRefusal, refusals };
  const send = sendFor(asked);
  const oauth =
    clientId === undefined
      ? undefined
      : createOAuthClient(describedBy(kind, name), {
          clientId,
          clientSecret,
          scopes,
          values: valuesIn(baseUrl, settings),
          exchange: exchangeFor(asked),
          timeoutMs,
        });
  const api = JSON.stringify([kind.name, baseUrl]);
  const cached = cache({ api, settings, reader: kind, tls, seconds: cacheSeconds });
  const followed = shadow && shadows ? await shadowOf(application, shadow, shadows) : (provider: Provider) => provider;
  const connectTo = (scope: Scope) => {
    const timeLeft = () => remainingMs(scope);
    const sendOne = oauth
      ? (request: UpstreamRequest) => sendRenewing(send, request, scope)
      : (request: UpstreamRequest) => send(request, scope);
    const options = { baseUrl, settings, send: sendOne };
    return noteSecrets(cached(followed(kind.connect(options, timeLeft))), scope.secrets);
  };
  // A provider that cannot connect is a problem of the start, not of each call.
  const hasLogin = connectTo(createScope()).login !== undefined;
  return {
    ...rest,
    headers: deprecationHeaders({ deprecation }),
    provider: kind.name,
    hasLogin,
    oauth,
    kind,
    connect: connectTo,
  };
}

function describedBy({ oauth, title }: ProviderKind, name: string): OAuthDescription {
  if (oauth) return oauth;
  throw new Error(`${name} has a client_id, but ${title} gives no tokens by OAuth; remove client_id`);
}

/** What stands for names in braces: the base URL and the settings, under the names that the configuration has for them. */
function valuesIn(baseUrl: string, settings: ApplicationConfig['settings']): Record<string, string> {
  const given = Object.entries(settings).flatMap(([name, value]) =>
    value === undefined ? [] : [[snakeCase(name), value] as const],
  );
  return { ...Object.fromEntries(given), base_url: baseUrl };
}

async function shadowOf(
  application: ApplicationConfig,
  shadow: NonNullable<ApplicationConfig['shadow']>,
  { upstreams, readMs, observe }: Shadows,
): Promise<(provider: Provider) => Provider> {
  return createShadow({
    application: await connect(
      { ...application, ...shadow, clientId: undefined, cacheSeconds: 0 },
      upstreams,
      createCache(),
    ),
    readMs,
    observe,
  });
}
