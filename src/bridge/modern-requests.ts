import { type ActionName, isAction } from '../core/actions.js';
import type { Provider, ProviderKind } from '../providers/provider.js';

/** The method of a provider that does the work of an action; of one that signs in, none: the credential is enough. Where an
 * API has no login, it is enough for authorization too. */
const methods: Readonly<Record<ActionName, keyof Provider | 'the credential'>> = {
  get_account_info: 'readAccount',
  get_ticket: 'the credential',
  get_auth_token: 'the credential',
  logout: 'the credential',
  authorization: 'login',
  get_account_details: 'readAccount',
  update_account: 'updateAccount',
  change_password: 'changePassword',
  delete_account: 'deleteAccount',
  create_account: 'createAccount',
  find_accounts: 'findAccounts',
  get_account_plan: 'readPlan',
};

/**
 * What replaces an action for a program that calls the modern API itself, such as `GET https://host/me`; undefined where
 * there is nothing, or where the provider does not say.
 */
export function modernRequestOf(
  action: string,
  { requests = {}, credential }: Pick<ProviderKind, 'requests' | 'credential'>,
  baseUrl: string,
): string | undefined {
  if (!isAction(action)) return undefined;
  const method = methods[action];
  if (method === 'the credential' || (method === 'login' && requests.login === undefined))
    return `none: it has the ${credential.name} itself`;
  return requests[method]?.replace('{base_url}', () => baseUrl);
}
