import { createHash } from 'node:crypto';
import type { ApplicationConfig } from '../config/config.js';
import type { Provider, ProviderKind } from '../providers/provider.js';
import type { Scope } from '../shared/scope.js';

/** An api_key with its permissions and its modern API. Settings, certificates and the shadow are held by `connect` alone. */
export interface Application extends Omit<ApplicationConfig, 'settings' | 'tls' | 'deprecation' | 'shadow'> {
  /** Those of every reply to a call of it, beside the common ones. */
  readonly headers: Readonly<Record<string, string>>;
  /** The modern API that its calls go to, for one call. */
  readonly connect: (scope: Scope) => Provider;
  /** Whether that API gives a credential for a name and a password. */
  readonly hasLogin: boolean;
  /** How the sign-in page and the command line name that API and its credential. */
  readonly kind: Pick<ProviderKind, 'title' | 'credential'>;
}

/** Finds the application of an api_key. The duration depends on its digest alone, and reveals nothing about the keys. */
export type FindApplication = (apiKey: string) => Application | undefined;

export function createDirectory(applications: readonly Application[]): FindApplication {
  const byDigest = new Map(applications.map((application) => [digestOf(application.apiKey), application]));
  return (apiKey) => byDigest.get(digestOf(apiKey));
}

function digestOf(apiKey: string): string {
  return createHash('sha256').update(apiKey).digest('base64');
}
