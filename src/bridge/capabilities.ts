import { type ActionName, actionNames } from '../core/actions.js';
import type { Provider, ProviderKind } from '../providers/provider.js';
import { snakeCase } from '../shared/camel-case.js';
import type { Capabilities } from './handler.js';
import { handlers } from './handlers.js';

/** Whether these capabilities are enough for an action. */
function isPossible(action: ActionName, capabilities: Capabilities): boolean {
  return handlers[action](capabilities) !== undefined;
}

/** The capabilities of each provider by action, as a Markdown table. */
export function capabilityTable(providers: readonly ProviderKind[]): string {
  const rows = actionNames.map((action) => [action, ...providers.map((kind) => cell(action, connectForListing(kind)))]);
  const head = ['action', ...providers.map(({ name }) => name)];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

/** A cell of the table; for `update_account`, the fields that can be changed, for `authorization`, with what. */
function cell(action: ActionName, api: Provider): string {
  if (action === 'update_account' && api.updateAccount) return api.updateAccount.fields.map(snakeCase).join(', ');
  if (action === 'authorization' && api.login) return 'yes; vault: with the password too';
  if (isPossible(action, { api, credentials: 'passthrough' })) return 'yes';
  return isPossible(action, { api, credentials: 'vault' }) ? 'vault' : '–';
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
