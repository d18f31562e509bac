import { isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { types } from 'node:util';
import { messageOf } from './errors.js';
import { watchSyntaxErrors } from './syntax-errors.js';

type Exported = Readonly<Record<string, unknown>>;

const imports = new Map<string, Promise<Exported>>();

/**
 * Imports a module, an absolute path or the name of a package, once: a module that cannot be parsed is not parsed again.
 * Throws an Error of one line, with the file and the line of a syntax error.
 */
export function importModule(name: string): Promise<Exported> {
  const found = imports.get(name) ?? importOnce(isAbsolute(name) ? pathToFileURL(name).href : name);
  imports.set(name, found);
  return found;
}

async function importOnce(specifier: string): Promise<Exported> {
  const syntaxErrors = await watchSyntaxErrors();
  try {
    return await import(specifier);
  } catch (error) {
    const place = syntaxErrors.placeOf(error) ?? placeAtTop(error);
    const before = place
      ? `${place.url.startsWith('file:') ? fileURLToPath(place.url) : place.url}:${place.line}: `
      : '';
    throw new Error(before + singleLine(error));
  } finally {
    syntaxErrors.end();
  }
}

/** The place that Node itself puts above a syntax error, such as the import of what a module does not export. */
function placeAtTop(error: unknown): { readonly url: string; readonly line: number } | undefined {
  if (!types.isNativeError(error) || error.name !== 'SyntaxError') return undefined;
  const [, url, line] = /^((?:file:|\/).*):(\d+)\n/.exec(error.stack ?? '') ?? [];
  return url === undefined ? undefined : { url, line: Number(line) };
}

/** The message of an error in one line. */
export function singleLine(error: unknown): string {
  return messageOf(error).replace(/\s+/g, ' ').trim();
}
