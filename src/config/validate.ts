import { z } from 'zod';
import { applicationSchema } from './application-schema.js';
import type { ConfigOptions, ConfigProblem, ParsedConfig } from './config.js';
import { isModule, type NamedProvider, resolveModule } from './provider-keys.js';
import { configSchema } from './schema.js';

type Path = readonly PropertyKey[];
/** The line where the value at a path stands, from 1; 0 where there are no lines. */
export type LineOf = (path: Path) => number;

export interface Validation {
  /** Absent if there are problems. */
  readonly config: ParsedConfig | undefined;
  readonly problems: readonly ConfigProblem[];
}

/** The applications of a configuration, valid or not, and what can be read of each. */
const applicationsOf = (value: unknown) =>
  z.object({ applications: z.array(z.unknown()) }).safeParse(value).data?.applications ?? [];
const providerOf = (application: unknown) => z.object({ provider: z.string() }).safeParse(application).data?.provider;
const shadowOf = (application: unknown) => z.object({ shadow: z.unknown() }).safeParse(application).data?.shadow;
const apiKeyOf = (application: unknown) => z.object({ api_key: z.string() }).safeParse(application).data?.api_key;

/** The settings of modules, under what `import` takes. */
export type ModuleSettings = ReadonlyMap<string, NamedProvider['settings']>;

/** The modules that a configuration names as providers, in the form that `import` takes. */
export function modulesIn(value: unknown, { directory, providers }: ConfigOptions): Set<string> {
  const named = applicationsOf(value)
    .flatMap((application) => [application, shadowOf(application)])
    .map((block) => providerOf(block) ?? '');
  const modules = named.filter((provider) => isModule(provider) && !providers.some(({ name }) => name === provider));
  return new Set(modules.map((module) => resolveModule(directory, module)));
}

/**
 * Checks a plain value against the schema, that no two applications share an api_key, and that those to record are there. A module that is not among
 * `modules` has no settings.
 */
export function validate(
  value: unknown,
  options: ConfigOptions,
  lineOf: LineOf,
  modules: ModuleSettings = new Map(),
): Validation {
  const known = (block: unknown): NamedProvider => {
    const provider = providerOf(block) ?? '';
    const settings = modules.get(resolveModule(options.directory, provider));
    return options.providers.find(({ name }) => name === provider) ?? { settings };
  };
  const config = configSchema(options).safeParse(value);
  const applications = applicationsOf(value).map((application) =>
    applicationSchema(options, known(application), known(shadowOf(application))).safeParse(application),
  );
  const problems = [
    ...toProblems(config.error, [], lineOf),
    ...applications.flatMap(({ error }, index) => toProblems(error, ['applications', index], lineOf)),
    ...duplicateProblems(applicationsOf(value).map(apiKeyOf), lineOf),
    ...strangerProblems(
      config.data?.record?.applications ?? [],
      applications.map(({ data }) => data?.name),
      lineOf,
    ),
  ];
  if (!config.data || problems.length > 0) return { config: undefined, problems };
  return { config: { ...config.data, applications: applications.flatMap(({ data }) => data ?? []) }, problems };
}

function duplicateProblems(apiKeys: readonly (string | undefined)[], lineOf: LineOf): ConfigProblem[] {
  const pathOf = (index: number) => ['applications', index, 'api_key'];
  return apiKeys.flatMap((apiKey, index) => {
    const first = apiKeys.indexOf(apiKey);
    if (apiKey === undefined || first === index) return [];
    const line = lineOf(pathOf(first));
    const other = line === 0 ? formatPath(pathOf(first)) : `${formatPath(pathOf(first))} in line ${line}`;
    const path = pathOf(index);
    return {
      line: lineOf(path),
      message: `${formatPath(path)} is the same as ${other}; give each application its own`,
    };
  });
}

/** `names` are those of the applications, undefined for one that has problems of its own. */
function strangerProblems(
  recorded: readonly string[],
  names: readonly (string | undefined)[],
  lineOf: LineOf,
): ConfigProblem[] {
  if (names.includes(undefined)) return [];
  return recorded.flatMap((name, index) => {
    const path = ['record', 'applications', index];
    return names.includes(name)
      ? []
      : { line: lineOf(path), message: `${formatPath(path)} must be the name of an application` };
  });
}

/** One problem for each issue, and for each key that is not known. The issues are those of the value at `base`. */
function toProblems(error: z.ZodError | undefined, base: Path, lineOf: LineOf): ConfigProblem[] {
  return (error?.issues ?? []).flatMap((issue) => {
    const path = [...base, ...issue.path];
    const { message } = issue;
    if (issue.code !== 'unrecognized_keys') return { line: lineOf(path), message: `${formatPath(path)} ${message}` };
    return issue.keys.map((key) => {
      const wrong = isPrintableKey(key)
        ? `${formatPath([...path, key])} is not a known key`
        : `${formatPath(path)} has a key that is not known`;
      return { line: lineOf([...path, key]), message: `${wrong}; ${message}` };
    });
  });
}

/** Anything that does not look like a key may be a secret in the wrong place, and MUST NOT be printed. */
const isPrintableKey = (text: string) => /^[a-z_-]{1,24}$/i.test(text);

const formatPath = (path: Path) =>
  path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '') || 'the configuration';
