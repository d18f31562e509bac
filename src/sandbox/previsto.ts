import { STATUS_CODES } from 'node:http';
import type { Request, RequestHandler, Response, Router } from 'express';
import { bodyBytes, credential, failureHandler, isEmail, mediaType, sameText, strictRouter } from './requests.js';

export interface PrevistoAccount {
  /** The secret key, the user name of HTTP Basic. */
  readonly key: string;
  /** A key that is valid and may not be used for accounts. */
  readonly publicKey: string;
  /** The account object. */
  readonly account: {
    readonly id: string;
    readonly login: string;
    readonly name: string;
    readonly email: string;
    readonly emailValidated: boolean;
    readonly address: string | null;
    readonly appartment?: string | null;
    readonly postalCode: string | null;
    readonly city: string | null;
    readonly countryCode: string | null;
    readonly location: readonly [longitude: number, latitude: number];
    readonly languageCode: string;
    readonly roles: readonly string[];
    readonly meta: Readonly<Record<string, string>>;
  };
}

/** The accounts that the Previsto sandbox starts with. */
export const previstoAccounts = {
  john: {
    key: 'sk_12345',
    publicKey: 'pk_12345',
    account: {
      id: 'acct_7B10MYfEnPp6r',
      login: 'john',
      name: 'John Dow',
      email: 'john@doe.com',
      emailValidated: true,
      address: 'Kundevej 2',
      postalCode: '4321',
      city: 'Kundeby',
      countryCode: 'DK',
      location: [11.543540954589844, 56.703469017862034],
      languageCode: 'da',
      roles: ['ROLE_USER', 'ORGROLE_org-ZW46jOjfA0rpDZ_USER'],
      meta: { hairColor: 'Brown' },
    },
  },
  mette: {
    key: 'sk_67890',
    publicKey: 'pk_67890',
    account: {
      id: 'acct_2Kd83LmQx9TzV',
      login: 'mette',
      name: 'Mette Ærø',
      email: 'mette@example.dk',
      emailValidated: false,
      address: null,
      appartment: null,
      postalCode: null,
      city: null,
      countryCode: null,
      location: [12.568337, 55.676098],
      languageCode: 'en',
      roles: ['ROLE_USER'],
      meta: {},
    },
  },
} as const satisfies Record<string, PrevistoAccount>;

interface Problem {
  readonly message: string;
  readonly param?: string;
}

function reject(response: Response, status: number, problem: Problem = { message: STATUS_CODES[status] ?? '' }): void {
  response.status(status).json({ type: 'invalid_request', ...problem });
}

/** The user name of HTTP Basic; undefined where the password is not empty. */
function keyOf(request: Request): string | undefined {
  const [key, password] = Buffer.from(credential(request, 'Basic') ?? '', 'base64')
    .toString('utf8')
    .split(/:(.*)/s);
  return password === '' ? key : undefined;
}

interface Form {
  readonly values: URLSearchParams;
  readonly meta: Readonly<Record<string, string>> | undefined;
}

/** `meta[colour]=red` is a value of one key; together they replace all of `meta`. */
function readForm(request: Request): Form {
  const values = new URLSearchParams(bodyBytes(request).toString('utf8'));
  const meta = [...values].flatMap(([name, value]) => {
    const key = /^meta\[([^[\]]+)\]$/.exec(name)?.[1];
    return key === undefined ? [] : [[key, value] as const];
  });
  return { values, meta: meta.length > 0 ? Object.fromEntries(meta) : undefined };
}

function problemIn({ values }: Form): Problem | undefined {
  const repeated = ['name', 'email', 'languageCode'].find((param) => values.getAll(param).length > 1);
  if (repeated !== undefined) return { message: `'${repeated}' must be specified once.`, param: repeated };
  if (!values.get('name')?.trim()) return { message: "'name' must be specified.", param: 'name' };
  const email = values.get('email');
  if (email !== null && !isEmail(email)) return { message: "'email' must have email syntax.", param: 'email' };
  const language = values.get('languageCode');
  if (language !== null && !/^[A-Za-z]{2}$/.test(language))
    return { message: "'languageCode' must be a 2-letter code.", param: 'languageCode' };
  if (values.has('meta')) return { message: "'meta' must be an object.", param: 'meta' };
  return undefined;
}

type Operation = (owner: PrevistoAccount, request: Request, response: Response) => void;

/** Previsto's account operations, on accounts in memory. */
export function previstoRouter(): Router {
  const owners = new Map<string, PrevistoAccount>(Object.values(previstoAccounts).map((one) => [one.account.id, one]));

  function withAccount(operation: Operation): RequestHandler {
    return (request, response) => {
      const key = keyOf(request);
      const owner = [...owners.values()].find((one) => key === one.key || key === one.publicKey);
      if (owner === undefined) return reject(response, 401, { message: 'Bad credentials' });
      if (key === owner.publicKey) return reject(response, 403, { message: 'Access is denied' });
      operation(owner, request, response);
    };
  }

  function methodNotAllowed(allow: string): RequestHandler {
    return withAccount((_owner, _request, response) => {
      response.set('Allow', allow);
      reject(response, 405);
    });
  }

  const update: Operation = (owner, request, response) => {
    if (mediaType(request) !== 'application/x-www-form-urlencoded') return reject(response, 415);
    const form = readForm(request);
    const problem = problemIn(form);
    if (problem !== undefined) return reject(response, 400, problem);
    const { account } = owner;
    const email = form.values.get('email') ?? account.email;
    const others = [...owners.values()].filter((one) => one !== owner);
    if (others.some((one) => sameText(one.account.email, email)))
      return reject(response, 409, { message: "'email' is already in use.", param: 'email' });
    const changed = {
      ...account,
      name: form.values.get('name') ?? account.name,
      email,
      languageCode: form.values.get('languageCode') ?? account.languageCode,
      meta: form.meta ?? account.meta,
    };
    owners.set(account.id, { ...owner, account: changed });
    response.json(changed);
  };

  const remove: Operation = (owner, request, response) => {
    if (request.params.id !== owner.account.id)
      return reject(response, 404, { message: 'No such account.', param: 'id' });
    owners.delete(owner.account.id);
    response.status(204).end();
  };

  const router = strictRouter();
  router
    .route('/accounts/current')
    .get(withAccount((owner, _request, response) => void response.json(owner.account)))
    .post(withAccount(update))
    .delete(withAccount(remove))
    .all(methodNotAllowed('GET, HEAD, POST, DELETE'));
  router.route('/accounts/:id').delete(withAccount(remove)).all(methodNotAllowed('DELETE'));
  router.use(withAccount((_owner, _request, response) => reject(response, 404)));
  router.use(failureHandler(reject));
  return router;
}
