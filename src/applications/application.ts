import { createHash, timingSafeEqual } from 'node:crypto';
import type { ApplicationConfig } from '../config/config.js';
import type { Provider, ProviderKind } from '../providers/provider.js';

/** An api_key with its permissions and its modern API. Settings and certificates are held by `api` alone. */
export interface Application extends Omit<ApplicationConfig, 'settings' | 'tls'> {
  /** The modern API that its calls go to. */
  readonly api: Provider;
  /** How the sign-in page and the command line name that API and its credential. */
  readonly kind: Pick<ProviderKind, 'title' | 'credential'>;
}

/** Finds the application of an api_key. Constant time: the duration reveals nothing about the existing keys. */
export type FindApplication = (apiKey: string) => Application | undefined;

export function createDirectory(applications: readonly Application[]): FindApplication {
  const entries = applications.map((application) => ({ application, digest: digestOf(application.apiKey) }));
  return (apiKey) => {
    const digest = digestOf(apiKey);
    return entries.filter((entry) => timingSafeEqual(entry.digest, digest))[0]?.application;
  };
}

/** Makes keys of any length comparable by timingSafeEqual. */
function digestOf(apiKey: string): Buffer {
  return createHash('sha256').update(apiKey).digest();
}
