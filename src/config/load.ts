import { LineCounter, parseDocument } from 'yaml';
import type { Settings } from '../shared/setting.js';
import { type Config, ConfigError, type ConfigOptions, type ConfigProblem, type ParsedConfig } from './config.js';
import { namedFiles, readNamedFiles } from './named-files.js';
import { nowhere, type Path, type Place, type PlaceOf } from './places.js';
import { type ConfigText, readConfigFile } from './source.js';
import { type ModuleSettings, modulesIn, type Validation, validate } from './validate.js';
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
  return { config: complete(parsed, options, modules), placeOf: parsed.placeOf };
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
  const { config, problems } = validationOf(parseYaml(text, variables), options);
  if (!config || problems.length > 0) throw new ConfigError(problems);
  return config;
}

/**
 * Makes a configuration of a plain value with the keys of YAML, integers as number or bigint. Reads the files that it
 * names, loads no module. Throws ConfigError.
 */
export function parseConfig(value: unknown, options: ConfigOptions): Config {
  return complete({ value, problems: [], placeOf: nowhere, isIncomplete: () => false }, options);
}

/** Reads the files of a configuration, even of one that has problems: all are named at once. */
function complete(parsed: Parsed, options: ConfigOptions, modules?: ModuleSettings): Config {
  const { value, placeOf } = parsed;
  const { config, problems } = validationOf(parsed, options, modules);
  if (!config || problems.length > 0) {
    const files = readNamedFiles(namedFiles(value, options.directory), placeOf);
    throw new ConfigError([...problems, ...files.problems]);
  }
  const { problems: ofFiles, ...files } = readNamedFiles(config, placeOf);
  if (ofFiles.length > 0) throw new ConfigError(ofFiles);
  return { ...config, ...files };
}

interface Parsed {
  readonly value: unknown;
  /** Those of the YAML that leave its structure certain. */
  readonly problems: readonly ConfigProblem[];
  readonly placeOf: PlaceOf;
  /** Whether the value at a path is not what it will be, as one of its `problems` says. */
  readonly isIncomplete: (path: Path) => boolean;
}

/** The problems of the YAML among those of its values. */
function validationOf(parsed: Parsed, options: ConfigOptions, modules?: ModuleSettings): Validation {
  const { config, problems } = validate(parsed.value, options, parsed, modules);
  return { config, problems: [...parsed.problems, ...problems] };
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
      // All that follows comes of it.
      .filter(({ line }) => unquoted.every((each) => line < each.line)),
  ];
  // After any other error the structure is uncertain, and problems of keys would mislead.
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) throw new ConfigError(problems);
  const { isIncomplete, ...unset } = putVariables(document, variables, placeAt);
  problems.push(...unset.problems);
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return { value, problems, placeOf: (path) => placeAt(offsetOf(document.contents, path)), isIncomplete };
  } catch {
    throw new ConfigError([...problems, aliasProblem(document, placeAt)]);
  }
}
