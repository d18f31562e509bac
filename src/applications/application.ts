import { hash } from 'node:crypto';
import type { ApplicationConfig } from '../config/config.js';
import type { OAuthClient } from '../oauth/client.js';
import type { Provider, ProviderKind } from '../providers/provider.js';
import type { Scope } from '../shared/scope.js';

/** What `connect` alone holds. */
type HeldByConnect = 'settings' | 'tls' | 'deprecation' | 'shadow' | 'clientId' | 'clientSecret' | 'scopes';

/** An api_key with its permissions and its modern API. */
export interface Application extends Omit<ApplicationConfig, HeldByConnect> {
  /** Those of every reply to a call of it, beside the common ones. */
  readonly headers: Readonly<Record<string, string>>;
  /** The modern API that its calls go to, for one call. */
  readonly connect: (scope: Scope) => Provider;
  /** Whether that API gives a credential for a name and a password. */
  readonly hasLogin: boolean;
  /** What gives it tokens that end; undefined where its credentials do not. */
  readonly oauth?: OAuthClient | undefined;
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
  return hash('sha256', apiKey, 'base64');
}
