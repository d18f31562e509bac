import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { types } from 'node:util';
import { messageOf } from './errors.js';
import { watchSyntaxErrors } from './syntax-errors.js';

type Exported = Readonly<Record<string, unknown>>;

/** A module as it was when it was imported. */
interface Import {
  /** Undefined where its file could not be read, or it has none that is known. */
  readonly digest: string | undefined;
  readonly exported: Exported;
}

const imports = new Map<string, Promise<Import>>();
/** Those that are imported again where their files have changed. */
let stale: ReadonlyMap<string, Promise<Import>> = new Map();
let refreshes = 0;

/**
 * Imports a module, an absolute path or the name of a package, once: a module that cannot be parsed is not parsed again.
 * Throws an Error of one line, with the file and the line of a syntax error.
 */
export async function importModule(name: string): Promise<Exported> {
  const found = imports.get(name) ?? importAfter(name, stale.get(name));
  imports.set(name, found);
  return (await found).exported;
}

/**
 * From now on a module is imported again if its file has changed, or it could not be imported. What it imports itself stays
 * as it is, and so does the module of a package.
 */
export function refreshImports(): void {
  stale = new Map([...stale, ...imports]);
  imports.clear();
  refreshes += 1;
}

async function importAfter(name: string, earlier: Promise<Import> | undefined): Promise<Import> {
  const digest = isAbsolute(name) ? await digestOf(name) : undefined;
  const before = await earlier?.catch(() => undefined);
  if (before && before.digest === digest) return before;
  const specifier = isAbsolute(name) ? pathToFileURL(name).href : name;
  // Node.js keeps what a URL had at first, its failure too.
  const again = earlier && isAbsolute(name) ? `?refreshed=${refreshes}` : '';
  return { digest, exported: await importOnce(specifier + again) };
}

function digestOf(file: string): Promise<string | undefined> {
  return readFile(file).then(
    (bytes) => createHash('sha256').update(bytes).digest('base64'),
    () => undefined,
  );
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
