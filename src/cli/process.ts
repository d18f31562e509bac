import type { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { setFlagsFromString } from 'node:v8';
import { type WorkerRole, workerRole } from '../bootstrap/cluster/worker.js';
import { codeOf, messageOf } from '../shared/errors.js';

export const EXIT_GOOD = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** The role of this process in a cluster. */
export const worker: WorkerRole | undefined = workerRole();

/** Milliseconds after which a command is worth optimizing. */
const LONG_MS = 1000;

/**
 * Has V8 optimize no code at first: of a start, next to nothing runs again. A start of the bridge takes 0.34 s of CPU instead
 * of 0.48, one with two workers 1.0 instead of 1.4.
 */
export function startUnoptimized(): void {
  setFlagsFromString('--no-turbofan');
  setTimeout(optimize, LONG_MS).unref();
}

/** Has V8 optimize code from now on. */
export function optimize(): void {
  setFlagsFromString('--turbofan');
}

/** Milliseconds after the drain in which the process may exit by itself. */
const EXIT_MS = 500;

/** npm passes on a signal that its process group has had already: within so many milliseconds, both are one. */
const SAME_SIGNAL_MS = 500;

/** Drains at the first SIGTERM or SIGINT, and exits at once at a later one. */
export function stopOnSignal(stop: () => Promise<void>): void {
  let stoppedAt: number | undefined;
  const onSignal = () => {
    if (stoppedAt !== undefined) {
      // A worker may be signalled twice: with its process group, and by its primary.
      if (!worker && performance.now() - stoppedAt > SAME_SIGNAL_MS) process.exit(EXIT_FAILED);
      return;
    }
    stoppedAt = performance.now();
    stop()
      .catch(fail)
      .finally(() => {
        worker?.disconnect();
        // Only requests to modern APIs whose callers are gone can still be in flight.
        setTimeout(() => process.exit(), EXIT_MS).unref();
      });
  };
  process.on('SIGTERM', onSignal);
  // Ctrl-C signals the whole process group; the primary stops its workers.
  process.on('SIGINT', worker ? () => {} : onSignal);
}

/** Ends a process that has nothing open yet. */
export function exitNow(): never {
  process.exit();
}

/**
 * Reloads at SIGHUP, for which a worker leaves it to its primary. Where the terminal hung up that the bridge was started
 * from, the signal ends it, as it does without this.
 */
export function reloadOnSignal(reload: () => Promise<unknown>): void {
  const hasTerminal = isatty(0);
  const onSignal = () => {
    if (worker) return;
    if (!hasTerminal || isatty(0)) return void reload();
    // After what else is to be done at an exit, which a signal alone would leave out.
    process.once('exit', () => {
      process.off('SIGHUP', onSignal);
      process.kill(process.pid, 'SIGHUP');
    });
    process.exit();
  };
  process.on('SIGHUP', onSignal);
}

/** Reports a failure in one line for the operator. */
export function report(error: unknown, stderr: Writable): void {
  // The primary prints it, once for all workers.
  if (worker) worker.reportFailure(messageOf(error));
  else stderr.write(`${messageOf(error).replace(/^/gm, 'boxbridge: ')}\n`);
}

/** Reports a failure of this process, and sets its exit code. */
function fail(error: unknown): void {
  report(error, process.stderr);
  process.exitCode = EXIT_FAILED;
}

/** A reader that closes a pipe early, such as `head`, is no failure, be it that of results or that of what is told. */
export function tolerateClosedOutput(): void {
  process.stdout.on('error', (error) => {
    if (codeOf(error) !== 'EPIPE') fail(error);
  });
  process.stderr.on('error', (error) => {
    // There is nowhere left to report it.
    if (codeOf(error) !== 'EPIPE') process.exitCode = EXIT_FAILED;
  });
}
