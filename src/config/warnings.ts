import { isPublicHost } from '../shared/public-host.js';
import type { ApplicationConfig, Config } from './config.js';
import type { Path } from './places.js';

/** What is valid and yet not good. */
export interface ConfigWarning {
  /** Of the key that it is about. */
  readonly path: Path;
  /** One line for the operator, without values of the configuration. */
  readonly message: string;
}

/** What is valid in a configuration and yet breaks old programs, the limits, or the secrecy of credentials. */
export function warningsOf({ applications, publicUrl, trustProxy }: Config): ConfigWarning[] {
  const warnings = applications.flatMap((application, index) => [
    ...redirectWarnings(application, index),
    ...plainWarnings(application, index),
    ...(publicUrl === undefined && trustProxy === false ? callbackWarnings(application, index) : []),
  ]);
  if (trustProxy === true) {
    warnings.push({
      path: ['trust_proxy'],
      message:
        'trust_proxy: true lets every caller forge its address, past all limits; write the number of proxies in front, or their addresses',
    });
  }
  return warnings;
}

function redirectWarnings({ redirectUrl }: ApplicationConfig, index: number): ConfigWarning[] {
  if (redirectUrl === undefined) return [];
  const { search, hash } = new URL(redirectUrl);
  if (search === '' && hash === '') return [];
  return [
    {
      path: ['applications', index, 'redirect_url'],
      message: `applications[${index}].redirect_url has a query or a fragment of its own; old programs that take the auth_token by its place in the redirect break: leave it out`,
    },
  ];
}

/** The vendor compares the address that browsers come back to with the registered one. */
function callbackWarnings({ clientId }: ApplicationConfig, index: number): ConfigWarning[] {
  if (clientId === undefined) return [];
  return [
    {
      path: ['applications', index, 'client_id'],
      message: `applications[${index}].client_id sends browsers back to the host that they happen to name; write public_url, and register its /api/1.0/auth/callback at the vendor`,
    },
  ];
}

function plainWarnings({ baseUrl, shadow }: ApplicationConfig, index: number): ConfigWarning[] {
  const urls = [
    { key: `applications[${index}].base_url`, path: ['applications', index, 'base_url'], url: baseUrl },
    {
      key: `applications[${index}].shadow.base_url`,
      path: ['applications', index, 'shadow', 'base_url'],
      url: shadow?.baseUrl,
    },
  ];
  return urls.flatMap(({ key, path, url }) =>
    url !== undefined && isPlainToPublic(new URL(url))
      ? { path, message: `${key} sends credentials unencrypted to a public host; write https://` }
      : [],
  );
}

/** Whether credentials to a URL can be read on their way through the internet. */
export const isPlainToPublic = ({ protocol, hostname }: URL) => protocol === 'http:' && isPublicHost(hostname);
