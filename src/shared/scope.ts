import type { UpstreamExchange } from '../core/exchange.js';

/**
 * What belongs to one call on its way from the pipeline to the requests that it makes. Passed by hand: an asynchronous
 * context would cost every promise of the process.
 */
export interface Scope {
  /** The access token of its session, where that ends; undefined where it does not. */
  renewal?: Renewal;
  /** When the call MUST be over, by the clock of `performance`; infinite until it is admitted. */
  deadline: number;
  /** The outcomes of its upstream requests, in their order. */
  readonly outcomes: (number | string)[];
  /** Its credential, which is the first, and passwords, which no reply, message or log may repeat. */
  readonly secrets: string[];
  /** Its requests to modern APIs, with all that was sent and received; undefined where nobody looks at them. */
  upstream?: UpstreamExchange[];
}

/** An access token that can be replaced while a call is in work. */
interface Renewal {
  /** The token that the call began with. */
  readonly token: string;
  /** What stands in its place now: itself, until it was replaced. */
  current: string;
  /** Gives a token in place of one that was refused. Rejects with a Fault. */
  readonly replace: (refused: string) => Promise<string>;
}

/** The scope of work that nothing limits and nobody observes, until told otherwise. */
export function createScope(): Scope {
  return { deadline: Number.POSITIVE_INFINITY, outcomes: [], secrets: [] };
}

/** Milliseconds until the deadline; infinite without one. */
export function remainingMs({ deadline }: Scope): number {
  return deadline - performance.now();
}
