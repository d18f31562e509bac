import { z } from 'zod';
import { didYouMean } from '../shared/nearest.js';
import { applicationSchema } from './application-schema.js';
import type { ConfigOptions, ConfigProblem, ParsedConfig } from './config.js';
import { type WithSecrets, withSecrets } from './named-secrets.js';
import { formatPath, isPrintableKey, type Path, type PlaceOf, problemAt } from './places.js';
import { isModule, type NamedProvider, resolveModule } from './provider-keys.js';
import { configSchema } from './schema.js';

export interface Validation {
  /** Absent if there are problems. */
  readonly config: ParsedConfig | undefined;
  readonly problems: readonly ConfigProblem[];
}

/** How a value was written. */
interface Written {
  readonly placeOf: PlaceOf;
  /** Whether the value at a path is not what it will be: what is wrong with it is said already. */
  readonly isIncomplete: (path: Path) => boolean;
}

// Each is made once: to make a schema takes longer than to check with it.
const blocks = {
  applications: z.object({ applications: z.array(z.unknown()) }),
  provider: z.object({ provider: z.string() }),
  shadow: z.object({ shadow: z.unknown() }),
  apiKey: z.object({ api_key: z.string() }),
  any: z.looseObject({}),
};

/** The applications of a configuration, valid or not, and what can be read of each. */
const applicationsOf = (value: unknown) => blocks.applications.safeParse(value).data?.applications ?? [];
const providerOf = (application: unknown) => blocks.provider.safeParse(application).data?.provider;
const shadowOf = (application: unknown) => blocks.shadow.safeParse(application).data?.shadow;
const apiKeyOf = (application: unknown) => blocks.apiKey.safeParse(application).data?.api_key;

/** Whose settings a block has. */
interface Named {
  /** Absent where there is no block. */
  readonly name?: string;
  /** Which one it is cannot be told yet. */
  readonly isUnknown?: true;
}

type Said = Pick<WithSecrets, 'writtenAt' | 'isSaid'>;

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
 * Checks a plain value against the schema, that no two applications share an api_key, and that those to record are there. Reads the files that have
 * secrets in place of values. A module that is not among `modules` has no settings.
 */
export function validate(
  written: unknown,
  options: ConfigOptions,
  { placeOf, isIncomplete }: Written,
  modules: ModuleSettings = new Map(),
): Validation {
  const { value, ...secrets } = withSecrets(written, options.directory, placeOf);
  const said = { ...secrets, isSaid: (path: Path) => secrets.isSaid(path) || isIncomplete(path) };
  // Of which one a misspelt provider is, is for the operator to say.
  const allSettings = Object.fromEntries(options.providers.flatMap(({ settings = {} }) => Object.entries(settings)));
  const known = ({ name, isUnknown }: Named): NamedProvider => {
    if (isUnknown) return { settings: 'unknown' };
    if (name === undefined) return {};
    const found = options.providers.find((provider) => provider.name === name);
    if (found) return found;
    return { settings: isModule(name) ? modules.get(resolveModule(options.directory, name)) : allSettings };
  };
  const namedIn = (block: unknown, path: Path): Named => {
    if (isIncomplete([...path, 'provider'])) return { isUnknown: true };
    return blocks.any.safeParse(block).success ? { name: providerOf(block) ?? '' } : {};
  };
  const schemas = new Map<string, ReturnType<typeof applicationSchema>>();
  const schemaOf = (application: unknown, path: Path) => {
    const [own, shadow] = [namedIn(application, path), namedIn(shadowOf(application), [...path, 'shadow'])];
    const key = JSON.stringify([own, shadow]);
    const schema = schemas.get(key) ?? applicationSchema(options, known(own), known(shadow));
    schemas.set(key, schema);
    return schema;
  };
  const config = configSchema(options).safeParse(value);
  const applications = applicationsOf(value).map((application, index) =>
    schemaOf(application, ['applications', index]).safeParse(application),
  );
  const apiKeys = applicationsOf(value).map((application, index) =>
    isIncomplete(['applications', index, 'api_key']) ? undefined : apiKeyOf(application),
  );
  const problems = [
    ...secrets.problems,
    ...toProblems(config.error, [], said, placeOf),
    ...applications.flatMap(({ error }, index) => toProblems(error, ['applications', index], said, placeOf)),
    ...duplicateProblems(apiKeys, said, placeOf),
    ...strangerProblems(
      config.data?.record?.applications ?? [],
      applications.map(({ data }) => data?.name),
      placeOf,
    ),
  ];
  if (!config.data || problems.length > 0) return { config: undefined, problems };
  return { config: { ...config.data, applications: applications.flatMap(({ data }) => data ?? []) }, problems };
}

function duplicateProblems(
  apiKeys: readonly (string | undefined)[],
  { writtenAt }: Said,
  placeOf: PlaceOf,
): ConfigProblem[] {
  const pathOf = (index: number) => writtenAt(['applications', index, 'api_key']);
  const firsts = new Map<string, number>();
  return apiKeys.flatMap((apiKey, index) => {
    if (apiKey === undefined) return [];
    const first = firsts.get(apiKey);
    if (first === undefined) {
      firsts.set(apiKey, index);
      return [];
    }
    const { line } = placeOf(pathOf(first));
    const other = line === 0 ? formatPath(pathOf(first)) : `${formatPath(pathOf(first))} in line ${line}`;
    return problemAt(placeOf, pathOf(index), `is the same as ${other}; give each application its own`);
  });
}

/** `names` are those of the applications, undefined for one that has problems of its own. */
function strangerProblems(
  recorded: readonly string[],
  names: readonly (string | undefined)[],
  placeOf: PlaceOf,
): ConfigProblem[] {
  const known = names.filter((name) => name !== undefined);
  if (known.length < names.length) return [];
  return recorded.flatMap((name, index) => {
    const message = `must be the name of an application${didYouMean(name, known)}`;
    return known.includes(name) ? [] : problemAt(placeOf, ['record', 'applications', index], message);
  });
}

/** One problem for each issue, and for each key that is not known. The issues are those of the value at `base`. */
function toProblems(
  error: z.ZodError | undefined,
  base: Path,
  { writtenAt, isSaid }: Said,
  placeOf: PlaceOf,
): ConfigProblem[] {
  return (error?.issues ?? []).flatMap((issue) => {
    const path = [...base, ...issue.path];
    const { message } = issue;
    if (isSaid(path)) return [];
    if (issue.code !== 'unrecognized_keys') {
      const at = writtenAt(path);
      const isOfSecret = at !== path && message.startsWith('must be ');
      return problemAt(placeOf, at, isOfSecret ? `names a file whose first line ${message}` : message);
    }
    return issue.keys.map((key) => {
      const { place, wrong } = isPrintableKey(key)
        ? { place: [...path, key], wrong: `is not a known key${didYouMean(key, message.split(', '))}` }
        : { place: path, wrong: 'has a key that is not known' };
      const allowed = `${wrong.endsWith('?') ? ' The' : '; the'} keys allowed here are ${message}`;
      return { ...problemAt(placeOf, place, wrong + allowed), ...placeOf([...path, key]) };
    });
  });
}
