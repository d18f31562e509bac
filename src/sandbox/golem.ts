import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Request, RequestHandler, Response, Router } from 'express';
import { bodyJson, credential, failureHandler, isRecord, mediaType, strictRouter } from './requests.js';

interface Account {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly planId: string;
}

export interface GolemAccount {
  readonly token: string;
  readonly tokenId: string;
  readonly admin: boolean;
  /** The ids of the accounts that share a project with this one. */
  readonly sharedBy: readonly string[];
  readonly account: Account;
}

const planId = 'b3f60ba2-c1fd-4b3a-a23d-8e876e0ef75d';

/** The plan of every account. */
export const golemPlan = {
  planId,
  planData: {
    projectLimit: 5,
    componentLimit: 10,
    workerLimit: 10000,
    storageLimit: 500000000,
    monthlyGasLimit: 1000000000000,
    monthlyUploadLimit: 1000000000,
  },
} as const;

/** The accounts that the Golem sandbox starts with. */
export const golemAccounts = {
  admin: {
    token: '00000000-0000-4000-8000-00000000000a',
    tokenId: '11111111-0000-4000-8000-00000000000a',
    admin: true,
    sharedBy: [],
    account: { id: 'root', name: 'Ada Admin', email: 'ada@example.com', planId },
  },
  developer: {
    token: '00000000-0000-4000-8000-00000000000b',
    tokenId: '11111111-0000-4000-8000-00000000000b',
    admin: false,
    sharedBy: [],
    account: { id: '22222222-0000-4000-8000-00000000000b', name: 'Dan Developer', email: 'dan@example.com', planId },
  },
  partner: {
    token: '00000000-0000-4000-8000-00000000000c',
    tokenId: '11111111-0000-4000-8000-00000000000c',
    admin: false,
    sharedBy: ['22222222-0000-4000-8000-00000000000b'],
    account: { id: '22222222-0000-4000-8000-00000000000c', name: 'Pia Partner', email: 'pia@example.com', planId },
  },
} as const satisfies Record<string, GolemAccount>;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Rejects as Golem's web framework does, for errors of the request itself. */
function reject(response: Response, status: number, text = (STATUS_CODES[status] ?? 'error').toLowerCase()): void {
  response.status(status).type('text/plain').send(text);
}

function rejectAccess(response: Response, error: string): void {
  response.status(401).json({ error });
}

const adminOnly = 'Action is only allowed for [Admin]';
const noAccess = (id: string): string => `Access to account \`${id}\` is not allowed`;

function rejectConflict(response: Response, email: string): void {
  response.status(409).json({ error: `Account with email ${email} already exists` });
}

function rejectValues(response: Response, errors: readonly string[]): void {
  response.status(400).json({ errors });
}

function methodNotAllowed(allow: string): RequestHandler {
  return (_request, response) => {
    response.set('Allow', allow);
    reject(response, 405);
  };
}

/** Whether a caller may change an account and read its plan. */
function manages(caller: GolemAccount, id: string): boolean {
  return caller.admin || caller.account.id === id;
}

type Fields = Pick<Account, 'name' | 'email'>;

/** The account fields of a request; where they are invalid, the request is rejected and there are none. */
function readFields(request: Request, response: Response): Fields | undefined {
  if (mediaType(request) !== 'application/json') {
    reject(response, 415, `the \`Content-Type\` requested by the client is not supported: ${mediaType(request)}`);
    return undefined;
  }
  const body = bodyJson(request);
  if (!isRecord(body)) {
    reject(response, 400, 'parse request payload error: not a JSON object');
    return undefined;
  }
  const { name, email } = body;
  const replan = request.method === 'PUT' && body.planId !== undefined;
  if (typeof name === 'string' && typeof email === 'string' && !replan) return { name, email };
  rejectValues(response, [
    ...(typeof name === 'string' ? [] : ['Field name is required and must be a string.']),
    ...(typeof email === 'string' ? [] : ['Field email is required and must be a string.']),
    ...(replan ? ['Changing the planId is not allowed.'] : []),
  ]);
  return undefined;
}

type Operation = (caller: GolemAccount, request: Request, response: Response) => void;
type AccountOperation = (caller: GolemAccount, account: Account, request: Request, response: Response) => void;

/** Golem's account operations and its token operation, on accounts in memory. */
export function golemRouter(): Router {
  const callers: readonly GolemAccount[] = Object.values(golemAccounts);
  const accounts = new Map<string, Account>(callers.map(({ account }) => [account.id, account]));

  function asCaller(operation: Operation): RequestHandler {
    return (request, response) => {
      const token = credential(request, 'Bearer')?.toLowerCase() ?? '';
      if (!uuid.test(token)) return reject(response, 401, 'authorization error');
      const caller = callers.find((one) => one.token === token && accounts.has(one.account.id));
      if (caller === undefined) return rejectAccess(response, 'Invalid Token: Unknown token secret.');
      operation(caller, request, response);
    };
  }

  /** An operation on the account in the path. An unknown account is rejected like another's. */
  function onAccount(operation: AccountOperation): RequestHandler {
    return asCaller((caller, request, response) => {
      const account = accounts.get(String(request.params.id));
      if (account === undefined) return rejectAccess(response, noAccess(String(request.params.id)));
      operation(caller, account, request, response);
    });
  }

  const canRead = (caller: GolemAccount, id: string): boolean => manages(caller, id) || caller.sharedBy.includes(id);
  const isTaken = (email: string, id?: string): boolean =>
    [...accounts.values()].some((one) => one.email === email && one.id !== id);

  function saveAndReply(account: Account, response: Response): void {
    accounts.set(account.id, account);
    response.json(account);
  }

  const find: Operation = (caller, request, response) => {
    const email = new URL(request.url, 'http://sandbox').searchParams.get('email');
    const visible = [...accounts.values()].filter(({ id }) => canRead(caller, id));
    response.json({ values: visible.filter((one) => email === null || one.email === email) });
  };

  const create: Operation = (caller, request, response) => {
    const fields = readFields(request, response);
    if (fields === undefined) return;
    if (!caller.admin) return rejectAccess(response, adminOnly);
    if (isTaken(fields.email)) return rejectConflict(response, fields.email);
    saveAndReply({ id: randomUUID(), ...fields, planId }, response);
  };

  const read: AccountOperation = (caller, account, _request, response) => {
    if (!canRead(caller, account.id)) return rejectAccess(response, noAccess(account.id));
    response.json(account);
  };

  const replace: AccountOperation = (caller, account, request, response) => {
    const fields = readFields(request, response);
    if (fields === undefined) return;
    if (!manages(caller, account.id)) return rejectAccess(response, adminOnly);
    if (isTaken(fields.email, account.id)) return rejectConflict(response, fields.email);
    saveAndReply({ ...account, ...fields }, response);
  };

  const remove: AccountOperation = (caller, account, _request, response) => {
    if (!caller.admin) return rejectAccess(response, adminOnly);
    if (account.id === caller.account.id) return rejectValues(response, ['Cannot delete current account.']);
    accounts.delete(account.id);
    response.json({});
  };

  const readPlan: AccountOperation = (caller, account, _request, response) => {
    if (!manages(caller, account.id)) return rejectAccess(response, adminOnly);
    response.json(golemPlan);
  };

  const readToken: Operation = ({ tokenId, account }, _request, response) => {
    response.json({
      id: tokenId,
      accountId: account.id,
      createdAt: '2025-01-01T00:00:00Z',
      expiresAt: '2125-01-01T00:00:00Z',
    });
  };

  const router = strictRouter();
  router.route('/v1/accounts').get(asCaller(find)).post(asCaller(create)).all(methodNotAllowed('GET, HEAD, POST'));
  router
    .route('/v1/accounts/:id')
    .get(onAccount(read))
    .put(onAccount(replace))
    .delete(onAccount(remove))
    .all(methodNotAllowed('GET, HEAD, PUT, DELETE'));
  router.route('/v1/accounts/:id/plan').get(onAccount(readPlan)).all(methodNotAllowed('GET, HEAD'));
  router.route('/v1/login/token').get(asCaller(readToken)).all(methodNotAllowed('GET, HEAD'));
  router.use((_request, response) => reject(response, 404));
  router.use(failureHandler(reject));
  return router;
}
