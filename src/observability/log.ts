import { type Logger, pino } from 'pino';
import sonicBoom from 'sonic-boom';

export type Log = Logger;

/** A log, and what became of its lines. */
export interface RunningLog {
  readonly log: Log;
  /** How many lines could not be written, because there was no room for them where they go. */
  readonly lostLines: () => number;
}

/** How many bytes of lines wait while they cannot be written: about a thousand lines. */
const MAX_WAITING_BYTES = 256 * 1024;
/** How long a process that ends tries to write the lines that wait, in milliseconds. */
const LAST_LINES_MS = 200;

/**
 * A log of JSON lines on standard error, from this level up. It never stops a call: lines are written beside it, wait in
 * memory while the disk is full or nobody reads, and are lost and counted beyond a limit. Each further line is a try to
 * write those before it.
 */
export function createLog(level: 'info' | 'warn' = 'info'): RunningLog {
  // Until a pipe has been a stream of Node.js, a write to it would block a thread while nobody reads.
  const { fd } = process.stderr;
  let lost = 0;
  let writeUntil = Number.POSITIVE_INFINITY;
  const lines = new sonicBoom.SonicBoom({
    fd,
    sync: false,
    maxLength: MAX_WAITING_BYTES,
    retryEAGAIN: () => performance.now() < writeUntil,
  });
  lines.on('drop', () => {
    lost += 1;
  });
  // What could not be written waits for the next try.
  let isFailing = false;
  lines.on('error', () => {
    isFailing = true;
  });
  lines.on('write', () => {
    isFailing = false;
  });
  process.once('exit', () => {
    // Where the last try failed, the library would try for ever.
    if (isFailing) return;
    writeUntil = performance.now() + LAST_LINES_MS;
    try {
      lines.flushSync();
    } catch {
      // Nobody reads the log, and there is nowhere else to tell.
    }
  });
  return { log: pino({ name: 'boxbridge', level }, lines), lostLines: () => lost };
}
