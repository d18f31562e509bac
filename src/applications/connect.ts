import type { ApplicationConfig } from '../config/config.js';
import type { createCache } from '../providers/cache.js';
import { loadProvider } from '../providers/load.js';
import type { Upstreams } from '../upstream/client.js';
import type { Application } from './application.js';

/**
 * Connects an application to its modern API. The provider MUST NOT get more of it than its base URL and its settings.
 * Throws an Error with one line for the operator where it cannot be connected.
 */
export async function connect(
  application: ApplicationConfig,
  { sendFor }: Upstreams,
  cached: ReturnType<typeof createCache>,
): Promise<Application> {
  const { tls, settings, ...rest } = application;
  const { name, baseUrl, cacheSeconds } = rest;
  const kind = await loadProvider(rest.provider);
  const send = sendFor({ baseUrl, name, provider: kind.name, tls });
  const api = cached(kind.connect({ baseUrl, settings, send }), {
    api: JSON.stringify([kind.name, baseUrl]),
    settings,
    seconds: cacheSeconds,
  });
  return { ...rest, provider: kind.name, kind, api };
}
