import type { CamelCase } from './camel-case.js';

/** A key of an application's configuration that its provider declares. It is plain data: a module may hold it too. */
export type Setting = TextSetting | ChoiceSetting;

interface TextSetting {
  readonly kind: 'text';
  /** For the operator: what it says. */
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

/** What the configuration says: under each key in camelCase a text or one of the choices, absent where neither the configuration nor the default has one. */
export type SettingValues<Declared extends Settings = Settings> = {
  readonly [Key in keyof Declared as Key extends string ? CamelCase<Key> : never]?:
    | (Declared[Key] extends { readonly choices: readonly (infer Choice)[] } ? Choice : string)
    | undefined;
};
