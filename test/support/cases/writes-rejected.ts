import { boxAccounts } from '../../../src/sandbox/box-accounts.js';
import { golemAccounts } from '../../../src/sandbox/golem.js';
import { previstoAccounts } from '../../../src/sandbox/previsto.js';
import { seatableAccounts } from '../../../src/sandbox/seatable.js';
import type { Parameters } from '../clients/legacy.js';
import type { Api, Interference } from '../servers/workbench.js';

/** A call that the modern API rejects. */
export interface RejectedWrite {
  readonly api: Api;
  readonly action: string;
  readonly with: Parameters;
  /** Of the first account of the sandbox unless given. */
  readonly token?: string;
  /** The native id of the account that user_id names. */
  readonly of?: string;
  /** The reply to the last request of the call, in place of the sandbox's. */
  readonly interference?: Interference;
  readonly status: string;
  /** The modern API's message. */
  readonly message?: string;
}

type Row = readonly [interference: Interference | { readonly token: string }, status: string, message?: string];

const reply = (status: number, body: unknown): Interference => ({ status, body });

/** One case for each way to reject the same call. */
function rejections(
  call: Pick<RejectedWrite, 'api' | 'action' | 'with' | 'token' | 'of'>,
  rows: readonly Row[],
): RejectedWrite[] {
  return rows.map(([interference, status, message]) => ({
    ...call,
    ...(typeof interference === 'object' && 'token' in interference ? { token: interference.token } : { interference }),
    status,
    ...(message !== undefined && { message }),
  }));
}

/** Outages, of any API and any call. */
const outages: readonly Row[] = [
  [reply(429, ''), 'service_unavailable'],
  [reply(500, { error: 'Internal server error' }), 'service_unavailable'],
  [reply(503, '<html>down</html>'), 'service_unavailable'],
];

const none: Parameters = [];
const email: Parameters = [['email', 'new@example.com']];
const seatableSigned: readonly Row[] = [
  [{ token: 'unknown' }, 'not_logged_in'],
  [reply(401, { detail: 'Invalid token' }), 'not_logged_in'],
  [reply(403, { detail: 'Authentication credentials were not provided.' }), 'not_logged_in'],
  ...outages,
];
const previstoSigned: readonly Row[] = [
  [{ token: 'sk_unknown' }, 'not_logged_in'],
  [{ token: previstoAccounts.john.publicKey }, 'application_restricted'],
  [reply(404, { type: 'invalid_request', message: 'No such account.', param: 'id' }), 'account_not_found'],
  ...outages,
];
const jsonApiErrors = (status: number, title: string, ...details: string[]) =>
  reply(status, { errors: details.map((detail) => ({ status: String(status), title, detail })) });
/** Errors as today's servers write them: the attribute is in the pointer, and the text may be about another. */
const pointed = (...errors: readonly (readonly [attribute: string, detail: string])[]) =>
  reply(422, {
    errors: errors.map(([attribute, detail]) => ({
      status: '422',
      title: 'invalid attribute',
      detail,
      source: { pointer: `/data/attributes/${attribute}` },
    })),
  });
const terraformSigned: readonly Row[] = [
  [{ token: 'unknown' }, 'not_logged_in'],
  [reply(401, { errors: [{ status: '401', title: 'unauthorized' }] }), 'not_logged_in'],
  ...outages,
];
const terraformNotFound = reply(404, { errors: [{ status: '404', title: 'not found' }] });
const onlyAdmin = 'Action is only allowed for [Admin]';
const golemSigned: readonly Row[] = [
  [{ token: 'no-uuid' }, 'not_logged_in'],
  [{ token: '99999999-0000-4000-8000-000000000009' }, 'not_logged_in'],
  [reply(401, { error: 'Invalid Token: Unknown token secret.' }), 'not_logged_in'],
  [reply(401, { error: onlyAdmin }), 'application_restricted'],
  [reply(403, { error: 'Forbidden' }), 'application_restricted'],
  [reply(403, { code: 'AUTH_FORBIDDEN', error: 'The given action is not allowed' }), 'application_restricted'],
  [reply(404, { error: 'Account not found' }), 'account_not_found'],
  [reply(404, { code: 'ACCOUNT_NOT_FOUND', error: 'Account Not Found' }), 'account_not_found'],
  ...outages,
];
const golemStale = (action: string): readonly Row[] => [
  [reply(409, { code: 'CONCURRENT_UPDATE', error: 'Concurrent update' }), `e_${action}`, 'Concurrent update'],
  [reply(409, { error: 'Concurrent update' }), `e_${action}`, 'Concurrent update'],
  [reply(409, { code: 'STALE_REVISION', error: 'Not the latest' }), `e_${action}`, 'Not the latest'],
  [reply(409, { error: 'Wrong revision' }), `e_${action}`, 'Wrong revision'],
];
const golemValues = (action: string): readonly Row[] => [
  ...golemSigned,
  [
    reply(400, { errors: ['Invalid email address', 'Try another'] }),
    'email_invalid',
    'Invalid email address; Try another',
  ],
  [reply(400, { errors: ['Name too long'] }), `e_${action}`, 'Name too long'],
  [reply(400, 'parse request payload error: x'), `e_${action}`, 'parse request payload error: x'],
  [reply(409, { error: 'Account exists' }), 'email_already_registered', 'Account exists'],
  [
    reply(409, { code: 'ACCOUNT_EMAIL_ALREADY_IN_USE', error: 'Email already in use' }),
    'email_already_registered',
    'Email already in use',
  ],
  ...golemStale(action),
  [reply(409, { code: 'PLAN_NOT_FOUND', error: 'email plan' }), `e_${action}`, 'email plan'],
  [reply(422, { code: 'LIMIT_EXCEEDED', error: 'Limit exceeded' }), `e_${action}`, 'Limit exceeded'],
  [
    reply(500, { error: 'Internal repository error (unique key violation)' }),
    'email_already_registered',
    'Internal repository error (unique key violation)',
  ],
  [
    reply(500, { error: 'Internal error: Duplicated account on fresh id: 1' }),
    'email_already_registered',
    'Internal error: Duplicated account on fresh id: 1',
  ],
];
const boxError = (status: number, code: string, message: string, ...names: readonly string[]) =>
  reply(status, {
    type: 'error',
    status,
    code,
    ...(names.length > 0 && {
      context_info: { errors: names.map((name) => ({ reason: 'invalid_parameter', name, message: `${name}?` })) },
    }),
    help_url: 'http://developers.box.com/docs/#errors',
    message,
    request_id: 'abcdef123456',
  });
const boxSigned: readonly Row[] = [
  [{ token: 'unknown' }, 'not_logged_in'],
  [boxError(401, 'unauthorized', 'Unauthorized'), 'not_logged_in'],
  [boxError(403, 'access_denied_insufficient_permissions', 'Access denied'), 'application_restricted'],
  [boxError(403, 'user_email_confirmation_required', 'Confirm it'), 'application_restricted'],
  [boxError(400, 'terms_of_service_required', 'Accept them'), 'application_restricted'],
  [boxError(400, 'password_reset_required', 'Reset it'), 'application_restricted'],
  [boxError(404, 'not_found', 'Not Found'), 'account_not_found'],
  [boxError(429, 'rate_limit_exceeded', 'Request rate limit exceeded'), 'service_unavailable'],
  [boxError(500, 'internal_server_error', 'Internal Server Error'), 'service_unavailable'],
  [boxError(503, 'unavailable', 'Unavailable'), 'service_unavailable'],
  ...outages,
];
const boxValues = (action: string): readonly Row[] => [
  ...boxSigned,
  [boxError(400, 'bad_request', 'Bad Request', 'login'), 'email_invalid', 'login?'],
  [boxError(400, 'bad_request', 'Bad Request', 'name', 'login'), 'email_invalid', 'name?; login?'],
  [boxError(400, 'bad_request', 'Bad Request', 'name'), `e_${action}`, 'name?'],
  [boxError(400, 'bad_request', 'Bad Request'), `e_${action}`, 'Bad Request'],
  [
    boxError(409, 'user_login_already_used', 'User with the specified login already exists'),
    'email_already_registered',
    'User with the specified login already exists',
  ],
  [boxError(409, 'conflict', 'A login with this value exists', 'login'), `e_${action}`, 'login?'],
  [boxError(409, 'operation_blocked_temporary', 'Later'), `e_${action}`, 'Later'],
];
const { developer, partner } = golemAccounts;
const dan = developer.token;
const danId = developer.account.id;

export const rejectedWrites: readonly RejectedWrite[] = [
  ...rejections({ api: 'seatable', action: 'get_account_details', with: none }, seatableSigned),
  ...rejections({ api: 'seatable', action: 'update_account', with: email }, [
    ...seatableSigned,
    [{ token: seatableAccounts.cloudUser.token }, 'application_restricted'],
    [reply(400, { error_msg: 'new_contact_email invalid.' }), 'email_invalid', 'new_contact_email invalid.'],
    [reply(409, { error_msg: 'email already exists!' }), 'email_already_registered', 'email already exists!'],
  ]),
  {
    api: 'seatable',
    action: 'update_account',
    with: [['email', 'no at']],
    status: 'email_invalid',
    message: 'new_contact_email invalid.',
  },
  {
    api: 'seatable',
    action: 'update_account',
    with: [['email', 'carla@example.com']],
    status: 'email_already_registered',
    message: 'email already exists!',
  },

  ...rejections({ api: 'previsto', action: 'get_account_details', with: none }, previstoSigned),
  ...rejections({ api: 'previsto', action: 'update_account', with: email }, [
    ...previstoSigned,
    [reply(400, { type: 'x', message: 'bad name', param: 'name' }), 'e_update_account', 'bad name'],
    [reply(400, { type: 'x', message: 'already taken', param: 'email' }), 'email_already_registered', 'already taken'],
    [reply(402, { type: 'x', message: 'it failed' }), 'e_update_account', 'it failed'],
    ...[400, 402, 422].flatMap((status): Row[] => [
      [reply(status, { type: 'x', message: 'no mailbox', param: 'email' }), 'email_invalid', 'no mailbox'],
      [reply(status, { type: 'x', message: 'in use', param: 'email' }), 'email_already_registered', 'in use'],
      [reply(status, { type: 'x', message: 'bad', param: 'name' }), 'e_update_account', 'bad'],
      [reply(status, { type: 'x', message: "'email' has no at" }), 'email_invalid', "'email' has no at"],
      [reply(status, { type: 'x', message: 'E-mail is taken' }), 'email_already_registered', 'E-mail is taken'],
      [
        reply(status, { type: 'x', message: "'name' is an email in use" }),
        'e_update_account',
        "'name' is an email in use",
      ],
    ]),
    [reply(400, { type: 'x', message: 'no', param: ['name', 'email'] }), 'email_invalid', 'no'],
    [reply(400, { type: 'x', message: 'no email', param: ['name'] }), 'e_update_account', 'no email'],
    [reply(400, { type: 'x', message: "'email' is bad", param: [] }), 'email_invalid', "'email' is bad"],
    [reply(422, { type: 'x', message: 'no', param: 'Email' }), 'email_invalid', 'no'],
    // The e-mail alone was to be set.
    [reply(400, { type: 'x', message: 'malformed value' }), 'email_invalid', 'malformed value'],
    [reply(422, { type: 'x', message: 'malformed value' }), 'e_update_account', 'malformed value'],
  ]),
  ...rejections({ api: 'previsto', action: 'update_account', with: [['name', 'N'], ...email] }, [
    [reply(400, { type: 'x', message: 'malformed value' }), 'e_update_account', 'malformed value'],
  ]),
  // Without an e-mail in the call, nothing is wrong with it.
  ...rejections({ api: 'previsto', action: 'update_account', with: [['name', 'N']] }, [
    [reply(400, { type: 'x', message: 'in use', param: 'email' }), 'e_update_account', 'in use'],
    [reply(422, { type: 'x', message: 'no email yet' }), 'e_update_account', 'no email yet'],
  ]),
  {
    api: 'previsto',
    action: 'update_account',
    with: [['email', 'no at']],
    status: 'email_invalid',
    message: "'email' must have email syntax.",
  },
  {
    api: 'previsto',
    action: 'update_account',
    with: [['email', 'mette@example.dk']],
    status: 'email_already_registered',
    message: "'email' is already in use.",
  },
  {
    api: 'previsto',
    action: 'update_account',
    with: [['language_code', 'danish']],
    status: 'e_update_account',
    message: "'languageCode' must be a 2-letter code.",
  },
  ...rejections({ api: 'previsto', action: 'delete_account', with: none }, [
    ...previstoSigned,
    [reply(400, { type: 'x', message: 'still in use' }), 'e_delete_account', 'still in use'],
    [reply(402, { type: 'x', message: 'it failed' }), 'e_delete_account', 'it failed'],
    [reply(409, { type: 'x', message: 'has invoices' }), 'e_delete_account', 'has invoices'],
  ]),

  ...rejections({ api: 'terraform', action: 'get_account_details', with: none }, [
    ...terraformSigned,
    [terraformNotFound, 'account_not_found'],
  ]),
  ...rejections({ api: 'terraform', action: 'update_account', with: email }, [
    ...terraformSigned,
    [pointed(['email', 'is invalid']), 'email_invalid', 'is invalid'],
    [pointed(['email', 'has already been taken']), 'email_already_registered', 'has already been taken'],
    [
      pointed(['username', 'may not be an e-mail that is taken']),
      'e_update_account',
      'may not be an e-mail that is taken',
    ],
    [
      pointed(['email', 'is invalid'], ['username', 'has already been taken']),
      'email_invalid',
      'is invalid; has already been taken',
    ],
    ...['unconfirmed-email', 'unconfirmedEmail', 'unconfirmed_email'].map(
      (name): Row => [pointed([name, 'has already been taken']), 'email_already_registered', 'has already been taken'],
    ),
    ...['/data', '/data/attributes', '/', ''].map(
      (pointer): Row => [
        reply(422, { errors: [{ title: 'invalid', detail: 'Email is odd', source: { pointer } }] }),
        'email_invalid',
        'Email is odd',
      ],
    ),
    [pointed(['name', 'Email is odd']), 'e_update_account', 'Email is odd'],
    [reply(422, { errors: ['Email is invalid'] }), 'email_invalid', 'Email is invalid'],
    [terraformNotFound, 'application_restricted'],
    [jsonApiErrors(422, 'invalid attribute', 'Email is invalid'), 'email_invalid', 'Email is invalid'],
    [
      jsonApiErrors(422, 'invalid attribute', 'Email is invalid', 'Username has already been taken'),
      'email_invalid',
      'Email is invalid; Username has already been taken',
    ],
    [reply(422, { errors: ['text alone'] }), 'e_update_account', 'text alone'],
  ]),
  {
    api: 'terraform',
    action: 'update_account',
    with: [['email', 'no at']],
    status: 'email_invalid',
    message: 'Email is invalid',
  },
  {
    api: 'terraform',
    action: 'update_account',
    with: [['email', 'member@example.com']],
    status: 'email_already_registered',
    message: 'Email has already been taken',
  },
  ...rejections({ api: 'terraform', action: 'update_account', with: [['login', 'n']] }, [
    [
      jsonApiErrors(422, 'invalid attribute', 'Username is the email of another'),
      'e_update_account',
      'Username is the email of another',
    ],
  ]),
  {
    api: 'terraform',
    action: 'update_account',
    with: [['login', 'member']],
    status: 'e_update_account',
    message: 'Username has already been taken',
  },
  ...rejections(
    {
      api: 'terraform',
      action: 'change_password',
      with: [
        ['current_password', 'terraform-demo-password'],
        ['new_password', 'long enough as it is'],
      ],
    },
    [
      ...terraformSigned,
      [terraformNotFound, 'application_restricted'],
      [jsonApiErrors(422, 'invalid', 'too weak'), 'e_change_password', 'too weak'],
      [jsonApiErrors(409, 'conflict', 'in use'), 'e_change_password', 'in use'],
    ],
  ),
  {
    api: 'terraform',
    action: 'change_password',
    with: [
      ['current_password', 'wrong'],
      ['new_password', 'short'],
    ],
    status: 'e_change_password',
    message: 'Current password is invalid; Password is too short (minimum is 10 characters)',
  },

  ...rejections({ api: 'golem', action: 'get_account_details', with: none, token: dan }, golemSigned.slice(0, 3)),
  ...rejections({ api: 'golem', action: 'update_account', with: email, token: dan }, golemValues('update_account')),
  // Without an e-mail in the call, nothing is wrong with it.
  ...rejections({ api: 'golem', action: 'update_account', with: [['name', 'N']], token: dan }, [
    ...golemStale('update_account'),
    [reply(409, { error: 'Account exists' }), 'e_update_account', 'Account exists'],
    [reply(400, { errors: ['No e-mail in a name'] }), 'e_update_account', 'No e-mail in a name'],
  ]),
  {
    api: 'golem',
    action: 'update_account',
    with: [['email', 'pia@example.com']],
    token: dan,
    status: 'email_already_registered',
    message: 'Account with email pia@example.com already exists',
  },
  {
    api: 'golem',
    action: 'update_account',
    with: email,
    token: partner.token,
    of: danId,
    status: 'application_restricted',
  },
  ...rejections(
    { api: 'golem', action: 'create_account', with: [['name', 'N'], ...email] },
    golemValues('create_account'),
  ),
  {
    api: 'golem',
    action: 'create_account',
    with: [['name', 'N'], ...email],
    token: dan,
    status: 'application_restricted',
  },
  {
    api: 'golem',
    action: 'create_account',
    with: [
      ['name', 'N'],
      ['email', 'pia@example.com'],
    ],
    status: 'email_already_registered',
    message: 'Account with email pia@example.com already exists',
  },
  ...rejections({ api: 'golem', action: 'delete_account', with: none, of: danId }, [
    ...golemSigned,
    ...golemStale('delete_account'),
    [reply(401, { error: `Access to account \`${danId}\` is not allowed` }), 'account_not_found'],
  ]),
  { api: 'golem', action: 'delete_account', with: none, token: dan, status: 'application_restricted' },
  {
    api: 'golem',
    action: 'delete_account',
    with: none,
    status: 'e_delete_account',
    message: 'Cannot delete current account.',
  },
  ...rejections({ api: 'golem', action: 'find_accounts', with: none }, golemSigned),
  ...rejections({ api: 'golem', action: 'get_account_plan', with: none, token: dan }, golemSigned),
  {
    api: 'golem',
    action: 'get_account_plan',
    with: none,
    token: partner.token,
    of: danId,
    status: 'application_restricted',
  },
  {
    api: 'golem',
    action: 'get_account_details',
    with: none,
    token: dan,
    of: partner.account.id,
    status: 'account_not_found',
  },
  {
    api: 'golem',
    action: 'update_account',
    with: email,
    token: dan,
    of: partner.account.id,
    status: 'account_not_found',
  },
  {
    api: 'golem',
    action: 'get_account_plan',
    with: none,
    token: dan,
    of: partner.account.id,
    status: 'application_restricted',
  },

  ...rejections({ api: 'box', action: 'get_account_details', with: none }, boxSigned),
  ...rejections({ api: 'box', action: 'update_account', with: email }, boxValues('update_account')),
  // Without an e-mail in the call, nothing is wrong with it.
  ...rejections({ api: 'box', action: 'update_account', with: [['login', 'n@example.com']] }, [
    [boxError(400, 'bad_request', 'Bad Request', 'login'), 'e_update_account', 'login?'],
    [boxError(409, 'user_login_already_used', 'In use'), 'e_update_account', 'In use'],
  ]),
  // What it takes and ignores.
  ...rejections({ api: 'box', action: 'update_account', with: email }, [
    [reply(200, boxAccounts.admin.user), 'e_update_account', 'not changed: login'],
  ]),
  ...rejections({ api: 'box', action: 'update_account', with: [['name', 'N'], ['language_code', 'fr'], ...email] }, [
    [reply(200, { ...boxAccounts.admin.user, name: 'N' }), 'e_update_account', 'not changed: login, language'],
  ]),
  {
    api: 'box',
    action: 'update_account',
    with: [['email', 'no at']],
    status: 'email_invalid',
    message: "Invalid value 'no at'.",
  },
  {
    api: 'box',
    action: 'update_account',
    with: [['language_code', 'danish']],
    status: 'e_update_account',
    message: "Invalid value 'danish'.",
  },
  {
    api: 'box',
    action: 'update_account',
    with: [['email', 'mia@example.com']],
    status: 'email_already_registered',
    message: 'User with the specified login already exists',
  },
  ...rejections({ api: 'box', action: 'create_account', with: [['name', 'N'], ...email] }, boxValues('create_account')),
  {
    api: 'box',
    action: 'create_account',
    with: [['name', 'N'], ...email],
    token: boxAccounts.managed.token,
    status: 'application_restricted',
  },
  {
    api: 'box',
    action: 'create_account',
    with: [
      ['name', 'N'],
      ['email', 'UTE@example.com'],
    ],
    status: 'email_already_registered',
    message: 'User with the specified login already exists',
  },
  ...rejections({ api: 'box', action: 'delete_account', with: none, of: boxAccounts.managed.user.id }, [
    ...boxSigned,
    [boxError(409, 'user_login_already_used', 'odd'), 'e_delete_account', 'odd'],
  ]),
  {
    api: 'box',
    action: 'delete_account',
    with: none,
    of: boxAccounts.unlimited.user.id,
    status: 'e_delete_account',
    message: 'The user still owns content',
  },
  { api: 'box', action: 'delete_account', with: none, status: 'application_restricted' },
  {
    api: 'box',
    action: 'delete_account',
    with: none,
    token: boxAccounts.managed.token,
    status: 'application_restricted',
  },
  ...rejections({ api: 'box', action: 'find_accounts', with: none }, boxSigned),
  {
    api: 'box',
    action: 'find_accounts',
    with: none,
    token: boxAccounts.managed.token,
    status: 'application_restricted',
  },
  {
    api: 'box',
    action: 'get_account_details',
    with: none,
    token: boxAccounts.managed.token,
    of: boxAccounts.unlimited.user.id,
    status: 'account_not_found',
  },
];
