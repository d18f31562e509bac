import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import type { StorePlace } from '../store/open.js';
import { readTlsFiles } from '../upstream/tls-files.js';
import { examine } from './schema.js';
import { aliasProblem, lastScalar, offsetOf, yamlMessage } from './yaml-problems.js';

export interface Config {
  readonly listen: { readonly host: string; readonly port: number };
  /** Without a slash at the end. Absent: what `listen` says. */
  readonly publicUrl?: string | undefined;
  /** Whether X-Forwarded-Proto and X-Forwarded-Host are honoured: from nobody, from all, or from these addresses. */
  readonly trustProxy: boolean | readonly string[];
  readonly store: StorePlace;
  readonly keyFile: string;
  readonly admin?: { readonly host: string; readonly port: number } | undefined;
  /** Of each address; absent: any. */
  readonly rate?: Rate | undefined;
  readonly limits: {
    readonly bodyBytes: number;
    readonly xmlDepth: number;
    readonly concurrentCalls: number;
    readonly upstreamTimeoutMs: number;
    /** How long a caller may take to send a request. */
    readonly requestTimeoutMs: number;
    readonly shutdownMs: number;
  };
  /** At least one, each with an apiKey of its own. */
  readonly applications: readonly ApplicationConfig[];
}

/** How many calls are answered. */
interface Rate {
  readonly perMinute: number;
}

export interface ApplicationConfig {
  readonly apiKey: string;
  readonly name: string;
  /** One of the known names, or what `import` takes: an absolute path or the name of a package's module. */
  readonly provider: string;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly credentials: 'passthrough' | 'vault';
  /** Absent: every action that the provider can. */
  readonly actions?: readonly string[] | undefined;
  readonly redirectUrl?: string | undefined;
  /** Bytes, 0 to 2^63-1. */
  readonly defaults: {
    readonly spaceAmount?: bigint | undefined;
    readonly spaceUsed?: bigint | undefined;
    readonly maxUploadSize?: bigint | undefined;
  };
  readonly unknownNumbers: 'auto' | 'nil' | 'omit' | 'zero';
  readonly faultStatus: 500 | 200;
  /** The character set of replies, by a name that `text.ts` knows. */
  readonly replyCharset: string;
  readonly cacheSeconds: number;
  readonly accountId?: string | undefined;
  readonly passwordKeys: 'kebab' | 'snake';
  /** Of its api_key; absent: any. */
  readonly rate?: Rate | undefined;
  /** How long an auth_token lives that nobody logs out; absent: for ever. */
  readonly tokenDays?: number | undefined;
  /** PEM: the certification authorities of the modern API, instead of the public ones. */
  readonly caFile?: string | undefined;
  /** PEM: what the bridge shows to a modern API that asks who it is, and the key for it. */
  readonly clientCertFile?: string | undefined;
  readonly clientKeyFile?: string | undefined;
}

export interface ConfigOptions {
  /**
   * Where relative paths start: the directory of the configuration file. They are those of `store: sqlite:…`, of
   * `key_file`, and of a `provider` that begins with ./ or ../
   */
  readonly directory: string;
  /** The actions that an application may list. */
  readonly actions: readonly string[];
  /** The providers that go by a name. */
  readonly providers: readonly { readonly name: string; readonly publicBaseUrl: string }[];
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

/**
 * The configuration in a file, whose directory is where its relative paths start, once the files that it names for TLS
 * are read too. Throws ConfigError.
 */
export async function loadConfig(file: string, options: Omit<ConfigOptions, 'directory'>): Promise<Config> {
  const refuse = (why: string) => new ConfigError([{ line: 0, message: `${file} ${why}` }]);
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw refuse(
      error.code === 'ENOENT'
        ? 'does not exist; name an existing configuration file'
        : `cannot be read (${error.code}); name a file that this user may read`,
    );
  });
  if (!isUtf8(bytes)) throw refuse('is not UTF-8 text; save it as UTF-8');
  const { config, lineOf } = parsed(bytes.toString('utf8'), { ...options, directory: dirname(resolve(file)) });
  const problems = config.applications.map(async (application, index) =>
    (await readTlsFiles(application)).problems.map(({ key, message }) => ({
      line: lineOf(['applications', index, key]),
      message: `applications[${index}].${key} ${message}`,
    })),
  );
  const all = (await Promise.all(problems)).flat();
  if (all.length > 0) throw new ConfigError(all);
  return config;
}

/** The configuration in a YAML text; no file that it names is read. Throws ConfigError. */
export function readConfig(text: string, options: ConfigOptions): Config {
  return parsed(text, options).config;
}

type LineOf = (path: readonly PropertyKey[]) => number;

function parsed(text: string, options: ConfigOptions): { config: Config; lineOf: LineOf } {
  const lines = new LineCounter();
  // Plain messages: the decorated ones quote the text, secrets included.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    intAsBigInt: true,
    stringKeys: true,
  });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const problems = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    line: lineAt(message.startsWith('Missing closing') ? lastScalar(document) : pos[0]),
    message: yamlMessage(code, message, text.slice(pos[0])),
  }));
  // After any other error the structure is a guess, and what it says about keys would mislead.
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) throw new ConfigError(problems);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch {
    throw new ConfigError([...problems, aliasProblem(document, lineAt)]);
  }
  const lineOf: LineOf = (path) => lineAt(offsetOf(document.contents, path));
  const result = examine(value, options, lineOf);
  if (result.config === undefined || problems.length > 0) throw new ConfigError([...problems, ...result.problems]);
  return { config: result.config, lineOf };
}

/** The configuration in a plain value: the same keys as in YAML, integers as number or bigint. Throws ConfigError. */
export function parseConfig(value: unknown, options: ConfigOptions): Config {
  const { config, problems } = examine(value, options, () => 0);
  if (config === undefined) throw new ConfigError(problems);
  return config;
}
