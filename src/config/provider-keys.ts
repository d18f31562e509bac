import { resolve } from 'node:path';
import { camelCased } from '../shared/camel-case.js';
import type { Settings } from '../shared/setting.js';
import type { ConfigOptions } from './schema.js';
import { BASE_URL, HTTP, isBaseUrl, pattern, settingsObject, trimTrailingSlashes } from './validators.js';

/** The provider that an application names, as far as it is known. */
export interface NamedProvider {
  readonly publicBaseUrl?: string | undefined;
  /** `unknown` where its module cannot be loaded: an unknown key may be one of its settings, and is accepted. */
  readonly settings?: Settings | 'unknown' | undefined;
}

/** A `provider` that names a module, not one of the list. */
const MODULE = /\/|\.m?js$/;
export const isModule = (provider: string) => MODULE.test(provider);

/** What `import` takes: an absolute path or the name of a package's module. */
export const resolveModule = (directory: string, provider: string) =>
  /^\.\.?\//.test(provider) ? resolve(directory, provider) : provider;

/** The keys that name a modern API. `taken` gives the settings of its provider that have the name of another key. */
export function providerKeys(
  { directory, providers }: ConfigOptions,
  { publicBaseUrl }: NamedProvider,
  taken: () => readonly string[],
) {
  const names = providers.map(({ name }) => name);
  return {
    /** One of the names, or what `import` takes: an absolute path or the name of a package's module. */
    provider: pattern(
      `${names.join(', ')} or the path of a module such as ./provider.js`,
      (provider) => names.includes(provider) || isModule(provider),
      { names },
    )
      .refine(() => taken().length === 0, {
        error: () => `declares ${taken().join(', ')}, which every application has; give its settings other names`,
      })
      .transform((provider) => resolveModule(directory, provider))
      .meta({
        description: `${names.map((name) => `\`${name}\``).join(', ')}, or the path of a module of your own`,
        anyOf: [{ enum: names }, { pattern: MODULE.source }],
      }),
    /** Without a slash at the end. */
    base_url: pattern(publicBaseUrl === undefined ? BASE_URL : `${BASE_URL}, such as ${publicBaseUrl}`, isBaseUrl, HTTP)
      .transform(trimTrailingSlashes)
      .describe(
        `where that API is: ${providers.map((known) => `\`${known.publicBaseUrl}\` for ${known.name}`).join(', ')}`,
      ),
  };
}

/** The settings of a provider in a block with these keys. */
export function settingsBeside(shape: object, settings: NamedProvider['settings'] = {}) {
  const declared = Object.entries(settings === 'unknown' ? {} : settings);
  const taken = declared.map(([key]) => key).filter((key) => Object.hasOwn(shape, key));
  const own = Object.fromEntries(declared.filter(([key]) => !taken.includes(key)));
  const allowed = [...Object.keys(shape), ...Object.keys(own)];
  const block = settingsObject(own, allowed);
  const values = (settings === 'unknown' ? block.strip() : block).transform((given) => ({
    settings: camelCased(given),
  }));
  return {
    /** Those that have the name of a key beside them, which cannot be. */
    taken,
    /** All keys of the block. */
    allowed,
    values,
  };
}
