/** A name in snake_case, in camelCase. */
export type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/** The same values under the same names in camelCase. */
export type CamelCased<T> = { readonly [Name in keyof T as Name extends string ? CamelCase<Name> : Name]: T[Name] };

/** Renames the properties of an object from snake_case to camelCase; nested objects stay as they are. */
export function camelCased<T extends object>(value: T): CamelCased<T>;
export function camelCased(value: object): object {
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase()),
      item,
    ]),
  );
}

/** The legacy form of a modern name: `storage_limit` for `storageLimit`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
