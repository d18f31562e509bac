import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { codeOf } from '../shared/errors.js';
import type { Settings } from '../shared/setting.js';
import { readTlsFiles } from '../upstream/tls-files.js';
import { type Config, ConfigError, type ConfigOptions, type ConfigProblem, type ParsedConfig } from './config.js';
import { adminOf } from './console-password.js';
import { limitsStoreOf } from './limits-store.js';
import { type LineOf, type ModuleSettings, modulesIn, validate } from './validate.js';
import { putVariables, type Variables } from './variables.js';
import { aliasProblem, lastScalar, offsetOf, yamlMessage } from './yaml-problems.js';

export interface LoadOptions extends Omit<ConfigOptions, 'directory'> {
  /**
   * Loads the module that a `provider` names, for the settings that it declares. Where it throws, an application of
   * that module may have any key: connecting it throws the same error, which is the one to show. Without it, modules
   * have no settings.
   */
  readonly loadProvider?: (module: string) => Promise<{ readonly settings?: Settings | undefined }>;
  /** Those that `${NAME}` stands for in a value; none unless given. */
  readonly variables?: Variables;
}

/**
 * Loads the configuration in a YAML file, and the files that it names. Relative paths start in its directory.
 * Throws ConfigError.
 */
export async function loadConfig(file: string, { loadProvider, variables, ...known }: LoadOptions): Promise<Config> {
  const unusable = (why: string) => new ConfigError([{ line: 0, message: `${file} ${why}` }]);
  const bytes = await readFile(file).catch((error: unknown) => {
    const code = codeOf(error);
    throw unusable(
      code === 'ENOENT'
        ? 'does not exist; name an existing configuration file'
        : `cannot be read (${code}); name a file that this user may read`,
    );
  });
  if (!isUtf8(bytes)) throw unusable('is not UTF-8 text; save it as UTF-8');
  const options = { ...known, directory: dirname(resolve(file)) };
  const parsed = parseYaml(bytes.toString('utf8'), variables);
  const modules = loadProvider && (await loadSettings(modulesIn(parsed.value, options), loadProvider));
  return withFiles(validated(parsed, options, modules), parsed.lineOf);
}

async function loadSettings(
  modules: Iterable<string>,
  loadProvider: NonNullable<LoadOptions['loadProvider']>,
): Promise<ModuleSettings> {
  const settingsOf = (module: string) =>
    loadProvider(module).then(
      ({ settings = {} }) => settings,
      () => 'unknown' as const,
    );
  return new Map(await Promise.all([...modules].map(async (module) => [module, await settingsOf(module)] as const)));
}

/** Parses a configuration in a YAML text. Reads no file that it names, loads no module. Throws ConfigError. */
export function readConfig(
  text: string,
  { variables, ...options }: ConfigOptions & Pick<LoadOptions, 'variables'>,
): ParsedConfig {
  return validated(parseYaml(text, variables), options);
}

/**
 * Makes a configuration of a plain value with the keys of YAML, integers as number or bigint. Reads the files that it
 * names, loads no module. Throws ConfigError.
 */
export function parseConfig(value: unknown, options: ConfigOptions): Config {
  const lineOf = () => 0;
  return withFiles(validated({ value, problems: [], lineOf }, options), lineOf);
}

function withFiles(config: ParsedConfig, lineOf: LineOf): Config {
  const { admin, problems: ofAdmin } = adminOf(config, lineOf);
  const { limitsStore, problems: ofLimitsStore } = limitsStoreOf(config, lineOf);
  const problems = [...ofAdmin, ...ofLimitsStore];
  const applications = config.applications.map(({ caFile, clientCertFile, clientKeyFile, ...application }, index) => {
    const tls = readTlsFiles({ caFile, clientCertFile, clientKeyFile });
    for (const { key, message } of tls.problems) {
      const line = lineOf(['applications', index, key]);
      problems.push({ line, message: `applications[${index}].${key} ${message}` });
    }
    return { ...application, tls: tls.files };
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return { ...config, limitsStore, admin, applications };
}

interface Parsed {
  readonly value: unknown;
  /** Those of the YAML that leave its structure certain. */
  readonly problems: readonly ConfigProblem[];
  readonly lineOf: LineOf;
}

function validated(
  { value, problems, lineOf }: Parsed,
  options: ConfigOptions,
  modules?: ModuleSettings,
): ParsedConfig {
  const result = validate(value, options, lineOf, modules);
  if (result.config === undefined || problems.length > 0) throw new ConfigError([...problems, ...result.problems]);
  return result.config;
}

function parseYaml(text: string, variables: Variables = {}): Parsed {
  const lines = new LineCounter();
  // The pretty messages quote the text, secrets included.
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
  // After any other error the structure is uncertain, and problems of keys would mislead.
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) throw new ConfigError(problems);
  const unset = putVariables(document, variables, lineAt);
  if (unset.length > 0) throw new ConfigError([...problems, ...unset]);
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return { value, problems, lineOf: (path) => lineAt(offsetOf(document.contents, path)) };
  } catch {
    throw new ConfigError([...problems, aliasProblem(document, lineAt)]);
  }
}
