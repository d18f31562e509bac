import { STATUS_CODES } from 'node:http';
import type { Request, RequestHandler, Response, Router } from 'express';
import { bodyBytes, credential, failureHandler, isEmail, mediaType, sameText, strictRouter } from './requests.js';

export interface SeatableAccount {
  readonly token: string;
  /** For `POST /api2/auth-token/`, with its contact_email, login_id or email. */
  readonly password: string;
  /** The one-time code that goes with the password; none where the account has no second factor. */
  readonly secondFactor?: string;
  readonly otherTokens?: readonly string[];
  /** Whether the administrator of the account's server lets users change their address. */
  readonly emailChange: boolean;
  /** The reply of `GET /api2/account/info/`. */
  readonly info: Readonly<Record<string, string | number | boolean | null>> & { readonly contact_email: string | null };
}

/** The accounts of the SeaTable sandbox. */
export const seatableAccounts = {
  teamMember: {
    token: '43543wrsd',
    password: '100 % sure + pässword & more',
    otherTokens: ['asd410d592f59efc64410bbf4ee7602eb6854dd7', '57dbe76c579d7a926539c04c3e8bcbb1e6a65301'],
    emailChange: true,
    info: {
      org_id: 4,
      is_org_staff: 0,
      space_usage: '0.121974751%',
      total: 100000000000,
      usage: 121974751,
      row_usage_rate: '0%',
      row_total: -1,
      row_usage: 88,
      avatar_url: 'https://cloud.seatable.io/media/avatars/default.png',
      email: '7fhe63g949b946a3b200555db5de1d23@auth.local',
      name: 'Robert Teamplayer',
      login_id: '',
      contact_email: 'teamplayer@example.com',
      institution: '',
      is_staff: false,
      enable_chargebee: true,
      enable_subscription: false,
      dtable_updates_email_interval: 0,
      dtable_collaborate_email_interval: 0,
    },
  },
  loneUser: {
    token: 'seatable-lone-user-token',
    password: 'seatable-lone-user-password',
    emailChange: true,
    info: {
      space_usage: '0%',
      total: -2,
      usage: 4096,
      row_usage_rate: '0.12%',
      row_total: 10000,
      row_usage: 12,
      avatar_url: 'https://cloud.seatable.io/media/avatars/default.png',
      email: '1c0f5a2b8d3e4f60918273645a5b6c7d@auth.local',
      name: 'Lone User',
      login_id: 'lone-user',
      contact_email: null,
      institution: '',
      is_staff: false,
      enable_chargebee: false,
      enable_subscription: false,
      dtable_updates_email_interval: 3600,
      dtable_collaborate_email_interval: 0,
    },
  },
  cloudUser: {
    token: 'seatable-cloud-user-token',
    password: 'seatable-cloud-user-password',
    secondFactor: '314159',
    emailChange: false,
    info: {
      org_id: 7,
      is_org_staff: 1,
      space_usage: '50%',
      total: 1000000000,
      usage: 500000000,
      row_usage_rate: '5%',
      row_total: 2000,
      row_usage: 100,
      avatar_url: 'https://cloud.seatable.io/media/avatars/default.png',
      email: '9b8a7c6d5e4f40312233445566778899@auth.local',
      name: 'Carla Cloud',
      login_id: '',
      contact_email: 'carla@example.com',
      institution: '',
      is_staff: false,
      enable_chargebee: true,
      enable_subscription: true,
      dtable_updates_email_interval: 0,
      dtable_collaborate_email_interval: 0,
    },
  },
} as const satisfies Record<string, SeatableAccount>;

const accounts: readonly SeatableAccount[] = Object.values(seatableAccounts);

/** Rejects as SeaTable's web framework does, for errors of the request itself. */
function reject(response: Response, status: number, detail = STATUS_CODES[status] ?? 'Error'): void {
  response.status(status).json({ detail });
}

/** Rejects as SeaTable's own operations do. */
function rejectChange(response: Response, status: number, message: string): void {
  response.status(status).json({ error_msg: message });
}

type Operation = (account: SeatableAccount, request: Request, response: Response) => void | Promise<void>;

function withAccount(operation: Operation): RequestHandler {
  return (request, response) => {
    if (request.get('authorization') === undefined)
      return reject(response, 403, 'Authentication credentials were not provided.');
    const token = credential(request, 'Token');
    const account = accounts.find((one) => token === one.token || one.otherTokens?.some((other) => token === other));
    return account === undefined ? reject(response, 401, 'Invalid token') : operation(account, request, response);
  };
}

function methodNotAllowed(allow: string): RequestHandler {
  return withAccount((_account, request, response) => {
    response.set('Allow', allow);
    reject(response, 405, `Method "${request.method}" not allowed.`);
  });
}

async function readForm(request: Request): Promise<FormData | undefined> {
  const body = bodyBytes(request);
  if (body.length === 0) return new FormData();
  try {
    return await new globalThis.Response(body, {
      headers: { 'content-type': request.get('content-type') ?? '' },
    }).formData();
  } catch {
    return undefined;
  }
}

/** A new address takes effect when the link in the mail is followed, so no write changes the account here. */
const changeEmail: Operation = async (account, request, response) => {
  if (!account.emailChange) return rejectChange(response, 403, 'Feature disabled.');
  if (bodyBytes(request).length > 0 && mediaType(request) !== 'multipart/form-data')
    return reject(response, 415, `Unsupported media type "${mediaType(request)}" in request.`);
  const form = await readForm(request);
  if (form === undefined) return reject(response, 400, 'Multipart form parse error');
  const field = form.get('new_contact_email');
  const address = typeof field === 'string' ? field.trim() : '';
  if (!isEmail(address)) return rejectChange(response, 400, 'new_contact_email invalid.');
  if (accounts.some((one) => sameText(one.info.contact_email ?? '', address)))
    return rejectChange(response, 409, 'email already exists!');
  response.json({ msg: 'email has been sent, please check it in your current email.' });
};

/** Texts as the form that SeaTable's web framework reads: without the blanks around them. */
async function readLogin(request: Request): Promise<{ username: string; password: string }> {
  const form = await readForm(request);
  const text = (name: string) => {
    const value = form?.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  return { username: text('username'), password: text('password') };
}

/** Gives the token of an account for a name and a password, and for the one-time code where it has a second factor. */
const giveToken: RequestHandler = async (request, response) => {
  const { username, password } = await readLogin(request);
  const missing = Object.entries({ username, password }).filter(([, value]) => value === '');
  if (missing.length > 0) {
    const errors = missing.map(([name]) => [name, ['This field may not be blank.']]);
    return void response.status(400).json(Object.fromEntries(errors));
  }
  const rejectLogin = (message: string) => void response.status(400).json({ non_field_errors: [message] });
  const account = accounts.find(({ info, ...one }) => {
    const names = [info.contact_email, info.login_id, info.email];
    return one.password === password && names.some((name) => typeof name === 'string' && sameText(name, username));
  });
  if (!account) return rejectLogin('Unable to login with provided credentials.');
  const code = request.get('x-seafile-otp') ?? '';
  if (account.secondFactor !== undefined && code !== account.secondFactor) {
    response.set('X-Seafile-OTP', 'required');
    return rejectLogin(`Two factor auth token is ${code === '' ? 'missing' : 'invalid'}.`);
  }
  response.json({ token: account.token });
};

/** SeaTable's account operations. */
export function seatableRouter(): Router {
  const router = strictRouter();
  router
    .route('/api2/auth-token/')
    .post(giveToken)
    .all((request, response) => {
      response.set('Allow', 'POST');
      reject(response, 405, `Method "${request.method}" not allowed.`);
    });
  router
    .route('/api2/account/info/')
    .get(withAccount((account, _request, response) => void response.json(account.info)))
    .all(methodNotAllowed('GET, HEAD'));
  router.route('/api/v2.1/user/contact-email/').put(withAccount(changeEmail)).all(methodNotAllowed('PUT'));
  router.use((_request, response) => reject(response, 404, 'Not found.'));
  router.use(failureHandler(reject));
  return router;
}
