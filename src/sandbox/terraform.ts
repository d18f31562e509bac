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

function refuse(response: Response, status: number, title = (STATUS_CODES[status] ?? 'error').toLowerCase()): void {
  reply(response, status, { errors: [{ status: String(status), title }] });
}

function refuseValues(response: Response, title: string, details: readonly string[]): void {
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

/** `data.attributes` of a request, or what is wrong with its body. */
function readAttributes(request: Request): Attributes | string {
  const body = bodyJson(request);
  if (!isRecord(body) || !isRecord(body.data)) return 'data is missing or not an object';
  if (body.data.type !== 'users') return 'data.type must be "users"';
  return isRecord(body.data.attributes) ? body.data.attributes : 'data.attributes is missing or not an object';
}

function passwordProblems(account: TerraformAccount, wanted: Attributes): readonly string[] {
  const current = wanted['current-password'] ?? wanted.current_password;
  const confirmation = wanted['password-confirmation'] ?? wanted.password_confirmation;
  const { password } = wanted;
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

type Answer = (account: TerraformAccount, request: Request, response: Response) => void;
type Change = (account: TerraformAccount, wanted: Attributes, response: Response) => void;

/** Terraform's account operations, on accounts of its own. */
export function terraformRouter(): Router {
  const accounts = new Map<string, TerraformAccount>(Object.values(terraformAccounts).map((one) => [one.token, one]));

  function signedIn(answer: Answer): RequestHandler {
    return (request, response) => {
      const account = accounts.get(credential(request, 'Bearer') ?? '');
      return account === undefined ? refuse(response, 401, 'unauthorized') : answer(account, request, response);
    };
  }

  function methodNotAllowed(allow: string): RequestHandler {
    return signedIn((_account, _request, response) => {
      response.set('Allow', allow);
      refuse(response, 405);
    });
  }

  function changing(change: Change): RequestHandler {
    return signedIn((account, request, response) => {
      if (mediaType(request) !== jsonApi) return refuse(response, 415);
      const wanted = readAttributes(request);
      if (typeof wanted === 'string') return refuseValues(response, 'malformed request body', [wanted]);
      change(account, wanted, response);
    });
  }

  function keep(account: TerraformAccount, response: Response): void {
    accounts.set(account.token, account);
    reply(response, 200, userDocument(account));
  }

  /** A new address waits to be confirmed; the address in use asked for again takes the waiting one back. */
  const changeProfile: Change = (account, wanted, response) => {
    const others = [...accounts.values()].filter((one) => one !== account);
    const problems = profileProblems(wanted, others);
    if (problems.length > 0) return refuseValues(response, 'invalid attribute', problems);
    const { attributes } = account;
    const username = typeof wanted.username === 'string' ? wanted.username : attributes.username;
    const email = typeof wanted.email === 'string' ? wanted.email : attributes['unconfirmed-email'];
    const unconfirmed = email === attributes.email ? null : email;
    keep({ ...account, attributes: { ...attributes, username, 'unconfirmed-email': unconfirmed } }, response);
  };

  const changePassword: Change = (account, wanted, response) => {
    const problems = passwordProblems(account, wanted);
    if (problems.length > 0) return refuseValues(response, 'invalid attribute', problems);
    keep({ ...account, password: String(wanted.password) }, response);
  };

  const router = strictRouter();
  router
    .route('/account/details')
    .get(signedIn((account, _request, response) => reply(response, 200, userDocument(account))))
    .all(methodNotAllowed('GET, HEAD'));
  router.route('/account/update').patch(changing(changeProfile)).all(methodNotAllowed('PATCH'));
  router.route('/account/password').patch(changing(changePassword)).all(methodNotAllowed('PATCH'));
  router.use(signedIn((_account, _request, response) => refuse(response, 404)));
  router.use(failureHandler(refuse));
  return router;
}
