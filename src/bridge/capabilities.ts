import { type ActionName, actionNames } from '../core/actions.js';
import type { Provider, ProviderKind } from '../providers/provider.js';
import { snakeCase } from './account-view.js';
import type { Capabilities } from './handler.js';
import { handlers } from './handlers.js';

/** Whether an action is possible with these capabilities. */
export function isPossible(action: ActionName, capabilities: Capabilities): boolean {
  return handlers[action](capabilities) !== undefined;
}

/** What each of these modern APIs can, as a Markdown table. */
export function capabilityTable(providers: readonly ProviderKind[]): string {
  const rows = actionNames.map((action) => [action, ...providers.map((kind) => capability(action, connected(kind)))]);
  const head = ['action', ...providers.map(({ name }) => name)];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

/** Of an update, the fields. */
function capability(action: ActionName, api: Provider): string {
  if (action === 'update_account' && api.updateAccount) return api.updateAccount.fields.map(snakeCase).join(', ');
  if (isPossible(action, { api, credentials: 'passthrough' })) return 'yes';
  return isPossible(action, { api, credentials: 'vault' }) ? 'vault' : '–';
}

/** The provider's methods, to be listed and never called. */
function connected({ connect, publicBaseUrl }: ProviderKind): Provider {
  const send = () => Promise.reject(new Error('not to be called'));
  return connect({ baseUrl: publicBaseUrl, settings: {}, send });
}
