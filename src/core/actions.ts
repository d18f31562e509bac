import type { Reason } from './fault.js';

export interface Action {
  /** In the order of the WSDL's message parts, without `action` and `api_key`, which every action takes. */
  readonly parameters: Readonly<Record<string, 'required' | 'optional'>>;
  /** The beginning of further optional parameters, whose names the caller chooses: no WSDL can list them. */
  readonly prefix?: string;
  /** Whether the action is the bridge's own; its answers carry the modern API's message on `invalid` and `conflict`. */
  readonly isOwn?: true;
  /** Status words that replace those of the common table in `error-mapping.ts`, and that of success. */
  readonly statusWords?: Partial<Record<Reason | 'success', string>>;
}

/** The actions that have a handler. */
export const actions = {
  get_account_info: { parameters: { auth_token: 'required' } },
  get_ticket: { parameters: {} },
  get_auth_token: { parameters: { ticket: 'required' }, statusWords: { missing: 'get_auth_token_error' } },
  logout: { parameters: { auth_token: 'required' } },
  authorization: {
    parameters: { login: 'required', password: 'required' },
    statusWords: { success: 'logged', unauthenticated: 'invalid_login' },
  },
  get_account_details: { isOwn: true, parameters: { auth_token: 'required', user_id: 'optional' } },
  update_account: {
    isOwn: true,
    parameters: {
      auth_token: 'required',
      user_id: 'optional',
      name: 'optional',
      login: 'optional',
      email: 'optional',
      language_code: 'optional',
    },
    prefix: 'meta.',
  },
  change_password: {
    isOwn: true,
    parameters: {
      auth_token: 'required',
      current_password: 'required',
      new_password: 'required',
      new_password_confirmation: 'optional',
    },
  },
  delete_account: { isOwn: true, parameters: { auth_token: 'required', user_id: 'optional' } },
  create_account: { isOwn: true, parameters: { auth_token: 'required', name: 'required', email: 'required' } },
  find_accounts: { isOwn: true, parameters: { auth_token: 'required', email: 'optional' } },
  get_account_plan: { isOwn: true, parameters: { auth_token: 'required', user_id: 'optional' } },
} as const satisfies Record<string, Action>;

export type ActionName = keyof typeof actions;

export const actionNames = Object.keys(actions).filter(isAction);

export function isAction(name: string): name is ActionName {
  return Object.hasOwn(actions, name);
}

function actionOf(name: string): Action | undefined {
  return isAction(name) ? actions[name] : undefined;
}

/** Actions of the old API that no modern account API can serve: known, and always restricted. */
const unservedActions: ReadonlySet<string> = new Set(
  `register_new_user verify_registration_email get_account_tree export_tags create_folder move copy rename delete
   get_file_info set_description public_share public_unshare private_share add_to_mybox add_to_tag get_updates
   get_versions make_current_version get_comments add_comment delete_comment search get_collaborations
   invite_collaborators accept_collaboration remove_collaboration toggle_folder_email get_friends request_friends
   get_server_time get_user_id get_user_info get_managed_users get_groups
   register register_new_user_name register_paid_user check_token get_directory_checksum box_add_node email_shared
   get_public_folder_tree add_to_public_folder get_collaboration_invites get_collaborators get_collaboration_link
   toggle_collaboration_link get_collaboration_permissions collaborator_change_permission
   collaborator_change_notification`.split(/\s+/),
);

/** Whether the answers of an action have a `message` element. */
export function hasMessage(name: string): boolean {
  return actionOf(name)?.isOwn ?? false;
}

/** Whether an action takes a parameter of this name. */
export function hasParameter(name: string, parameter: string): boolean {
  return Object.hasOwn(actionOf(name)?.parameters ?? {}, parameter);
}

/** Whether an action takes a parameter of this name for its beginning. */
export function hasPrefixed(name: string, parameter: string): boolean {
  const prefix = actionOf(name)?.prefix;
  return prefix !== undefined && parameter.startsWith(prefix) && parameter !== prefix;
}

/** Whether an action belongs to the old API or is the bridge's own. Names are case-sensitive. */
export function isKnown(name: string): boolean {
  return isAction(name) || unservedActions.has(name);
}

/** The status words of an action that replace those of the common table, and that of success. */
export function statusWordsOf(name: string): Action['statusWords'] {
  return actionOf(name)?.statusWords;
}
