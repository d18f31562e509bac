import { STATUS_CODES } from 'node:http';
import type { Request, RequestHandler, Response, Router } from 'express';
import {
  bodyJson,
  credential,
  failureHandler,
  isEmail,
  isRecord,
  mediaType,
  sameText,
  strictRouter,
} from './requests.js';

export interface TerraformAccount {
  readonly token: string;
  readonly password: string;
  readonly id: string;
  /** `data.attributes` of the user document. */
  readonly attributes: {
    readonly username: string;
    readonly 'is-service-account': boolean;
    readonly 'avatar-url': string;
    readonly 'v2-only': boolean;
    readonly 'is-site-admin': boolean;
    readonly 'is-sso-login': boolean;
    readonly email: string;
    readonly 'unconfirmed-email': string | null;
    readonly permissions: Readonly<Record<string, boolean>>;
  };
}

/** The accounts that the Terraform sandbox starts with. */
export const terraformAccounts = {
  admin: {
    token: 'terraform-demo-token',
    password: 'terraform-demo-password',
    id: 'user-V3R563qtJNcExAkN',
    attributes: {
      username: 'admin',
      'is-service-account': false,
      'avatar-url': 'https://www.gravatar.com/avatar/9babb00091b97b9ce9538c45807fd35f?s=100&d=mm',
      'v2-only': false,
      'is-site-admin': true,
      'is-sso-login': false,
      email: 'admin@hashicorp.com',
      'unconfirmed-email': null,
      permissions: { 'can-create-organizations': true, 'can-change-email': true, 'can-change-username': true },
    },
  },
  member: {
    token: 'terraform-member-token',
    password: 'terraform-member-password',
    id: 'user-9mEmBer2aCcounT7',
    attributes: {
      username: 'member',
      'is-service-account': false,
      'avatar-url': 'https://www.gravatar.com/avatar/0?s=100&d=mm',
      'v2-only': true,
      'is-site-admin': false,
      'is-sso-login': false,
      email: 'member@example.com',
      'unconfirmed-email': 'member@example.org',
      permissions: { 'can-create-organizations': false, 'can-change-email': true, 'can-change-username': true },
    },
  },
} as const satisfies Record<string, TerraformAccount>;

const jsonApi = 'application/vnd.api+json';

function reply(response: Response, status: number, document: unknown): void {
  response.status(status).type(jsonApi).send(JSON.stringify(document));
}

function reject(response: Response, status: number, title = (STATUS_CODES[status] ?? 'error').toLowerCase()): void {
  reply(response, status, { errors: [{ status: String(status), title }] });
}

function rejectValues(response: Response, title: string, details: readonly string[]): void {
  reply(response, 422, { errors: details.map((detail) => ({ status: '422', title, detail })) });
}

function userDocument({ id, attributes }: TerraformAccount): unknown {
  const self = `/api/v2/users/${id}`;
  return {
    data: {
      id,
      type: 'users',
      attributes,
      relationships: { 'authentication-tokens': { links: { related: `${self}/authentication-tokens` } } },
      links: { self },
    },
  };
}

type Attributes = Readonly<Record<string, unknown>>;

/** `data.attributes` of a request, or the problem with its body. */
function readAttributes(request: Request): Attributes | string {
  const body = bodyJson(request);
  if (!isRecord(body) || !isRecord(body.data)) return 'data is missing or not an object';
  if (body.data.type !== 'users') return 'data.type must be "users"';
  return isRecord(body.data.attributes) ? body.data.attributes : 'data.attributes is missing or not an object';
}

function passwordProblems(account: TerraformAccount, requested: Attributes): readonly string[] {
  const current = requested['current-password'] ?? requested.current_password;
  const confirmation = requested['password-confirmation'] ?? requested.password_confirmation;
  const { password } = requested;
  return [
    ...(current === account.password ? [] : ['Current password is invalid']),
    ...(typeof password === 'string' && password.length >= 10
      ? []
      : ['Password is too short (minimum is 10 characters)']),
    ...(confirmation === password ? [] : ["Password confirmation doesn't match Password"]),
  ];
}

function profileProblems({ username, email }: Attributes, others: readonly TerraformAccount[]): readonly string[] {
  const problems: string[] = [];
  if (username !== undefined && (typeof username !== 'string' || username.trim() === ''))
    problems.push('Username is invalid');
  if (email !== undefined && !isEmail(email)) problems.push('Email is invalid');
  for (const { attributes } of others) {
    if (typeof username === 'string' && sameText(attributes.username, username))
      problems.push('Username has already been taken');
    if (typeof email === 'string' && sameText(attributes.email, email)) problems.push('Email has already been taken');
  }
  return problems;
}

type Operation = (account: TerraformAccount, request: Request, response: Response) => void;
type Change = (account: TerraformAccount, requested: Attributes, response: Response) => void;

/** Terraform's account operations, on accounts in memory. */
export function terraformRouter(): Router {
  const accounts = new Map<string, TerraformAccount>(Object.values(terraformAccounts).map((one) => [one.token, one]));

  function withAccount(operation: Operation): RequestHandler {
    return (request, response) => {
      const account = accounts.get(credential(request, 'Bearer') ?? '');
      return account === undefined ? reject(response, 401, 'unauthorized') : operation(account, request, response);
    };
  }

  function methodNotAllowed(allow: string): RequestHandler {
    return withAccount((_account, _request, response) => {
      response.set('Allow', allow);
      reject(response, 405);
    });
  }

  function withAttributes(change: Change): RequestHandler {
    return withAccount((account, request, response) => {
      if (mediaType(request) !== jsonApi) return reject(response, 415);
      const requested = readAttributes(request);
      if (typeof requested === 'string') return rejectValues(response, 'malformed request body', [requested]);
      change(account, requested, response);
    });
  }

  function saveAndReply(account: TerraformAccount, response: Response): void {
    accounts.set(account.token, account);
    reply(response, 200, userDocument(account));
  }

  /** A new address stays unconfirmed; a change to the address in use cancels it. */
  const changeProfile: Change = (account, requested, response) => {
    const others = [...accounts.values()].filter((one) => one !== account);
    const problems = profileProblems(requested, others);
    if (problems.length > 0) return rejectValues(response, 'invalid attribute', problems);
    const { attributes } = account;
    const username = typeof requested.username === 'string' ? requested.username : attributes.username;
    const email = typeof requested.email === 'string' ? requested.email : attributes['unconfirmed-email'];
    const unconfirmed = email === attributes.email ? null : email;
    saveAndReply({ ...account, attributes: { ...attributes, username, 'unconfirmed-email': unconfirmed } }, response);
  };

  const changePassword: Change = (account, requested, response) => {
    const problems = passwordProblems(account, requested);
    if (problems.length > 0) return rejectValues(response, 'invalid attribute', problems);
    saveAndReply({ ...account, password: String(requested.password) }, response);
  };

  const router = strictRouter();
  router
    .route('/account/details')
    .get(withAccount((account, _request, response) => reply(response, 200, userDocument(account))))
    .all(methodNotAllowed('GET, HEAD'));
  router.route('/account/update').patch(withAttributes(changeProfile)).all(methodNotAllowed('PATCH'));
  router.route('/account/password').patch(withAttributes(changePassword)).all(methodNotAllowed('PATCH'));
  router.use(withAccount((_account, _request, response) => reject(response, 404)));
  router.use(failureHandler(reject));
  return router;
}
