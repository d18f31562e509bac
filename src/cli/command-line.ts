import type { Environment } from './environment.js';
import type { Io } from './io.js';
import type { Configurations } from './load-config.js';

/** What every command has. */
export interface CommandLine extends Io {
  /** Throws an Error with one line for the operator. */
  readonly environment: () => Environment;
  readonly configurations: Configurations;
  /** Prints a line on standard output. */
  readonly print: (line: string) => void;
  /** Tells the operator in a line, beside the output. */
  readonly tell: (line: string) => void;
  /** Has the command end as one that failed, though it said all there is to say. */
  readonly setFailed: () => void;
}
