import type { ApplicationConfig } from '../config/config.js';
import { type Cache, createCache } from '../providers/cache.js';
import { loadProvider } from '../providers/load.js';
import type { Provider } from '../providers/provider.js';
import { createScope, remainingMs, type Scope } from '../shared/scope.js';
import type { UpstreamRequest, Upstreams } from '../upstream/client.js';
import type { Application } from './application.js';
import { deprecationHeaders } from './deprecation.js';
import { noteSecrets } from './note-secrets.js';
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
  { sendFor }: Upstreams,
  cache: Cache,
  shadows?: Shadows,
): Promise<Application> {
  const { tls, settings, deprecation, shadow, ...rest } = application;
  const { name, baseUrl, cacheSeconds } = rest;
  const kind = await loadProvider(rest.provider);
  const { isRefusal, refusals } = kind;
  const send = sendFor({ baseUrl, name, provider: kind.name, tls, isRefusal, refusals });
  const api = JSON.stringify([kind.name, baseUrl]);
  const cached = cache({ api, settings, reader: kind, tls, seconds: cacheSeconds });
  const followed = shadow && shadows ? await shadowOf(application, shadow, shadows) : (provider: Provider) => provider;
  const connectTo = (scope: Scope) => {
    const timeLeft = () => remainingMs(scope);
    const options = { baseUrl, settings, send: (request: UpstreamRequest) => send(request, scope) };
    return noteSecrets(cached(followed(kind.connect(options, timeLeft))), scope.secrets);
  };
  // A provider that cannot connect is a problem of the start, not of each call.
  const hasLogin = connectTo(createScope()).login !== undefined;
  return {
    ...rest,
    headers: deprecationHeaders({ deprecation }),
    provider: kind.name,
    hasLogin,
    kind,
    connect: connectTo,
  };
}

async function shadowOf(
  application: ApplicationConfig,
  shadow: NonNullable<ApplicationConfig['shadow']>,
  { upstreams, readMs, observe }: Shadows,
): Promise<(provider: Provider) => Provider> {
  return createShadow({
    application: await connect({ ...application, ...shadow, cacheSeconds: 0 }, upstreams, createCache()),
    readMs,
    observe,
  });
}
