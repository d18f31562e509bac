import type { BreakerState } from '../../upstream/resilience.js';

/** The states of the breakers in each of several processes. */
interface Breakers<Process> {
  readonly note: (process: Process, baseUrl: string, state: BreakerState) => void;
  /** Forgets those of a process that is gone. */
  readonly forget: (process: Process) => void;
  /** The worst state of each `base_url` that was noted. */
  readonly worst: () => ReadonlyMap<string, BreakerState>;
}

/** From the best to the worst. */
const order: readonly BreakerState[] = ['closed', 'half-open', 'open'];

export function createBreakers<Process>(): Breakers<Process> {
  const known = new Map<Process, Map<string, BreakerState>>();
  return {
    note: (process, baseUrl, state) => {
      const states = known.get(process) ?? new Map<string, BreakerState>();
      known.set(process, states.set(baseUrl, state));
    },
    forget: (process) => void known.delete(process),
    worst: () => {
      const worst = new Map<string, BreakerState>();
      for (const [baseUrl, state] of [...known.values()].flatMap((states) => [...states])) {
        const other = worst.get(baseUrl) ?? 'closed';
        worst.set(baseUrl, order.indexOf(state) > order.indexOf(other) ? state : other);
      }
      return worst;
    },
  };
}
