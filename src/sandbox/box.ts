import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Request, RequestHandler, Response, Router } from 'express';
import { type BoxAccount, type BoxUser, boxAccounts, commonOfUsers } from './box-accounts.js';
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

/** The id of the first user that is made; the next ones follow. */
const FIRST_NEW_ID = 31000000001;

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

interface Problem {
  readonly code: string;
  readonly message?: string;
  /** The parameters at fault. */
  readonly parameters?: readonly { readonly reason: string; readonly name: string; readonly message: string }[];
}

/** https://developer.box.com/reference/resources/client-error. */
function reject(response: Response, status: number, { code, message, parameters }: Problem): void {
  response.status(status).json({
    type: 'error',
    status,
    code,
    ...(parameters && { context_info: { errors: parameters } }),
    help_url: 'http://developers.box.com/docs/#errors',
    message: message ?? STATUS_CODES[status],
    request_id: randomUUID().slice(0, 12),
  });
}

const insufficient: Problem = {
  code: 'access_denied_insufficient_permissions',
  message: 'Access denied - insufficient permission',
};

function rejectStatus(response: Response, status: number): void {
  const code = (STATUS_CODES[status] ?? 'error').toLowerCase().replaceAll(' ', '_');
  reject(response, status, { code });
}

function methodNotAllowed(allow: string): RequestHandler {
  return (_request, response) => {
    response.set('Allow', allow);
    rejectStatus(response, 405);
  };
}

type Changes = { readonly name?: string; readonly login?: string; readonly language?: string };

/** What may be said of a user, and how. */
const rules: Readonly<Record<string, (value: unknown) => boolean>> = {
  name: (value) => typeof value === 'string' && value.trim() !== '' && value.length <= 50,
  login: isEmail,
  language: (value) => typeof value === 'string' && /^[a-z]{2}(-[a-z]{2})?$/i.test(value),
};

/** The fields that a user is made or changed with; where they are invalid, the request is rejected and there are none. */
function readChanges(request: Request, response: Response, required: readonly string[]): Changes | undefined {
  const body = mediaType(request) === 'application/json' ? bodyJson(request) : undefined;
  if (!isRecord(body)) {
    reject(response, 400, { code: 'bad_request', message: 'Entity body should be a correctly nested resource' });
    return undefined;
  }
  const given = Object.keys(rules).filter((name) => body[name] !== undefined);
  const missing = required.filter((name) => !given.includes(name));
  const invalid = given.filter((name) => !rules[name]?.(body[name]));
  const parameters = [
    ...missing.map((name) => ({ reason: 'missing_parameter', name, message: `'${name}' is required` })),
    ...invalid.map((name) => ({
      reason: 'invalid_parameter',
      name,
      message: `Invalid value '${String(body[name])}'.`,
    })),
  ];
  if (parameters.length === 0) return Object.fromEntries(given.map((name) => [name, String(body[name])]));
  reject(response, 400, { code: 'bad_request', parameters });
  return undefined;
}

type Operation = (caller: BoxAccount, request: Request, response: Response) => void;
type UserOperation = (caller: BoxAccount, user: BoxUser, request: Request, response: Response) => void;

/** Box's operations on users, of one enterprise in memory. */
export function boxRouter(): Router {
  const callers: readonly BoxAccount[] = Object.values(boxAccounts);
  const users = new Map<string, BoxUser>(callers.map(({ user }) => [user.id, user]));
  let nextId = FIRST_NEW_ID;

  /** A token that has ended, or never was, is refused without a body. */
  function asCaller(operation: Operation): RequestHandler {
    return (request, response) => {
      const token = credential(request, 'Bearer');
      const caller = callers.find((one) => one.token === token && users.has(one.user.id));
      if (caller) return operation(caller, request, response);
      response.set(
        'WWW-Authenticate',
        'Bearer realm="Service", error="invalid_token", error_description="The access token provided is invalid."',
      );
      response.status(401).end();
    };
  }

  const asAdministrator = (operation: Operation): RequestHandler =>
    asCaller((caller, request, response) => {
      if (!caller.isAdministrator) return reject(response, 403, insufficient);
      operation(caller, request, response);
    });

  /** An operation on the user in the path, whom others than an administrator do not see. */
  const onUser = (operation: UserOperation): RequestHandler =>
    asCaller((caller, request, response) => {
      const id = String(request.params.id);
      const user = users.get(id);
      if (!user || !(caller.isAdministrator || caller.user.id === id)) return rejectStatus(response, 404);
      operation(caller, user, request, response);
    });

  const isTaken = (login: string | undefined, id?: string): boolean =>
    login !== undefined && [...users.values()].some((one) => sameText(one.login, login) && one.id !== id);

  function rejectTaken(response: Response): void {
    reject(response, 409, {
      code: 'user_login_already_used',
      message: 'User with the specified login already exists',
    });
  }

  const list: Operation = (_caller, request, response) => {
    const { searchParams } = new URL(request.url, 'http://sandbox');
    const term = (searchParams.get('filter_term') ?? '').toLowerCase();
    const limit = Number(searchParams.get('limit') ?? DEFAULT_LIMIT);
    const usesMarker = searchParams.get('usemarker') === 'true';
    const offset = Number(searchParams.get(usesMarker ? 'marker' : 'offset') ?? 0);
    if (!Number.isInteger(limit) || limit < 0) return reject(response, 400, { code: 'invalid_limit' });
    if (!Number.isInteger(offset) || offset < 0) return reject(response, 400, { code: 'invalid_offset' });
    const found = [...users.values()].filter(({ name, login }) =>
      [name, login].some((text) => text.toLowerCase().startsWith(term)),
    );
    const end = offset + Math.min(limit, MAX_LIMIT);
    const page = { limit: Math.min(limit, MAX_LIMIT), entries: found.slice(offset, end) };
    if (usesMarker) response.json({ ...page, next_marker: end < found.length ? String(end) : null });
    else response.json({ ...page, total_count: found.length, offset });
  };

  const create: Operation = (_caller, request, response) => {
    const changes = readChanges(request, response, ['name', 'login']);
    if (changes === undefined) return;
    if (isTaken(changes.login)) return rejectTaken(response);
    const id = String(nextId++);
    const { name = '', login = '', language = commonOfUsers.language } = changes;
    const sizes = { space_amount: 10737418240, space_used: 0, max_upload_size: 5368709120 };
    const avatar_url = `https://www.box.com/api/avatar/large/${id}`;
    const user = { ...commonOfUsers, id, name, login, language, ...sizes, avatar_url };
    users.set(id, user);
    response.status(201).json(user);
  };

  const update: UserOperation = (_caller, user, request, response) => {
    const changes = readChanges(request, response, []);
    if (changes === undefined) return;
    if (isTaken(changes.login, user.id)) return rejectTaken(response);
    const changed = { ...user, ...changes };
    users.set(user.id, changed);
    response.json(changed);
  };

  const remove: UserOperation = (caller, user, request, response) => {
    if (!caller.isAdministrator || caller.user.id === user.id) return reject(response, 403, insufficient);
    const isForced = new URL(request.url, 'http://sandbox').searchParams.get('force') === 'true';
    if (user.space_used > 0 && !isForced) {
      return reject(response, 409, { code: 'conflict', message: 'The user still owns content' });
    }
    users.delete(user.id);
    response.status(204).end();
  };

  const router = strictRouter();
  router
    .route('/2.0/users')
    .get(asAdministrator(list))
    .post(asAdministrator(create))
    .all(methodNotAllowed('GET, HEAD, POST'));
  router
    .route('/2.0/users/me')
    .get(asCaller(({ user: { id } }, _request, response) => void response.json(users.get(id))))
    .all(methodNotAllowed('GET, HEAD'));
  router
    .route('/2.0/users/:id')
    .get(onUser((_caller, user, _request, response) => void response.json(user)))
    .put(onUser(update))
    .delete(onUser(remove))
    .all(methodNotAllowed('GET, HEAD, PUT, DELETE'));
  router.use((_request, response) => rejectStatus(response, 404));
  router.use(failureHandler(rejectStatus));
  return router;
}
