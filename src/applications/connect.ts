import type { ApplicationConfig } from '../config/config.js';
import type { createCache } from '../providers/cache.js';
import { loadProvider } from '../providers/load.js';
import { createScope, remainingMs, type Scope } from '../shared/scope.js';
import type { UpstreamRequest, Upstreams } from '../upstream/client.js';
import type { Application } from './application.js';
import { deprecationHeaders } from './deprecation.js';
import { noteSecrets } from './note-secrets.js';

/**
 * Connects an application to its modern API. The provider MUST NOT get more of it than its base URL and its settings.
 * Throws an Error with one line for the operator where it cannot be connected.
 */
export async function connect(
  application: ApplicationConfig,
  { sendFor }: Upstreams,
  cache: ReturnType<typeof createCache>,
): Promise<Application> {
  const { tls, settings, deprecation, ...rest } = application;
  const { name, baseUrl, cacheSeconds } = rest;
  const kind = await loadProvider(rest.provider);
  const { isRefusal, refusals } = kind;
  const send = sendFor({ baseUrl, name, provider: kind.name, tls, isRefusal, refusals });
  const cached = cache({ api: JSON.stringify([kind.name, baseUrl]), settings, seconds: cacheSeconds });
  const connectTo = (scope: Scope) => {
    const timeLeft = () => remainingMs(scope);
    const options = { baseUrl, settings, send: (request: UpstreamRequest) => send(request, scope) };
    return noteSecrets(cached(kind.connect(options, timeLeft)), scope.secrets);
  };
  // A provider that cannot connect is a problem of the start, not of each call.
  connectTo(createScope());
  return { ...rest, headers: deprecationHeaders({ deprecation }), provider: kind.name, kind, connect: connectTo };
}
