import { type BreakerState, createResilience, type Resilience } from './resilience.js';
import type { TlsFiles } from './tls-files.js';
import { createTransport, type Proxies, type Transport } from './transport.js';

interface PoolOptions {
  /** The most requests in flight to one base URL, and connections for one transport. */
  readonly slots: number;
  readonly connectMs: number;
  readonly tryAfterMs: number;
  readonly proxies: Proxies | undefined;
  readonly onState: ((baseUrl: string, state: BreakerState) => void) | undefined;
}

/** What applications share on the way to their modern APIs. What the pools before these have of it is taken from them. */
export interface Pools {
  /** The bulkhead and breaker of a base URL. */
  readonly resilienceOf: (baseUrl: string) => Resilience;
  /** The connections for a base URL and what it is asked with. */
  readonly transportOf: (baseUrl: string, tls?: TlsFiles) => Transport;
  /** The state of the breaker of each base URL. */
  readonly states: () => ReadonlyMap<string, BreakerState>;
  /** Sizes what was taken as these want it, and retires what was not. */
  readonly takeOver: () => void;
  readonly resiliences: Map<string, Resilience>;
  readonly transports: Map<string, Transport>;
}

export function createPools(options: PoolOptions, before?: Pick<Pools, 'resiliences' | 'transports'>): Pools {
  const { slots, connectMs, tryAfterMs, proxies, onState } = options;
  const resiliences = new Map<string, Resilience>();
  const transports = new Map<string, Transport>();
  return {
    resilienceOf: (baseUrl) => {
      const resilience =
        resiliences.get(baseUrl) ??
        before?.resiliences.get(baseUrl) ??
        createResilience({ slots, tryAfterMs, onState: (state) => onState?.(baseUrl, state) });
      resiliences.set(baseUrl, resilience);
      return resilience;
    },
    transportOf: (baseUrl, tls = {}) => {
      const key = JSON.stringify([baseUrl, slots, connectMs, textsOf(tls)]);
      const transport =
        transports.get(key) ??
        before?.transports.get(key) ??
        createTransport({ connectMs, sockets: slots, proxies, tls });
      transports.set(key, transport);
      return transport;
    },
    states: () => new Map([...resiliences].map(([baseUrl, resilience]) => [baseUrl, resilience.state()])),
    takeOver: () => {
      for (const resilience of resiliences.values()) resilience.resize(slots);
      for (const [key, transport] of before?.transports ?? []) if (!transports.has(key)) transport.retire();
      // A chain of all pools that there were would grow.
      before?.transports.clear();
      before?.resiliences.clear();
    },
    resiliences,
    transports,
  };
}

/** What is in files for TLS, as values that can be compared. */
export function textsOf({ ca, cert, key }: TlsFiles): readonly (string | undefined)[] {
  return [ca, cert, key].map((pem) => pem?.toString('base64'));
}
