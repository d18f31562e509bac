import type { Config } from '../config/config.js';
import type { Exchange } from '../core/exchange.js';
import type { MaskedExchange } from '../observability/masked-exchange.js';

/** What a request was examined with. */
export interface Circumstances {
  readonly config: Config;
  readonly isLive: boolean;
}

export function adviceFor(_exchange: Exchange, _masked: MaskedExchange, _circumstances: Circumstances): string[] {
  return [];
}
