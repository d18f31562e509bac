import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '../shared/errors.js';
import { providers } from './index.js';
import type { Provider, ProviderKind, ProviderSettings } from './provider.js';

/**
 * The provider that a configuration names: one of the list, or the default export of a module (an absolute path, or
 * the name of a package). Throws an Error with one line for the operator where there is none, as its `connect` does
 * where that gives none.
 */
export async function loadProvider(name: string): Promise<ProviderKind> {
  const known = providers.find((kind) => kind.name === name);
  if (known) return known;
  const exported: { default?: unknown } = await import(isAbsolute(name) ? pathToFileURL(name).href : name).catch(
    (error: unknown) => {
      throw new Error(
        `provider ${name} cannot be loaded (${lineOf(error)}); name a module that can, a file with ./ in front`,
      );
    },
  );
  const kind = exported.default;
  if (!isProviderKind(kind)) {
    throw new Error(
      `provider ${name} is none: its default export needs name, title, publicBaseUrl, credential and connect`,
    );
  }
  if (providers.some((other) => other.name === kind.name)) {
    throw new Error(`provider ${name} has the name ${kind.name}, which is taken; give it another`);
  }
  const { title, publicBaseUrl, credential } = kind;
  return { name: kind.name, title, publicBaseUrl, credential, connect: (settings) => connected(name, kind, settings) };
}

function connected(name: string, kind: ProviderKind, settings: ProviderSettings): Provider {
  let api: unknown;
  try {
    api = kind.connect(settings);
  } catch (error) {
    throw new Error(`provider ${name} cannot connect (${lineOf(error)}); mend it`);
  }
  if (isProvider(api)) return api;
  throw new Error(`provider ${name} is none: its connect has to give an object with readAccount`);
}

function lineOf(error: unknown): string {
  return messageOf(error).replace(/\s+/g, ' ').trim();
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

function isProvider(value: unknown): value is Provider {
  return isRecord(value) && typeof value.readAccount === 'function';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
