import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import {
  type Alias,
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
  visit,
} from 'yaml';
import { examine } from './config-schema.js';

export interface Config {
  readonly listen: { readonly host: string; readonly port: number };
  /** Without a slash at the end. Absent: what `listen` says. */
  readonly publicUrl?: string | undefined;
  /** Whether X-Forwarded-Proto and X-Forwarded-Host are honoured: from nobody, from all, or from these addresses. */
  readonly trustProxy: boolean | readonly string[];
  readonly store:
    | { readonly kind: 'sqlite'; readonly path: string }
    | { readonly kind: 'postgres'; readonly url: string };
  readonly keyFile: string;
  readonly admin?: { readonly host: string; readonly port: number } | undefined;
  readonly limits: {
    readonly bodyBytes: number;
    readonly xmlDepth: number;
    readonly concurrentCalls: number;
    readonly upstreamTimeoutMs: number;
    readonly shutdownMs: number;
  };
  /** At least one, each with an apiKey of its own. */
  readonly applications: readonly ApplicationConfig[];
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
  readonly cacheSeconds: number;
  readonly accountId?: string | undefined;
  readonly passwordKeys: 'kebab' | 'snake';
  /** How long an auth_token lives that nobody logs out; absent: for ever. */
  readonly tokenDays?: number | undefined;
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

/** The configuration in a file, whose directory is where its relative paths start. Throws ConfigError. */
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
  return readConfig(bytes.toString('utf8'), { ...options, directory: dirname(resolve(file)) });
}

/** The configuration in a YAML text. Throws ConfigError. */
export function readConfig(text: string, options: ConfigOptions): Config {
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
    message: yamlWords(code, message, text.slice(pos[0])),
  }));
  // After any other error the structure is a guess, and what it says about keys would mislead.
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) throw new ConfigError(problems);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch {
    throw new ConfigError([...problems, aliasProblem(document, lineAt)]);
  }
  const result = examine(value, options, (path) => lineAt(offsetOf(document.contents, path)));
  if (result.config === undefined || problems.length > 0) throw new ConfigError([...problems, ...result.problems]);
  return result.config;
}

/** The configuration in a plain value: the same keys as in YAML, integers as number or bigint. Throws ConfigError. */
export function parseConfig(value: unknown, options: ConfigOptions): Config {
  const { config, problems } = examine(value, options, () => 0);
  if (config === undefined) throw new ConfigError(problems);
  return config;
}

function yamlWords(code: string, message: string, from: string): string {
  if (code === 'DUPLICATE_KEY') {
    const key = /^["']?([a-z_]{1,24})["']?\s*:/.exec(from)?.[1] ?? 'this key';
    return `${key} is already given above in the same block; keep one of the two`;
  }
  if (code === 'MULTIPLE_DOCS') return 'a second YAML document begins here; keep one document in the file';
  if (code === 'NON_STRING_KEY') return 'a key must be a word, not a list or a block';
  if (code === 'RESOURCE_EXHAUSTION') return 'nested too deeply for a configuration';
  return `not valid YAML: ${message.replace(/(?<=\w): .*|(?<=escape sequence) .*/s, '')}`;
}

/** Where the last value of a document begins: a quote that is never closed reaches from there to the end. */
function lastScalar(document: Document.Parsed): number {
  let start = 0;
  visit(document, {
    Scalar: (_key, { range }) => {
      start = range?.[0] ?? start;
    },
  });
  return start;
}

function aliasProblem(document: Document.Parsed, lineAt: (offset: number) => number): ConfigProblem {
  const aliases: Alias[] = [];
  visit(document, { Alias: (_key, alias) => void aliases.push(alias) });
  const unset = aliases.find((alias) => alias.resolve(document) === undefined);
  const message = unset ? 'no anchor (&) above has the name of this alias (*)' : 'aliases (*) repeat too many values';
  return { line: lineAt((unset ?? aliases[0])?.range?.[0] ?? 0), message: `${message}; write the values out` };
}

/** Where the key or list item begins; for what is not there, the nearest block around it. */
function offsetOf(root: ParsedNode | null, path: readonly PropertyKey[]): number {
  let node = root;
  let offset = root?.range[0] ?? 0;
  for (const step of path) {
    if (isMap<ParsedNode, ParsedNode | null>(node)) {
      const pair = node.items.findLast(({ key }) => isScalar(key) && key.value === step);
      if (pair === undefined) break;
      offset = pair.key.range[0];
      node = pair.value;
    } else if (isSeq<ParsedNode>(node)) {
      node = node.items[Number(step)] ?? null;
      offset = node?.range[0] ?? offset;
    } else break;
  }
  return offset;
}
