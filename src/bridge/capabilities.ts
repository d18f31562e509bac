import { type ActionName, actionNames } from '../core/actions.js';
import type { Provider, ProviderKind } from '../providers/provider.js';
import { snakeCase } from '../shared/camel-case.js';
import type { Capabilities } from './handler.js';
import { handlers } from './handlers.js';

/** Whether these capabilities are enough for an action. */
function isPossible(action: ActionName, capabilities: Capabilities): boolean {
  return handlers[action](capabilities) !== undefined;
}

/** What a provider makes of an action: `vault` where it takes one, undefined where it cannot. */
type Capability = 'yes' | 'vault' | undefined;

export interface ProviderCapabilities {
  readonly actions: readonly (readonly [action: ActionName, capability: Capability])[];
  /** The fields that update_account can change, under their names in the old form. */
  readonly fields: readonly string[];
  /** Whether a vault takes the user's name and password. */
  readonly hasLogin: boolean;
}

/** What applications of a provider can do. */
export function capabilitiesOf(kind: ProviderKind): ProviderCapabilities {
  const api = connectForListing(kind);
  return {
    actions: actionNames.map((action) => [action, capabilityOf(action, api)]),
    fields: api.updateAccount?.fields.map(snakeCase) ?? [],
    hasLogin: api.login !== undefined,
  };
}

function capabilityOf(action: ActionName, api: Provider): Capability {
  if (isPossible(action, { api, credentials: 'passthrough' })) return 'yes';
  return isPossible(action, { api, credentials: 'vault' }) ? 'vault' : undefined;
}

/** A provider whose methods are listed, never called. */
function connectForListing({ connect, publicBaseUrl }: ProviderKind): Provider {
  const send = () => Promise.reject(new Error('not to be called'));
  return connect({ baseUrl: publicBaseUrl, settings: {}, send });
}

/** The names of the providers that can change all of these fields, under their names in the old form. */
export function providersChanging(fields: readonly string[], providers: readonly ProviderKind[]): string[] {
  const changeable = (kind: ProviderKind) => connectForListing(kind).updateAccount?.fields.map(snakeCase) ?? [];
  return providers.filter((kind) => fields.every((field) => changeable(kind).includes(field))).map(({ name }) => name);
}

/** The names of the providers that can do an action, with a vault at least. */
export function providersFor(action: ActionName, providers: readonly ProviderKind[]): string[] {
  return providers
    .filter((kind) => isPossible(action, { api: connectForListing(kind), credentials: 'vault' }))
    .map(({ name }) => name);
}
