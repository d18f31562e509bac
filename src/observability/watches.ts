import type { Watch } from '../core/exchange.js';

/**
 * One watch for several, undefined for none: each gets every exchange, whatever the others throw, which is thrown
 * afterwards.
 */
export function watchAll(watches: readonly Watch[]): Watch | undefined {
  if (watches.length === 0) return undefined;
  return (exchange) => {
    const errors: unknown[] = [];
    for (const watch of watches) {
      try {
        watch(exchange);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  };
}
