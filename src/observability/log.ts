import { destination, type Logger, pino } from 'pino';

export type Log = Logger;

/** A log of JSON lines on standard error, from this level up. */
export function createLog(level: 'info' | 'warn' = 'info'): Log {
  return pino({ name: 'boxbridge', level }, destination(2));
}
