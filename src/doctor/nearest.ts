import { closest, distance } from 'fastest-levenshtein';

/** The name that a misspelt one stands for; undefined where none is near. */
export function nearest(misspelt: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const found = closest(misspelt, [...names]);
  // More than a third of its letters wrong is another word.
  return distance(misspelt, found) <= Math.ceil(found.length / 3) ? found : undefined;
}
