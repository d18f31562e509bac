/** The steps to a value: keys, and indexes of lists. */
export type Path = readonly PropertyKey[];

/** Where something stands in a text, each from 1; 0 where there is no text. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface ConfigProblem extends Place {
  /** The key, such as `applications[0].api_key`; empty where it is none, or the text of a key may be secret. */
  readonly path: string;
  /** One line, for the operator. Holds no value of the configuration, which may be secret. */
  readonly message: string;
}

/** The place of the value at a path; of the nearest block around it where there is none. */
export type PlaceOf = (path: Path) => Place;

/** Of a value that no text has. */
export const nowhere: PlaceOf = () => ({ line: 0, column: 0 });

/** A path for the operator, such as `applications[0].api_key`; empty for the whole. */
export const formatPath = (path: Path) =>
  path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');

/** Anything that does not look like a key may be a secret in the wrong place, and MUST NOT be printed. */
export const isPrintableKey = (text: string) => /^[a-z_-]{1,24}$/i.test(text);

/** The problem of the value at a path, which `message` follows. */
export function problemAt(placeOf: PlaceOf, path: Path, message: string): ConfigProblem {
  const name = formatPath(path);
  return { ...placeOf(path), path: name, message: `${name || 'the configuration'} ${message}` };
}
