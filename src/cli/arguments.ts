import { InvalidArgumentError } from 'commander';
import { timeIn } from '../shared/iso-time.js';

/** Where to listen; an option that is absent is left to the configuration. */
export interface AddressOptions {
  readonly host?: string;
  readonly port?: number;
}

export function toHost(text: string): string {
  if (text === '') throw new InvalidArgumentError('A host is a name or an address.');
  return text;
}

export function toPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65535)) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

export function toWorkers(text: string): number {
  const workers = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (workers === 0) throw new InvalidArgumentError('A number of workers is from 1 to 999.');
  return workers;
}

const HOUR_MS = 3_600_000;
const UNITS_MS: Readonly<Record<string, number>> = { h: HOUR_MS, d: 24 * HOUR_MS };

/** A time, or how long ago it was; gives milliseconds since 1970. */
export function toSince(text: string): number {
  const [, count, unit = ''] = /^(\d{1,5})([hd])$/.exec(text) ?? [];
  const since = count === undefined ? timeIn(text) : Date.now() - Number(count) * (UNITS_MS[unit] ?? 0);
  if (since === undefined)
    throw new InvalidArgumentError('A time is such as 30d, 12h, 2026-01-31 or 2026-01-31T08:00Z.');
  return since;
}
