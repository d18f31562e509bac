import type { z } from 'zod';
import type { TlsFiles, TlsPaths } from '../upstream/tls-files.js';
import type { applicationSchema } from './application-schema.js';
import type { configSchema } from './schema.js';

export type { ConfigOptions } from './schema.js';

type ParsedApplication = z.output<ReturnType<typeof applicationSchema>>;

/** What the text of a configuration says, with the files that it names not read yet. */
export interface ParsedConfig extends Omit<z.output<ReturnType<typeof configSchema>>, 'applications'> {
  /** At least one, each with an apiKey of its own. */
  readonly applications: readonly ParsedApplication[];
}

/** An application with what its files for TLS contain, in place of their paths. */
export interface ApplicationConfig extends Omit<ParsedApplication, keyof TlsPaths> {
  readonly tls: TlsFiles;
}

/** A configuration that is complete: no file is read after it. */
export interface Config extends Omit<ParsedConfig, 'applications'> {
  readonly applications: readonly ApplicationConfig[];
}

export interface ConfigProblem {
  /** From 1; 0 where there is no line. */
  readonly line: number;
  /** One line, for the operator. Holds no value of the configuration, which may be secret. */
  readonly message: string;
}

/** Everything that is wrong with a configuration, in the order of its lines. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const different = new Map(problems.map((problem) => [`${problem.line} ${problem.message}`, problem]));
    const sorted = [...different.values()].sort((a, b) => a.line - b.line);
    super(sorted.map(({ line, message }) => (line === 0 ? message : `line ${line}: ${message}`)).join('\n'));
    this.name = 'ConfigError';
    this.problems = sorted;
  }
}
