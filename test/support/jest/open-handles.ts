import { setTimeout as sleep } from 'node:timers/promises';

// The pipes of the process itself are made when they are first asked for: now, lest it be by a suite.
void [process.stdin, process.stdout, process.stderr];

/** What keeps this process alive, by the names of Node.js: servers, sockets, child processes, timers. */
export const openHandles = (): readonly string[] => process.getActiveResourcesInfo();

/** What is open and was not in `before`, as soon as that is nothing; at the latest after `ms` milliseconds. */
export async function leftOpen(before: readonly string[], ms: number): Promise<string[]> {
  const until = performance.now() + ms;
  let left = added(before, openHandles());
  while (left.length > 0 && performance.now() < until) {
    await sleep(10);
    left = added(before, openHandles());
  }
  return left;
}

/** What is in `now` more often than in `before`. */
function added(before: readonly string[], now: readonly string[]): string[] {
  const rest = [...before];
  return now.filter((name) => {
    const at = rest.indexOf(name);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}
