import type { Worker } from 'node:cluster';
import { type MetricsSnapshot, sumCounters } from '../../observability/metrics.js';
import { SNAPSHOT_TIMEOUT_MS } from './messages.js';
import { send } from './send.js';

/** The metrics of the workers: of a running worker on request, of an exited one as last reported. */
export function createSnapshots() {
  const pending = new Map<number, () => void>();
  const latest = new Map<Worker, MetricsSnapshot>();
  let retired: Promise<MetricsSnapshot> = Promise.resolve([]);
  let requests = 0;
  return {
    retired: () => retired,
    /** Those of a worker now; the latest that it reported where its reply times out. */
    request: async (worker: Worker): Promise<MetricsSnapshot> => {
      requests += 1;
      const id = requests;
      await new Promise<void>((resolve) => {
        pending.set(id, resolve);
        setTimeout(resolve, SNAPSHOT_TIMEOUT_MS).unref();
        send(worker, { wantsSnapshot: id });
      });
      pending.delete(id);
      return latest.get(worker) ?? [];
    },
    receive: (worker: Worker, { snapshot, id }: { snapshot: MetricsSnapshot; id: number }) => {
      latest.set(worker, snapshot);
      pending.get(id)?.();
    },
    /** Keeps the counters of an exited worker: a counter MUST NOT decrease. */
    retire: (worker: Worker) => {
      const last = latest.get(worker) ?? [];
      retired = retired.then((before) => sumCounters([before, last]));
      latest.delete(worker);
    },
  };
}
