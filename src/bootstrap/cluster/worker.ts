import type { Counted, Exposition } from '../../observability/metrics.js';

/** What a worker says to its parent: where it listens, why it cannot, what it has counted, or that it wants the metrics of all. */
export type Word =
  | { readonly listening: string }
  | { readonly failed: string }
  | { readonly counted: Counted; readonly id: number }
  | { readonly wantsMetrics: number };

/** What the parent says: that it wants what the worker has counted, or the metrics of all. */
export type Order =
  | { readonly wantsCounted: number }
  | { readonly exposition: Exposition | undefined; readonly id: number };

/** How long the parent waits for what a worker has counted, in milliseconds. */
export const COUNTED_MS = 1000;

function say(word: Word, then?: () => void): void {
  process.send?.(word, undefined, undefined, then);
}

/** Says where this worker listens. */
export function announce(url: string): void {
  say({ listening: url });
}

/** Says why this worker cannot go on, and ends it. */
export function giveUp(why: string): void {
  say({ failed: why }, () => process.disconnect());
}

/** Lets the parent ask what this worker has counted. */
export function answerParent(counted: () => Promise<Counted>): void {
  process.on('message', (order: Order) => {
    if ('wantsCounted' in order) void counted().then((it) => say({ counted: it, id: order.wantsCounted }));
  });
}

let asked = 0;

/** The metrics of all workers. Throws an Error where the parent does not give them. */
export function metricsOfAll(): Promise<Exposition> {
  asked += 1;
  const id = asked;
  return new Promise((resolve, reject) => {
    const end = (exposition?: Exposition) => {
      clearTimeout(timer);
      process.off('message', onOrder);
      if (exposition) resolve(exposition);
      else reject(new Error('the metrics of the workers cannot be had'));
    };
    const onOrder = (order: Order) => {
      if ('exposition' in order && order.id === id) end(order.exposition);
    };
    const timer = setTimeout(end, 2 * COUNTED_MS);
    process.on('message', onOrder);
    say({ wantsMetrics: id });
  });
}
