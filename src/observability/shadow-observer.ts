import type { Log } from './log.js';
import type { Metrics } from './metrics.js';

/** What became of a read of the shadow of an application, and the elements that differ. */
type ObserveShadow = (application: string, outcome: string, elements: readonly string[]) => void;

export interface ShadowObserverParts {
  readonly log: Pick<Log, 'warn'>;
  readonly metrics: Pick<Metrics, 'shadowReads' | 'shadowDifferences'>;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** Milliseconds between two lines about the same. */
const TELL_MS = 60_000;

/**
 * Counts the reads of shadows and what differs, and tells in the log: the first time at once, and what comes within a
 * minute together, with the next one after it. It never throws.
 */
export function createShadowObserver({
  log,
  metrics,
  now = () => performance.now(),
}: ShadowObserverParts): ObserveShadow {
  /** What there is to tell, by what it is about. */
  const untold = new Map<string, { times: number; toldAt: number }>();

  const tell = (what: string, about: Readonly<Record<string, string>>) => {
    const key = JSON.stringify(about);
    const known = untold.get(key) ?? { times: 0, toldAt: Number.NEGATIVE_INFINITY };
    untold.set(key, known);
    known.times += 1;
    if (now() - known.toldAt < TELL_MS) return;
    log.warn({ ...about, times: known.times }, what);
    known.times = 0;
    known.toldAt = now();
  };

  return (application, outcome, elements) => {
    try {
      metrics.shadowReads.inc({ application, outcome });
      for (const element of elements) {
        metrics.shadowDifferences.inc({ application, element });
        tell('a shadow differs', { application, element });
      }
      if (outcome !== 'equal' && outcome !== 'different') tell('a shadow was not read', { application, outcome });
    } catch {
      // Fails open: whoever reads a shadow has nobody to tell.
    }
  };
}
