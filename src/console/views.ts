import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';

/** The files of the console that are not code: the templates of its pages, its style and its script. */
export const folder = new URL('../../../console/', import.meta.url);

const eta = new Eta({ views: fileURLToPath(folder), cache: true, autoEscape: true, autoTrim: false });

/** Gives the HTML of a template in `console/`. What it is given is escaped. */
export function render(template: string, data: object): string {
  return eta.render(template, data);
}
