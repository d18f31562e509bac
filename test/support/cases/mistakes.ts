import { expect } from '@jest/globals';
import type { Parameters } from '../clients/legacy.js';
import { credentials, type ModernApis } from '../servers/modern-apis.js';

/** The credential of the calls. */
export const TOKEN = credentials.previsto;

const open = { credentials: 'passthrough' };

/**
 * The applications that the mistakes are made with, with the URLs of an API that refuses everything and of one with a
 * self-signed certificate.
 */
export function mistakenConfiguration(
  apis: ModernApis,
  { refusing, selfSigned }: { readonly refusing: string; readonly selfSigned: string },
) {
  const previsto = apis.application('previsto', 'open');
  return {
    limits: { body_bytes: 4096 },
    applications: [
      { ...previsto, ...open, name: 'Invoices' },
      { ...previsto, ...open, api_key: 'limited', actions: ['logout'] },
      { ...previsto, ...open, api_key: 'forbidden', base_url: refusing },
      { ...previsto, ...open, api_key: 'nowhere', base_url: 'https://nowhere.invalid' },
      { ...previsto, ...open, api_key: 'unknown-issuer', base_url: selfSigned },
      { ...previsto, ...open, api_key: 'empty', base_url: 'http://127.0.0.1:1' },
      { ...apis.application('seatable', 'limited-fields'), ...open },
      apis.application('previsto', 'vault'),
    ],
  };
}

/** A call that is not answered, and what the log tells of it. */
type Mistake = readonly [
  what: string,
  action: string,
  parameters: Parameters,
  expected: Readonly<Record<string, unknown>>,
];

const account = (api_key: string, ...more: Parameters): Parameters => [
  ['api_key', api_key],
  ['auth_token', TOKEN],
  ...more,
];

export const mistakes: readonly Mistake[] = [
  [
    'an api_key of no application',
    'get_account_info',
    account('unknown-key-of-somebody'),
    { status: 'application_restricted', cause: 'no application has this api_key, which begins with "unkn…"' },
  ],
  ['no api_key', 'get_account_info', [['auth_token', TOKEN]], { status: 'wrong_input', cause: 'no api_key' }],
  [
    'an action that is not allowed',
    'get_account_info',
    account('limited'),
    { status: 'application_restricted', cause: 'get_account_info is not among its actions' },
  ],
  [
    'an action that the provider cannot',
    'create_account',
    account('open', ['name', 'a'], ['email', 'a@example.com']),
    { status: 'application_restricted', application: 'Invoices', cause: 'previsto cannot do create_account' },
  ],
  [
    'an action that needs a vault',
    'get_ticket',
    account('open'),
    { status: 'application_restricted', cause: 'get_ticket needs credentials: vault' },
  ],
  [
    'an action that no modern API can serve',
    'get_account_tree',
    account('open'),
    { status: 'application_restricted', cause: 'no modern API can do get_account_tree' },
  ],
  [
    'a field that cannot change',
    'update_account',
    account('limited-fields', ['language_code', 'de'], ['name', 'a'], ['email', 'a@example.com']),
    { status: 'application_restricted', cause: 'seatable cannot change name, language_code' },
  ],
  [
    'a misspelt action',
    'get_acount_info',
    account('open'),
    { status: 'wrong_input', cause: 'unknown action: "get_acount_info"' },
  ],
  ['no auth_token', 'get_account_info', [['api_key', 'open']], { status: 'wrong_input', cause: 'no auth_token' }],
  [
    'an empty auth_token',
    'get_account_info',
    [
      ['api_key', 'open'],
      ['auth_token', ''],
    ],
    { status: 'wrong_input', cause: 'no auth_token: it is empty' },
  ],
  [
    'two auth_tokens',
    'get_account_info',
    account('open', ['auth_token', 'another']),
    { status: 'wrong_input', cause: 'two different values for auth_token' },
  ],
  [
    'an auth_token that nobody issued',
    'get_account_info',
    account('vault'),
    {
      status: 'not_logged_in',
      cause: 'no session has this auth_token: never issued, signed out, or of another application',
    },
  ],
  [
    'a ticket that nobody issued',
    'get_auth_token',
    [
      ['api_key', 'vault'],
      ['ticket', 'unknown'],
    ],
    { status: 'get_auth_token_error', cause: 'no such ticket: never issued, spent, or swept after its end' },
  ],
  [
    'a user_id of no account',
    'get_account_details',
    account('open', ['user_id', '987654']),
    { status: 'account_not_found', cause: 'no account of this modern API has the user_id' },
  ],
  [
    'a credential that the modern API forbids',
    'get_account_info',
    account('forbidden'),
    { status: 'application_restricted', upstream_status: [403], cause: 'reply 403: Not with the key ***' },
  ],
  [
    'a host that does not exist',
    'get_account_info',
    account('nowhere'),
    {
      status: 'service_unavailable',
      upstream_host: 'nowhere.invalid',
      cause: expect.stringMatching(/\((ENOTFOUND|EAI_AGAIN)\)$/),
    },
  ],
  [
    'a self-signed certificate',
    'get_account_info',
    account('unknown-issuer'),
    {
      status: 'service_unavailable',
      cause: 'a self-signed certificate: name it in ca_file (DEPTH_ZERO_SELF_SIGNED_CERT)',
    },
  ],
  [
    'a port where nobody listens',
    'get_account_info',
    account('empty'),
    { status: 'service_unavailable', upstream_host: '127.0.0.1:1', cause: 'ECONNREFUSED' },
  ],
];
