import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { exchange } from '../support/clients/raw.js';
import type { WorstCase } from './worst-case.js';
import { type Family, families } from './worst-requests.js';
import type { WorstServerMessage } from './worst-server.js';

export interface SearchOptions {
  /** Requests that are tried of each family. */
  readonly tries: number;
  readonly seed: number;
}

/** With a young generation that no request fills, so that what was allocated is still there at the end. */
const NODE_OPTIONS = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
const MAX_BYTES = 65_536;
/** How often the most expensive of a family is measured at the end. */
const MEASUREMENTS = 7;
/** The share of the tries that go anywhere; the others go on from the best so far. */
const WIDE_SHARE = 0.5;

type Cost = Pick<WorstCase, 'cpuMs' | 'megabytes'>;

/** A request handler in a process of its own, whose CPU time is that of the requests alone. */
async function startServer() {
  const path = fileURLToPath(new URL('worst-server.js', import.meta.url));
  const server = fork(path, { execArgv: NODE_OPTIONS });
  const nextMessage = async (): Promise<WorstServerMessage> => (await once(server, 'message'))[0];
  const { url = '' } = await nextMessage();
  const used = async (isCollecting: boolean) => {
    server.send(isCollecting);
    return (await nextMessage()).used ?? { cpu: 0, memory: 0 };
  };
  return {
    /** With `isClean`, after garbage is collected, which makes the first request after it slower. */
    costOf: async (request: Buffer, isClean = false): Promise<Cost> => {
      const before = await used(isClean);
      await exchange(url, request, { replies: 1, isHalfClosed: true, timeoutMs: 60_000 });
      const after = await used(false);
      return { cpuMs: (after.cpu - before.cpu) / 1000, megabytes: (after.memory - before.memory) / 2 ** 20 };
    },
    close: async () => {
      server.disconnect();
      await once(server, 'exit');
    },
  };
}

type Server = Awaited<ReturnType<typeof startServer>>;

/** Three numbers from 0 up to 1. */
type Draw = readonly [number, number, number];

/** A number of a range, small ones as often as large ones. */
function numberIn([least, largest]: readonly [number, number], draw: number): number {
  return Math.round((largest - least + 1) ** draw) - 1 + least;
}

/** The numbers with one of them changed: anew, to an end of its range, or by little. */
function neighbour({ ranges }: Family, numbers: readonly number[], [which, how, draw]: Draw): readonly number[] {
  const index = Math.floor(which * numbers.length);
  const [least = 0, largest = 0] = ranges[index] ?? [];
  const number = numbers[index] ?? 0;
  const changes = [numberIn([least, largest], draw), largest, least, number * 2, number / 2, number + 1, number - 1];
  const changed = Math.round(changes[Math.floor(how * changes.length)] ?? number);
  return numbers.with(index, Math.max(least, Math.min(largest, changed)));
}

/** The most expensive request of a family that was found, by trying anywhere and then climbing. */
async function worstOf(family: Family, server: Server, { tries, seed }: SearchOptions): Promise<WorstCase> {
  const unit = fc.integer({ min: 0, max: 999_999 }).map((number) => number / 1_000_000);
  const draws: readonly Draw[] = fc.sample(fc.noShrink(fc.tuple(unit, unit, unit)), { seed, numRuns: tries });
  const anywhere = fc.sample(fc.tuple(...family.ranges.map(() => unit)), { seed, numRuns: tries });
  let best = family.ranges.map(([, largest]) => largest);
  let most = -1;
  for (const [index, draw] of draws.entries()) {
    const isWide = index < tries * WIDE_SHARE;
    const random = family.ranges.map((range, at) => numberIn(range, anywhere[index]?.[at] ?? 0));
    const numbers = index === 0 ? best : isWide ? random : neighbour(family, best, draw);
    const request = family.build(numbers);
    if (request.length > MAX_BYTES) continue;
    let { cpuMs } = await server.costOf(request);
    // Twice, so that no noise leads astray.
    if (cpuMs > most) cpuMs = Math.min(cpuMs, (await server.costOf(request)).cpuMs);
    if (cpuMs > most) {
      best = [...numbers];
      most = cpuMs;
    }
  }
  const request = family.build(best);
  const times: number[] = [];
  const allocated: number[] = [];
  for (let n = 0; n < MEASUREMENTS; n++) {
    times.push((await server.costOf(request)).cpuMs);
    allocated.push((await server.costOf(request, true)).megabytes);
  }
  return {
    name: `${family.name} (${best.join(', ')})`,
    bytes: request.length,
    cpuMs: Math.min(...times),
    // What earlier requests left outside the heap is freed meanwhile.
    megabytes: Math.max(0, ...allocated),
  };
}

/** The most expensive requests that are found, of up to 64 KiB: one of each family. */
export async function worstRequests(options: SearchOptions): Promise<readonly WorstCase[]> {
  const server = await startServer();
  try {
    const found: WorstCase[] = [];
    for (const family of families) found.push(await worstOf(family, server, options));
    return found;
  } finally {
    await server.close();
  }
}
