import type { ApplicationConfig, Config } from '../../config/config.js';
import type { Proxies } from '../../upstream/transport.js';
import type { KeySource } from '../../vault/master-key.js';

/** What was found of one part of a set-up. */
export interface Finding {
  readonly what: string;
  readonly isGood: boolean;
  /** What it is, or what to do, without a secret. */
  readonly says: string;
  /** Whether the bridge serves as it is. */
  readonly isServed: boolean;
}

/** A set-up to examine. */
export interface SetUp {
  readonly config: Config;
  /** The server's key; undefined: `key_file` of the configuration. */
  readonly key: KeySource | undefined;
  readonly proxies: Proxies;
  /** Whether PostgreSQL may be asked. */
  readonly isOnline: boolean;
  /** An auth_token of an old program to try, and the application that it is for; undefined: none. */
  readonly credential: { readonly authToken: string; readonly application: ApplicationConfig } | undefined;
}

/** Examines a part of a set-up, and changes nothing. What is wrong with it is a finding, not a rejection. */
export type Check = (setUp: SetUp) => Promise<readonly Finding[]>;

export function good(what: string, says: string): Finding {
  return { what, isGood: true, isServed: true, says };
}

/** Of what keeps a bridge from serving. */
export function toDo(what: string, says: string): Finding {
  return { what, isGood: false, isServed: false, says };
}

/** Of what had better be changed. */
export function advise(what: string, says: string): Finding {
  return { what, isGood: false, isServed: true, says };
}

/** The modern APIs of a configuration, each once, with the files for TLS of the first application that goes there. */
export function apisOf({ applications }: Config) {
  const byUrl = new Map(
    [...applications].reverse().map(({ baseUrl, tls }) => [baseUrl, { url: new URL(baseUrl), tls }]),
  );
  return [...byUrl.values()].reverse();
}

/** Whether a proxy is configured for URLs of this scheme: it looks the host up and connects to it. */
export function isProxied({ protocol }: URL, { http, https }: Proxies): boolean {
  return (protocol === 'https:' ? https : http) !== '';
}
