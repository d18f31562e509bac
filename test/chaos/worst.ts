import type { WorstCase } from './worst-case.js';
import { worstReplies } from './worst-replies.js';
import { worstRequests } from './worst-search.js';

/**
 * `npm run worst [TRIES] [SEED]`: searches for what costs most, with as many tries for each family of requests. Prints the
 * ten most expensive of each list; ends with 1 where one costs more CPU time than its limit.
 */
const [tries = 60, seed = 1] = process.argv.slice(2).map(Number);

const SHOWN = 10;

interface List {
  readonly title: string;
  readonly cases: () => Promise<readonly WorstCase[]>;
  /** Milliseconds of CPU. */
  readonly limitMs: number;
}

const lists: readonly List[] = [
  { title: 'requests of up to 64 KiB', cases: () => worstRequests({ tries, seed }), limitMs: 50 },
  { title: 'modern replies of up to 1 MiB', cases: worstReplies, limitMs: 100 },
];

for (const { title, cases, limitMs } of lists) {
  const found = [...(await cases())].sort((one, other) => other.cpuMs - one.cpuMs);
  console.log(`The most expensive ${title}; none may cost more than ${limitMs} ms of CPU:`);
  console.table(
    found.slice(0, SHOWN).map(({ name, bytes, cpuMs, megabytes }) => ({
      name,
      bytes,
      'CPU ms': Number(cpuMs.toFixed(1)),
      MiB: Number(megabytes.toFixed(1)),
    })),
  );
  if (found.some(({ cpuMs }) => cpuMs > limitMs)) process.exitCode = 1;
}
