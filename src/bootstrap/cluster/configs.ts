import type { Worker } from 'node:cluster';
import type { Config } from '../../config/config.js';
import { send } from './send.js';

/** Which configuration each worker of a cluster has. */
export interface Configs {
  /** The one that workers begin with. */
  readonly current: () => Config;
  /** Gives it to a worker that asks for it. */
  readonly begin: (worker: Worker) => void;
  readonly listening: (worker: Worker) => void;
  /** Notes what came of a configuration in a worker. */
  readonly took: (
    worker: Worker,
    outcome: { readonly tookConfig: number; readonly problem: string | undefined },
  ) => void;
  /** Forgets a worker that has exited. */
  readonly forget: (worker: Worker) => void;
  /**
   * Has one worker after the other take a configuration. Throws an Error with one line for the operator where one cannot;
   * all have the one before it then.
   */
  readonly take: (config: Config) => Promise<void>;
}

interface Holder {
  /** The number of the configuration that was sent to it last. */
  sent: number;
  /** Resolves when it takes configurations, or is gone. */
  readonly ready: PromiseWithResolvers;
  /** Resolves with why the last one was not taken, undefined where it was, or the worker is gone. */
  answer: ((problem: string | undefined) => void) | undefined;
}

/** How long a worker may take to take a configuration, in milliseconds; it is replaced then. */
const TAKE_MS = 30_000;

/** In the demo each worker makes the configuration by itself. */
export function createConfigs(first: Config, isDemo = false): Configs {
  let current = first;
  let number = 0;
  const holders = new Map<Worker, Holder>();

  /** Has a worker take the current configuration; gives why it did not. */
  const pass = async (worker: Worker, holder: Holder): Promise<string | undefined> => {
    await holder.ready.promise;
    if (!holders.has(worker) || holder.sent === number) return undefined;
    holder.sent = number;
    const hanging = setTimeout(() => worker.process.kill('SIGKILL'), TAKE_MS);
    const problem = await new Promise<string | undefined>((resolve) => {
      holder.answer = resolve;
      send(worker, { config: current, id: number });
    });
    clearTimeout(hanging);
    return problem;
  };

  /** Gives why a worker did not take the current configuration, undefined where each has it. */
  const passToAll = async (): Promise<string | undefined> => {
    // One that begins meanwhile begins with it.
    for (const [worker, holder] of [...holders]) {
      const problem = await pass(worker, holder);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };

  return {
    current: () => current,
    begin: (worker) => {
      holders.set(worker, { sent: number, ready: withResolvers(), answer: undefined });
      send(worker, { config: isDemo ? undefined : current, id: number });
    },
    listening: (worker) => holders.get(worker)?.ready.resolve(),
    took: (worker, { tookConfig, problem }) => {
      if (tookConfig === number) holders.get(worker)?.answer?.(problem);
    },
    forget: (worker) => {
      const holder = holders.get(worker);
      holders.delete(worker);
      holder?.ready.resolve();
      holder?.answer?.(undefined);
    },
    take: async (config) => {
      const before = current;
      current = config;
      number += 1;
      const problem = await passToAll();
      if (problem === undefined) return;
      current = before;
      number += 1;
      await passToAll();
      throw new Error(problem);
    },
  };
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

function withResolvers(): PromiseWithResolvers {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
