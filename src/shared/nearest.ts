import { closest, distance } from 'fastest-levenshtein';

/** The name that a misspelt one stands for; undefined where none is near. */
export function nearest(misspelt: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const found = closest(misspelt, [...names]);
  // More than a third of its letters wrong is another word.
  return distance(misspelt, found) <= Math.ceil(found.length / 3) ? found : undefined;
}

/** The end of a message on a misspelt name; empty where none of `names` is near. The name itself is not in it. */
export function didYouMean(misspelt: unknown, names: readonly string[]): string {
  // A longer text is no name, and takes long to compare.
  const found = typeof misspelt === 'string' && misspelt.length <= 100 ? nearest(misspelt, names) : undefined;
  return found === undefined ? '' : `; did you mean ${found}?`;
}
