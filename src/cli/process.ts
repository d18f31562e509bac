import { type WorkerRole, workerRole } from '../bootstrap/cluster/worker.js';
import { codeOf, messageOf } from '../shared/errors.js';

export const EXIT_GOOD = 0;
const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** The role of this process in a cluster. */
export const worker: WorkerRole | undefined = workerRole();

/** Milliseconds that a stopped process may take to end by itself. */
const LAST_MS = 500;

/** Stops the process in good order at the first signal that asks for it, and ends it at once at the second. */
export function stopOnSignal(stop: () => Promise<void>): void {
  let isStopping = false;
  const onSignal = () => {
    // A worker may be signalled twice: with its process group, and by its primary.
    if (isStopping && !worker) process.exit(EXIT_FAILED);
    if (isStopping) return;
    isStopping = true;
    stop()
      .catch(fail)
      .finally(() => {
        worker?.disconnect();
        // Only requests to modern APIs whose callers are gone can still be under way.
        setTimeout(() => process.exit(), LAST_MS).unref();
      });
  };
  process.on('SIGTERM', onSignal);
  // Ctrl-C reaches the workers too, but their primary stops them.
  process.on('SIGINT', worker ? () => {} : onSignal);
}

/** Says why the work failed, in one line for the operator, and sets the exit code. */
export function fail(error: unknown): void {
  // The primary says it, once for all workers.
  if (worker) worker.reportFailure(messageOf(error));
  else process.stderr.write(`${messageOf(error).replace(/^/gm, 'boxbridge: ')}\n`);
  process.exitCode = EXIT_FAILED;
}

/** Takes a reader that has seen enough, such as `head`, for no failure. */
export function tolerateClosedOutput(): void {
  process.stdout.on('error', (error) => {
    if (codeOf(error) !== 'EPIPE') fail(error);
  });
}
