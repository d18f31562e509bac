import { destination, type Logger, pino } from 'pino';

export type Log = Logger;

/** One JSON line an event, on standard error. */
export function createLog(): Log {
  return pino({ name: 'boxbridge' }, destination(2));
}
