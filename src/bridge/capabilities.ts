import { type ActionName, actionNames } from '../core/actions.js';
import { providers } from '../providers/index.js';
import type { Provider, ProviderKind } from '../providers/provider.js';
import { snakeCase } from './account-view.js';
import { can } from './dispatcher.js';

/** What each modern API can, as a Markdown table. */
export function featureTable(): string {
  const rows = actionNames.map((action) => [action, ...providers.map((kind) => ability(action, connected(kind)))]);
  const head = ['action', ...providers.map(({ name }) => name)];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

/** Of an update it is the fields that count. */
function ability(action: ActionName, api: Provider): string {
  if (action === 'update_account' && api.updateAccount) return api.updateAccount.fields.map(snakeCase).join(', ');
  if (can(action, { api, credentials: 'passthrough' })) return 'yes';
  return can(action, { api, credentials: 'vault' }) ? 'vault' : '–';
}

/** The provider's methods, to be looked at, not to be called. */
function connected({ connect, publicBaseUrl }: ProviderKind): Provider {
  const send = () => Promise.reject(new Error('not to be called'));
  return connect({ baseUrl: publicBaseUrl, send });
}
