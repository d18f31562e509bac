import { register } from 'node:module';
import { ProviderDefect, stackOf } from '../shared/errors.js';
import { importModule, singleLine } from '../shared/import-module.js';
import { providers } from './index.js';
import {
  areSettings,
  isProvider,
  isProviderKind,
  missingIn,
  missingInProvider,
  type UncheckedKind,
  unusableIn,
} from './own-kind.js';
import { ownProvider } from './own-provider.js';
import type { ConnectOptions, Provider, ProviderKind } from './provider.js';

let isSdkProvided = false;

/** From now on a module finds `boxbridge/provider` wherever it is. It concerns the whole process. */
export function provideSdk(): void {
  if (!isSdkProvided) register('./resolve-sdk.js', import.meta.url);
  isSdkProvided = true;
}

/**
 * Loads the provider that a configuration names: one of the list, or the default export of a module (an absolute path or
 * the name of a package). Throws an Error with one line for the operator where the module is not a provider; so does its
 * `connect` where the module's own throws or gives no Provider.
 */
export async function loadProvider(name: string): Promise<ProviderKind> {
  const known = providers.find((kind) => kind.name === name);
  if (known) return known;
  const { default: kind } = await importModule(name).catch((error: unknown) => {
    throw new Error(
      `provider ${name} cannot be loaded (${singleLine(error)}); name a module that can, a file with ./ in front`,
    );
  });
  const loaded = typeof kind === 'object' && kind !== null ? kinds.get(kind) : undefined;
  if (loaded) return loaded;
  if (!isProviderKind(kind)) {
    throw new Error(
      `provider ${name} is none: its default export needs name, title, publicBaseUrl, credential and connect; ${lacking(missingIn(kind))}`,
    );
  }
  if (providers.some((other) => other.name === kind.name)) {
    throw new Error(`provider ${name} has the name ${kind.name}, which is taken; give it another`);
  }
  const { title, publicBaseUrl, credential, isRefusal, refusals, requests, oauth, settings } = kind;
  if (settings !== undefined && !areSettings(settings)) {
    throw new Error(
      `provider ${name} has settings that cannot be used: each needs a name in snake_case, a description and a kind (text, or choice with its choices), and a default has to be a value of it; mend ${unusableIn(settings).join(' and ')}`,
    );
  }
  const made: ProviderKind = {
    name: kind.name,
    title,
    publicBaseUrl,
    credential,
    ...(isRefusal && { isRefusal }),
    ...(refusals && { refusals }),
    ...(requests && { requests }),
    ...(oauth && { oauth }),
    ...(settings && { settings }),
    connect: (options, timeLeft) => connected(name, kind, options, timeLeft),
  };
  kinds.set(kind, made);
  return made;
}

/** What a module exports is one kind, however often it is loaded. */
const kinds = new WeakMap<object, ProviderKind>();

/** The time of a method in work that nothing else limits. */
const MAX_MS = 60_000;

function connected(name: string, kind: UncheckedKind, options: ConnectOptions, timeLeft = () => MAX_MS): Provider {
  let api: unknown;
  try {
    api = kind.connect(options);
  } catch (error) {
    throw new ProviderDefect(`provider ${name} cannot connect (${singleLine(error)}); mend it`, stackOf(error));
  }
  if (isProvider(api)) return ownProvider(api, () => Math.min(timeLeft(), MAX_MS));
  const missing = lacking(missingInProvider(api));
  throw new ProviderDefect(`provider ${name} is none: its connect has to give an object with readAccount; ${missing}`);
}

const lacking = (keys: readonly string[]) => `it lacks ${keys.join(' and ')}`;
