import type { Watch } from '../core/exchange.js';
import type { Proxies } from '../upstream/transport.js';
import type { KeySource } from '../vault/master-key.js';
import type { WorkerRole } from './cluster/worker.js';
import type { Reload } from './reload.js';

/** What a process runs with beside its configuration: its environment and its role in a cluster. */
export interface RuntimeOptions {
  /** The server's key; absent: `key_file` of the configuration. */
  readonly key?: KeySource | undefined;
  /** The proxies in front of the modern APIs. */
  readonly proxies?: Proxies | undefined;
  /** The URL of an OTLP collector of traces; absent: no traces are exported. */
  readonly collector?: string | undefined;
  /** How many lines of the log were lost; absent: none. */
  readonly lostLines?: (() => number) | undefined;
  /** Rewrites the URL of every request to a modern API; absent: the identity. */
  readonly route?: ((url: string) => string) | undefined;
  /**
   * Whether this is the demo, whose admin listener is there for the console alone: callers get `/readyz` and `/metrics` as
   * without it, and where its port is in use it takes a free one.
   */
  readonly isDemo?: boolean | undefined;
  /** Looks at each call with all that was sent and received for it; absent: nothing of it is kept. */
  readonly watch?: Watch | undefined;
  /** Reads the configuration again, for whoever asks at the admin listener; absent: nobody can. */
  readonly reload?: Reload | undefined;
  /** Present in a worker of a cluster. */
  readonly worker?: WorkerRole | undefined;
}
