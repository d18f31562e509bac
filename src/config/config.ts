import type { z } from 'zod';
import type { applicationSchema } from './application-schema.js';
import type { configSchema } from './schema.js';

export type { ConfigOptions } from './schema.js';

export type ApplicationConfig = z.output<ReturnType<typeof applicationSchema>>;

export interface Config extends Omit<z.output<ReturnType<typeof configSchema>>, 'applications'> {
  /** At least one, each with an apiKey of its own. */
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
