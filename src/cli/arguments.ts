import { InvalidArgumentError } from 'commander';

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
