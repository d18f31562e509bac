import { constants, fstatSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type DestinationStream, type Logger, pino } from 'pino';
import sonicBoom from 'sonic-boom';
import type { LogFormat, LogLevel } from '../shared/log-level.js';

export type Log = Logger;

/** A log, and what became of its lines. */
export interface RunningLog {
  readonly log: Log;
  /** From now on lines are written as these options say. */
  readonly change: (options: LogOptions) => void;
  /** How many lines could not be written, because there was no room for them where they go. */
  readonly lostLines: () => number;
}

export interface LogOptions {
  /** The least level that is written; `info` unless given. */
  readonly level?: LogLevel | undefined;
  /** Lines of JSON for machines, or text for people; text on a terminal, else JSON, unless given. */
  readonly format?: LogFormat | undefined;
}

/** How many bytes of lines wait while they cannot be written: about a thousand lines. */
const MAX_WAITING_BYTES = 256 * 1024;
/** How many characters of one turn of the event loop are written together. */
const MAX_TOGETHER = 32 * 1024;
/** How long a process that ends tries to write the lines that wait, in milliseconds. */
const LAST_LINES_MS = 200;

/**
 * A log on standard error. It never stops a call: lines are written beside it, wait in
 * memory while the disk is full or nobody reads, and are lost and counted beyond a limit. Each further line is a try to
 * write those before it.
 */
export function createLog(options: LogOptions = {}): RunningLog {
  const fd = standardError();
  let lost = 0;
  let writeUntil = Number.POSITIVE_INFINITY;
  const lines = new sonicBoom.SonicBoom({
    fd,
    sync: false,
    maxLength: MAX_WAITING_BYTES,
    retryEAGAIN: () => performance.now() < writeUntil,
  });
  lines.on('drop', (dropped: string) => {
    lost += dropped.split('\n').length - 1;
    // What is dropped is no try to write, and without one there would never be room again.
    lines.write('');
  });
  const together = writtenTogether((text) => lines.write(text));
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
      together.flush();
      lines.flushSync();
    } catch {
      // Nobody reads the log, and there is nowhere else to tell.
    }
  });
  const destination = { write: writerOf(options, together) };
  const log = pino({ ...logFormat, name: 'boxbridge', level: levelOf(options) }, destination);
  const change = (next: LogOptions) => {
    destination.write = writerOf(next, together);
    log.level = levelOf(next);
  };
  return { log, change, lostLines: () => lost };
}

/** A log of which nothing is written. */
export function createSilentLog(): Log {
  return pino({ enabled: false });
}

/** A file descriptor of standard error whose writes block no thread while nobody reads. */
function standardError(): number {
  // Until a pipe has been a stream of Node.js, writes to it block.
  const { fd } = process.stderr;
  try {
    // Opened once more: what is shared with workers blocks again when one of them starts or ends.
    if (fstatSync(fd).isFIFO()) return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // Not on Linux, or nobody reads it any more.
  }
  return fd;
}

/**
 * Lines of which those of one turn of the event loop are one write: each one wakes a thread, and takes longer than all else
 * that a line costs.
 */
function writtenTogether(write: (text: string) => void): DestinationStream & { readonly flush: () => void } {
  let waiting = '';
  const flush = () => {
    const text = waiting;
    waiting = '';
    if (text !== '') write(text);
  };
  return {
    write: (line) => {
      if (waiting === '') setImmediate(flush);
      waiting += line;
      if (waiting.length > MAX_TOGETHER) flush();
    },
    flush,
  };
}

/** How a line tells its time and its level: https://www.rfc-editor.org/rfc/rfc3339, and a word. */
const logFormat = {
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (level: string) => ({ level }) },
} as const;

const levelOf = ({ level = 'info' }: LogOptions) => level;

function writerOf({ format }: LogOptions, lines: DestinationStream): DestinationStream['write'] {
  const isPretty = format === undefined ? process.stderr.isTTY : format === 'pretty';
  return isPretty ? prettyLines(lines) : (line) => lines.write(line);
}

/** Lines for people. Its library is loaded for them alone. */
function prettyLines(lines: DestinationStream): DestinationStream['write'] {
  const require = createRequire(import.meta.url);
  const { prettyFactory }: typeof import('pino-pretty') = require('pino-pretty');
  const toText = prettyFactory({ colorize: process.stderr.isTTY, ignore: 'pid,hostname,name', singleLine: true });
  return (line) => lines.write(toText(line));
}
