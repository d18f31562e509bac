/** How often what takes too long is tried again. */
const TRIES = 10;

/**
 * The milliseconds that work takes at best: in the first of ten tries below `limit`, or in the shortest. Other load may
 * delay some.
 */
export async function bestOf(limit: number, work: () => Promise<void>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let n = 0; n < TRIES && best >= limit; n += 1) {
    const begin = performance.now();
    await work();
    best = Math.min(best, performance.now() - begin);
  }
  return best;
}

/** The milliseconds of CPU that synchronous work takes, whatever else the machine does. */
export function cpuOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** The same at best, as above: it has to be compiled, and memory to be collected. */
export function bestCpuOf(limit: number, work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let n = 0; n < TRIES && best >= limit; n += 1) best = Math.min(best, cpuOf(work));
  return best;
}
