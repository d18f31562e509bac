import type { Proxies } from '../upstream/transport.js';
import type { KeySource } from '../vault/master-key.js';
import type { WorkerRole } from './cluster/worker.js';

/** What a process runs with beside its configuration: its environment and its role. */
export interface RuntimeOptions {
  /** The server's key; that of the configuration's `key_file` unless given. */
  readonly key?: KeySource | undefined;
  /** The proxies in front of the modern APIs. */
  readonly proxies?: Proxies | undefined;
  /** The URL of an OTLP collector of traces; none unless given. */
  readonly collector?: string | undefined;
  /** Rewrites the URL of every request to a modern API; the identity unless given. */
  readonly route?: ((url: string) => string) | undefined;
  /** For one of several workers of a cluster. */
  readonly worker?: WorkerRole | undefined;
}
