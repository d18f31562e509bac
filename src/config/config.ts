import type { z } from 'zod';
import type { TlsFiles, TlsPaths } from '../upstream/tls-files.js';
import type { applicationSchema } from './application-schema.js';
import type { ConfigProblem } from './places.js';
import type { configSchema } from './schema.js';

export type { ConfigProblem } from './places.js';
export type { ConfigOptions } from './schema.js';

type ParsedApplication = z.output<ReturnType<typeof applicationSchema>>;

/** A configuration as written: the files for TLS are paths, not read yet. */
export interface ParsedConfig extends Omit<z.output<ReturnType<typeof configSchema>>, 'applications'> {
  /** At least one, each with an apiKey of its own. */
  readonly applications: readonly ParsedApplication[];
}

/** An application whose files for TLS are read: their contents stand in place of their paths. */
export interface ApplicationConfig extends Omit<ParsedApplication, keyof TlsPaths> {
  readonly tls: TlsFiles;
}

/** The `admin` listener. */
export interface AdminConfig {
  readonly host: string;
  readonly port: number;
  /** Undefined where it has no console. The console of a listener on loopback may have no password. */
  readonly console: { readonly password?: string } | undefined;
}

/** A complete configuration. The files that it named are not read again. */
export interface Config extends Omit<ParsedConfig, 'applications' | 'admin'> {
  readonly admin: AdminConfig | undefined;
  readonly applications: readonly ApplicationConfig[];
}

/** Every problem of a configuration, each once, in the order of its lines. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const different = new Map(problems.map((problem) => [`${problem.line} ${problem.message}`, problem]));
    const sorted = [...different.values()].sort((a, b) => a.line - b.line || a.column - b.column);
    super(sorted.map(({ line, message }) => (line === 0 ? message : `line ${line}: ${message}`)).join('\n'));
    this.name = 'ConfigError';
    this.problems = sorted;
  }
}
