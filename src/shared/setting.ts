import type { CamelCase } from './camel-case.js';

/** A key that a provider adds to the configuration of its applications. Plain data, so that a module can declare it. */
export type Setting = TextSetting | ChoiceSetting;

interface TextSetting {
  readonly kind: 'text';
  /** For the operator, in the table of the configuration. */
  readonly description: string;
  readonly default?: string;
}

interface ChoiceSetting {
  readonly kind: 'choice';
  readonly choices: readonly string[];
  readonly description: string;
  /** One of the choices. */
  readonly default?: string;
}

/** The settings of a provider under their keys, in snake_case. */
export type Settings = Readonly<Record<string, Setting>>;

/** The values of settings, under their keys in camelCase. Absent: neither configured nor given a default. */
export type SettingValues<Declared extends Settings = Settings> = {
  readonly [Key in keyof Declared as Key extends string ? CamelCase<Key> : never]?:
    | (Declared[Key] extends { readonly choices: readonly (infer Choice)[] } ? Choice : string)
    | undefined;
};
