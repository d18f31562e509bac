import { LineCounter, parseDocument } from 'yaml';
import type { Settings } from '../shared/setting.js';
import { readTlsFiles } from '../upstream/tls-files.js';
import { type Config, ConfigError, type ConfigOptions, type ConfigProblem, type ParsedConfig } from './config.js';
import { adminOf } from './console-password.js';
import { nowhere, type Place, type PlaceOf, problemAt } from './places.js';
import { type ConfigText, readConfigFile } from './source.js';
import { type ModuleSettings, modulesIn, validate } from './validate.js';
import { putVariables, UNQUOTED_VARIABLE, unquotedVariables, type Variables } from './variables.js';
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

/** A configuration that was written as a text. */
export interface LocatedConfig {
  readonly config: Config;
  readonly placeOf: PlaceOf;
}

/** Loads the configuration in a YAML file, and the files that it names. Throws ConfigError. */
export async function loadConfig(file: string, options: LoadOptions): Promise<Config> {
  return (await locateConfig(await readConfigFile(file), options)).config;
}

/** The same of a text that is read already, and where its values are. Throws ConfigError. */
export async function locateConfig(
  { text, directory }: ConfigText,
  { loadProvider, variables, ...known }: LoadOptions,
): Promise<LocatedConfig> {
  const options = { ...known, directory };
  const parsed = parseYaml(text, variables);
  const modules = loadProvider && (await loadSettings(modulesIn(parsed.value, options), loadProvider));
  const { placeOf } = parsed;
  return { config: withFiles(validated(parsed, options, modules), placeOf), placeOf };
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

/**
 * Parses a configuration in a YAML text. Of the files that it names, reads those alone that have a secret in place of a value;
 * loads no module. Throws ConfigError.
 */
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
  return withFiles(validated({ value, problems: [], placeOf: nowhere }, options), nowhere);
}

function withFiles(config: ParsedConfig, placeOf: PlaceOf): Config {
  const { admin, problems: ofAdmin } = adminOf(config, placeOf);
  const problems = [...ofAdmin];
  const applications = config.applications.map(({ caFile, clientCertFile, clientKeyFile, ...application }, index) => {
    const tls = readTlsFiles({ caFile, clientCertFile, clientKeyFile });
    for (const { key, message } of tls.problems) {
      problems.push(problemAt(placeOf, ['applications', index, key], message));
    }
    return { ...application, tls: tls.files };
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return { ...config, admin, applications };
}

interface Parsed {
  readonly value: unknown;
  /** Those of the YAML that leave its structure certain. */
  readonly problems: readonly ConfigProblem[];
  readonly placeOf: PlaceOf;
}

function validated(
  { value, problems, placeOf }: Parsed,
  options: ConfigOptions,
  modules?: ModuleSettings,
): ParsedConfig {
  const result = validate(value, options, placeOf, modules);
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
  const placeAt = (offset: number): Place => {
    const { line, col: column } = lines.linePos(offset);
    return { line, column };
  };
  const errors = [...document.errors, ...document.warnings];
  const unquoted = unquotedVariables(errors, text).map(placeAt);
  const problems = [
    ...unquoted.map((place) => ({ ...place, path: '', message: UNQUOTED_VARIABLE })),
    ...errors
      .map(({ code, message, pos }) => ({
        ...placeAt(message.startsWith('Missing closing') ? lastScalar(document) : pos[0]),
        path: '',
        message: yamlMessage(code, message, text.slice(pos[0])),
      }))
      // All that follows in its line comes of it.
      .filter(({ line }) => !unquoted.some((each) => each.line === line)),
  ];
  // After any other error the structure is uncertain, and problems of keys would mislead.
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) throw new ConfigError(problems);
  const unset = putVariables(document, variables, placeAt);
  if (unset.length > 0) throw new ConfigError([...problems, ...unset]);
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return { value, problems, placeOf: (path) => placeAt(offsetOf(document.contents, path)) };
  } catch {
    throw new ConfigError([...problems, aliasProblem(document, placeAt)]);
  }
}
