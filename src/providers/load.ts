import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '../errors.js';
import { providers } from './index.js';
import type { ProviderKind } from './provider.js';

/**
 * The provider that a configuration names: one of the list, or the default export of a module (an absolute path, or
 * the name of a package). Throws an Error with one line for the operator where there is none.
 */
export async function loadProvider(name: string): Promise<ProviderKind> {
  const known = providers.find((kind) => kind.name === name);
  if (known) return known;
  const exported: { default?: unknown } = await import(isAbsolute(name) ? pathToFileURL(name).href : name).catch(
    (error: unknown) => {
      throw new Error(`provider ${name} cannot be loaded (${messageOf(error)}); name a module that can`);
    },
  );
  if (isProviderKind(exported.default)) return exported.default;
  throw new Error(
    `provider ${name} is none: its default export needs name, title, publicBaseUrl, credential and connect`,
  );
}

function isProviderKind(value: unknown): value is ProviderKind {
  return (
    isRecord(value) &&
    [value.name, value.title, value.publicBaseUrl].every(isText) &&
    isRecord(value.credential) &&
    [value.credential.name, value.credential.hint].every(isText) &&
    typeof value.connect === 'function'
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
