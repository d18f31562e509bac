import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Where a file of `deploy/` is. */
export function pathIn(...names: readonly string[]): string {
  return join(root, 'deploy', ...names);
}

export function textOf(...names: readonly string[]): string {
  return readFileSync(pathIn(...names), 'utf8');
}

/** A text with these parts in place of others; each has to be there. */
export function adapted(text: string, parts: readonly (readonly [part: string | RegExp, other: string])[]): string {
  return parts.reduce((before, [part, other]) => {
    if (before.search(part) === -1) throw new Error(`there is no ${part} to replace`);
    return before.replaceAll(part, other);
  }, text);
}
