import { de } from './de.js';
import { en } from './en.js';
import { es } from './es.js';
import { fr } from './fr.js';
import type { Texts } from './texts.js';

/** What the pages say, by language. The first is for those who accept none of them. */
export const catalogue = { en, de, fr, es } as const satisfies Record<string, Texts>;

export type Language = keyof typeof catalogue;

const isLanguage = (name: string): name is Language => Object.hasOwn(catalogue, name);

const names: readonly string[] = Object.keys(catalogue);

/** The language of the pages for a request; `accepts` gives the one that it prefers of several, or false. */
export function languageFor(accepts: (...names: string[]) => string | false): Language {
  const preferred = accepts(...names);
  return preferred !== false && isLanguage(preferred) ? preferred : 'en';
}
