import type { ResolveHook } from 'node:module';

const sdk = new URL('./sdk.js', import.meta.url).href;

/**
 * Resolves `boxbridge/provider` to this bridge's own, wherever the module is that imports it: it needs no package around
 * it, and its Faults are those of the bridge. https://nodejs.org/api/module.html#resolvespecifier-context-nextresolve
 */
export const resolve: ResolveHook = (specifier, context, nextResolve) =>
  specifier === 'boxbridge/provider' ? { url: sdk, shortCircuit: true } : nextResolve(specifier, context);
