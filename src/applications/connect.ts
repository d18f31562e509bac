import type { ApplicationConfig } from '../config/config.js';
import type { createCache } from '../providers/cache.js';
import { loadProvider } from '../providers/load.js';
import type { Upstreams } from '../upstream/client.js';
import { openTlsFiles } from '../upstream/tls-files.js';
import type { Application } from './application.js';

/** Connects an application to its modern API. Throws an Error with one line for the operator where it cannot. */
export async function connect(
  application: ApplicationConfig,
  { sendFor }: Upstreams,
  cached: ReturnType<typeof createCache>,
): Promise<Application> {
  const kind = await loadProvider(application.provider);
  const { name, settings, baseUrl, cacheSeconds } = application;
  const send = sendFor({ baseUrl, name, provider: kind.name, tls: await openTlsFiles(application) });
  const api = cached(kind.connect({ baseUrl, settings, send }), {
    api: JSON.stringify([kind.name, baseUrl]),
    settings,
    seconds: cacheSeconds,
  });
  return { ...application, provider: kind.name, kind, api };
}
