import type { Readable, Writable } from 'node:stream';
import type { Variables } from '../config/variables.js';

/** What a command runs on. */
export interface Io {
  /** Standard input; a terminal says so. */
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** Those of the environment. */
  readonly variables: Variables;
  /** Where a file is that the command line names. */
  readonly pathOf: (file: string) => string;
}
