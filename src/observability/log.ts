import { destination, type Logger, pino } from 'pino';

export type Log = Logger;

/** One JSON line an event, on standard error; of the lesser ones none where the level is `warn`. */
export function createLog(level: 'info' | 'warn' = 'info'): Log {
  return pino({ name: 'boxbridge', level }, destination(2));
}
