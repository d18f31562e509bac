import { capabilitiesOf } from '../bridge/capabilities.js';
import type { Config } from '../config/config.js';
import { providers } from '../providers/index.js';
import { loadProvider } from '../providers/load.js';
import type { ProviderKind } from '../providers/provider.js';

/** The providers of the modules that a configuration names, each once. Throws an Error where a module is none. */
export async function ownProviders({ applications }: Config): Promise<readonly ProviderKind[]> {
  const named = applications.flatMap(({ provider, shadow }) => [provider, ...(shadow ? [shadow.provider] : [])]);
  const kinds = await Promise.all([...new Set(named)].map(loadProvider));
  return kinds.filter((kind) => !providers.includes(kind));
}

/** What the providers of the bridge and these others can, by action, as a Markdown table. */
export function providersTable(others: readonly ProviderKind[]): string {
  const columns = [...providers, ...others].map((kind) => {
    const { actions, fields, hasLogin } = capabilitiesOf(kind);
    const cells = actions.map(([action, capability]) => {
      if (capability === undefined) return '–';
      if (action === 'update_account') return fields.join(', ');
      return action === 'authorization' && hasLogin ? `${capability}; vault: with the password too` : capability;
    });
    return [kind.name, '---', ...cells];
  });
  const [first] = providers.map(capabilitiesOf);
  const actions = ['action', '---', ...(first?.actions.map(([action]) => action) ?? [])];
  return actions.map((action, n) => `| ${[action, ...columns.map((cells) => cells[n])].join(' | ')} |\n`).join('');
}

/** The same as a JSON document. */
export function providersDocument(others: readonly ProviderKind[]): string {
  const described = [...providers, ...others].map((kind) => {
    const { actions, fields, hasLogin } = capabilitiesOf(kind);
    return {
      name: kind.name,
      title: kind.title,
      base_url: kind.publicBaseUrl,
      credential: kind.credential.name,
      login: hasLogin,
      settings: Object.keys(kind.settings ?? {}),
      actions: Object.fromEntries(actions.map(([action, capability]) => [action, capability ?? null])),
      update_account_fields: fields,
    };
  });
  return `${JSON.stringify({ providers: described }, undefined, 2)}\n`;
}
