import { lstatSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Config } from '../config/config.js';
import type { LocatedConfig } from '../config/load.js';
import type { ConfigText } from '../config/source.js';
import type { Io } from './io.js';

/** Which configuration a command takes. */
export interface ConfigChoice {
  /** A path, or `-` for standard input. */
  readonly file: string;
  /** How it was found where no argument named it, for the operator. */
  readonly by: string | undefined;
}

/**
 * The configuration of a command: that of `file`, the argument of `--config`, else of BOXBRIDGE_CONFIG, else ./bridge.yaml; `-`
 * is standard input. Throws an Error with a line for every problem, each with the file and its line. Where there is none, the
 * command line is wrong.
 */
type LoadConfig = (file: string | undefined) => Promise<Config>;

/** How a command finds its configuration, and reads it. */
export interface Configurations {
  /** Undefined where there is none. */
  readonly choose: (file: string | undefined) => ConfigChoice | undefined;
  /** Throws ConfigError. */
  readonly locate: (file: string) => Promise<LocatedConfig>;
  /** A configuration that was chosen. As LoadConfig. */
  readonly load: (chosen: ConfigChoice) => Promise<Config>;
  readonly loadConfig: LoadConfig;
}

/** What a command line gives to the loading of configurations. A command that reads `stdin` for something else does so before. */
export interface ConfigurationsOptions extends Pick<Io, 'variables' | 'stdin' | 'pathOf'> {
  /** Tells the operator in a line, beside the output. */
  readonly tell: (line: string) => void;
  /** Ends the command as one whose command line is wrong. */
  readonly misused: (message: string) => never;
}

const VARIABLE = 'BOXBRIDGE_CONFIG';
const DEFAULT_FILE = 'bridge.yaml';

export function createConfigurations({
  variables,
  stdin,
  pathOf,
  tell,
  misused,
}: ConfigurationsOptions): Configurations {
  let input: Promise<ConfigText> | undefined;

  const choose: Configurations['choose'] = (file) => {
    if (file !== undefined) return { file, by: undefined };
    const named = variables[VARIABLE];
    if (named) return { file: named, by: `named by ${VARIABLE}` };
    return isThere(pathOf(DEFAULT_FILE)) ? { file: DEFAULT_FILE, by: 'found in this folder' } : undefined;
  };
  /** Once: standard input can be read no second time. */
  const readInput = async () => {
    if (!input && stdin.readableEnded)
      misused('error: standard input is read for something else; name a file with the configuration');
    const { readConfigStream } = await import('../config/source.js');
    input ??= readConfigStream(stdin, nameOf('-'), resolve(pathOf('.')));
    return input;
  };
  // Loaded on demand: the schema is most of what a command loads, and not all of them need one.
  const locate: Configurations['locate'] = async (file) => {
    const { locateFile, locateText } = await import('./locate-config.js');
    return file === '-' ? locateText(await readInput(), variables) : locateFile(pathOf(file), file, variables);
  };
  const load: Configurations['load'] = async ({ file }) => {
    const { inLines } = await import('./locate-config.js');
    return (await locate(file).catch((error: unknown) => Promise.reject(inLines(error, nameOf(file))))).config;
  };
  return {
    choose,
    locate,
    load,
    loadConfig: async (file) => {
      const chosen = choose(file) ?? misused(`error: name a configuration: ${HOW_TO_NAME}`);
      if (chosen.by !== undefined) tell(`the configuration is ${nameOf(chosen.file)}, ${chosen.by}`);
      return load(chosen);
    },
  };
}

/** How a configuration is named, for the operator. */
export const HOW_TO_NAME = `--config FILE, or ${VARIABLE}, or ./${DEFAULT_FILE}`;

/** What `--config` takes. */
export const CONFIG_OPTION = ['--config <file>', `the configuration, a YAML file, - for standard input`] as const;

/** A configuration for the operator. */
export const nameOf = (file: string) => (file === '-' ? 'standard input' : file);

/** A link that leads nowhere is there: its configuration is missing. */
const isThere = (file: string) => lstatSync(file, { throwIfNoEntry: false }) !== undefined;
