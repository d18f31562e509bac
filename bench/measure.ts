import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Load, LoadResult } from './load.js';
import type { Running } from './processes.js';

/** The load, in a process of its own. */
export interface LoadGenerator {
  readonly run: (load: Load) => Promise<LoadResult>;
  readonly stop: () => Promise<void>;
}

export function startLoadGenerator(): LoadGenerator {
  const child: ChildProcess = fork(fileURLToPath(new URL('load.js', import.meta.url)));
  return {
    run: async (load) => {
      child.send(load);
      const [message] = await once(child, 'message');
      if (message.failed) throw new Error(`the load broke off: ${message.failed}`);
      return message.result;
    },
    stop: async () => {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

/** What one round of one scenario took. */
export interface Round extends LoadResult {
  readonly requestsPerSecond: number;
  /** Microseconds of CPU, of all threads and processes of the server. */
  readonly cpuPerCall: number;
}

/** Loads a server for one round. Throws where a reply was not the expected one: a wrong reply costs something else. */
export async function measureRound(generator: LoadGenerator, server: Running, load: Load): Promise<Round> {
  const before = server.cpu();
  const result = await generator.run(load);
  const cpu = server.cpu() - before;
  if (result.wrong > 0) throw new Error(`${result.wrong} of ${result.calls} replies were not as expected`);
  return { ...result, requestsPerSecond: result.calls / result.seconds, cpuPerCall: cpu / result.calls };
}

/** The middle one; the mean of the two in the middle of an even number. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return (low + high) / 2;
}

/** The medians of several rounds. */
export function medianOf(rounds: readonly Round[]): Round {
  const of = (key: keyof Round) => median(rounds.map((round) => round[key]));
  return {
    calls: of('calls'),
    wrong: of('wrong'),
    seconds: of('seconds'),
    p50: of('p50'),
    p99: of('p99'),
    requestsPerSecond: of('requestsPerSecond'),
    cpuPerCall: of('cpuPerCall'),
  };
}
