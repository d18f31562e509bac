import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { readTlsFiles } from '../upstream/tls-files.js';
import { type Config, ConfigError, type ConfigOptions } from './config.js';
import { type LineOf, validate } from './validate.js';
import { aliasProblem, lastScalar, offsetOf, yamlMessage } from './yaml-problems.js';

/**
 * The configuration in a file, whose directory is where its relative paths start, once the files that it names for TLS
 * are read too. Throws ConfigError.
 */
export async function loadConfig(file: string, options: Omit<ConfigOptions, 'directory'>): Promise<Config> {
  const unusable = (why: string) => new ConfigError([{ line: 0, message: `${file} ${why}` }]);
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw unusable(
      error.code === 'ENOENT'
        ? 'does not exist; name an existing configuration file'
        : `cannot be read (${error.code}); name a file that this user may read`,
    );
  });
  if (!isUtf8(bytes)) throw unusable('is not UTF-8 text; save it as UTF-8');
  const { config, lineOf } = parseYaml(bytes.toString('utf8'), { ...options, directory: dirname(resolve(file)) });
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
  return parseYaml(text, options).config;
}

function parseYaml(text: string, options: ConfigOptions): { config: Config; lineOf: LineOf } {
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
  const result = validate(value, options, lineOf);
  if (result.config === undefined || problems.length > 0) throw new ConfigError([...problems, ...result.problems]);
  return { config: result.config, lineOf };
}

/** The configuration in a plain value: the same keys as in YAML, integers as number or bigint. Throws ConfigError. */
export function parseConfig(value: unknown, options: ConfigOptions): Config {
  const { config, problems } = validate(value, options, () => 0);
  if (config === undefined) throw new ConfigError(problems);
  return config;
}
