import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '../shared/errors.js';
import type { Setting, Settings } from '../shared/setting.js';
import { providers } from './index.js';
import type { ConnectOptions, Provider, ProviderKind } from './provider.js';

/** Such names stay distinct in camelCase: no two of them differ in their underscores alone. */
const SNAKE_CASE = /^[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*$/;

/**
 * Loads the provider that a configuration names: one of the list, or the default export of a module (an absolute path or
 * the name of a package). Throws an Error with one line for the operator where the module is not a provider; so does its
 * `connect` where the module's own throws or gives no Provider.
 */
export async function loadProvider(name: string): Promise<ProviderKind> {
  const known = providers.find((kind) => kind.name === name);
  if (known) return known;
  const exported: { default?: unknown } = await import(isAbsolute(name) ? pathToFileURL(name).href : name).catch(
    (error: unknown) => {
      throw new Error(
        `provider ${name} cannot be loaded (${singleLine(error)}); name a module that can, a file with ./ in front`,
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
  const { title, publicBaseUrl, credential, isRefusal, settings } = kind;
  if (settings !== undefined && !areSettings(settings)) {
    throw new Error(
      `provider ${name} has settings that cannot be used: each needs a name in snake_case, a description and a kind (text, or choice with its choices), and a default has to be a value of it`,
    );
  }
  return {
    name: kind.name,
    title,
    publicBaseUrl,
    credential,
    ...(isRefusal && { isRefusal }),
    ...(settings && { settings }),
    connect: (options) => connected(name, kind, options),
  };
}

function connected(name: string, kind: UncheckedKind, options: ConnectOptions): Provider {
  let api: unknown;
  try {
    api = kind.connect(options);
  } catch (error) {
    throw new Error(`provider ${name} cannot connect (${singleLine(error)}); mend it`);
  }
  if (isProvider(api)) return api;
  throw new Error(`provider ${name} is none: its connect has to give an object with readAccount`);
}

function singleLine(error: unknown): string {
  return messageOf(error).replace(/\s+/g, ' ').trim();
}

/** A kind whose settings are not checked yet. */
type UncheckedKind = Omit<ProviderKind, 'settings'> & { readonly settings?: unknown };

function isProviderKind(value: unknown): value is UncheckedKind {
  return (
    isRecord(value) &&
    (value.isRefusal === undefined || typeof value.isRefusal === 'function') &&
    [value.name, value.title, value.publicBaseUrl].every(isText) &&
    isRecord(value.credential) &&
    [value.credential.name, value.credential.hint].every(isText) &&
    typeof value.connect === 'function'
  );
}

function isProvider(value: unknown): value is Provider {
  return isRecord(value) && typeof value.readAccount === 'function';
}

function areSettings(value: unknown): value is Settings {
  if (!isRecord(value) || Array.isArray(value)) return false;
  return Object.entries(value).every(([key, setting]) => SNAKE_CASE.test(key) && isSetting(setting));
}

function isSetting(value: unknown): value is Setting {
  if (!isRecord(value) || !isText(value.description)) return false;
  const { kind, choices, default: fallback } = value;
  if (kind === 'text') return fallback === undefined || isText(fallback);
  if (kind !== 'choice' || !Array.isArray(choices) || choices.length === 0 || !choices.every(isText)) return false;
  return fallback === undefined || choices.includes(fallback);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
