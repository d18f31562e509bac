import type { IncomingMessage, RequestListener } from 'node:http';

/** The versions of Golem after 1.3, which is in the sandbox. */
export const laterGolems = ['1.4', '1.5', 'main'] as const;
export type LaterGolem = (typeof laterGolems)[number];

interface Account {
  readonly id: string;
  readonly revision: number;
  readonly name: string;
  readonly email: string;
  readonly planId: string;
  readonly roles: readonly string[];
}

const planId = '33333333-0000-4000-8000-000000000001';
const idOf = (end: string) => `22222222-0000-4000-8000-00000000000${end}`;

/** The accounts that every version begins with, and who has which token. */
export const golemUsers = {
  admin: { id: idOf('a'), revision: 3, name: 'Ada Admin', email: 'ada@example.com', planId, roles: ['admin'] },
  developer: { id: idOf('b'), revision: 0, name: 'Dan Developer', email: 'dan@example.com', planId, roles: [] },
  partner: { id: idOf('c'), revision: 1, name: 'Pia Partner', email: 'pia@example.com', planId, roles: [] },
} as const satisfies Record<string, Account>;
export type GolemUser = keyof typeof golemUsers;

/** The token of a user: a UUID in Golem 1.4, opaque in later versions. */
export function golemToken(version: LaterGolem, user: GolemUser): string {
  return version === '1.4' ? golemUsers[user].id.replaceAll('2', '1') : `opaque_token-of-${user}`;
}

/** The plan of every account; its names are those of Golem 1.4, newer versions add to them. */
const laterGolemPlan = {
  planId,
  name: 'default',
  appLimit: 7,
  envLimit: 9,
  componentLimit: 10,
  workerLimit: 10000,
  workerConnectionLimit: 100,
  storageLimit: 500000000,
  monthlyGasLimit: 1000000000000000000n,
  monthlyUploadLimit: 1000000000,
  maxMemoryPerWorker: 18446744073709551615n,
};

class Refusal extends Error {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> | string;
  constructor(status: number, body: Refusal['body']) {
    super(String(status));
    this.status = status;
    this.body = body;
  }
}

const notServed = () => new Refusal(404, 'not found');
const unreadable = (what: string) => new Refusal(400, `parse request payload error: ${what}`);

/** One of the versions, with accounts of its own in memory. */
export function createGolem(version: LaterGolem): RequestListener {
  const accounts = new Map<string, Account>(Object.values(golemUsers).map((account) => [account.id, account]));
  let created = 0;
  /** Errors have a code from 1.5 on. */
  const refuse = (status: number, code: string, error: string) =>
    new Refusal(status, version === '1.4' ? { error } : { code, error });
  const notFound = (id: string) => refuse(404, 'ACCOUNT_NOT_FOUND', `Account Not Found: ${id}`);
  const forbidden = () => refuse(403, 'AUTH_FORBIDDEN', 'The given action is not allowed');
  const stale = () => refuse(409, 'CONCURRENT_UPDATE', 'Concurrent update');

  const callerOf = ({ headers: { authorization } }: IncomingMessage): Account => {
    const users: readonly GolemUser[] = ['admin', 'developer', 'partner'];
    const user = users.find((each) => authorization === `Bearer ${golemToken(version, each)}`);
    const account = user && accounts.get(golemUsers[user].id);
    if (!account) throw refuse(401, 'AUTH_UNAUTHORIZED', 'Could not authenticate user');
    return account;
  };
  const save = (account: Account): Account => {
    const isTaken = [...accounts.values()].some(({ id, email }) => id !== account.id && email === account.email);
    if (isTaken) throw refuse(409, 'ACCOUNT_EMAIL_ALREADY_IN_USE', 'Email already in use');
    accounts.set(account.id, account);
    return account;
  };
  const stored = (email: string) => (version === 'main' ? email.toLowerCase() : email);

  const create = (caller: Account, { name, email, roles }: Readonly<Record<string, unknown>>) => {
    if (typeof name !== 'string' || typeof email !== 'string') throw unreadable('name and email are required');
    if (version === 'main' && !Array.isArray(roles)) throw unreadable('roles is required');
    if (!caller.roles.includes('admin')) throw forbidden();
    created += 1;
    return save({ id: idOf(`${created}`), revision: 0, name, email: stored(email), planId, roles: [] });
  };
  const update = (account: Account, { currentRevision, name, email }: Readonly<Record<string, unknown>>) => {
    if (typeof currentRevision !== 'number') throw unreadable('currentRevision is required');
    if (currentRevision !== account.revision) throw stale();
    // What main does not know in a request, it ignores.
    const changes = {
      ...(typeof name === 'string' && { name }),
      ...(typeof email === 'string' && version !== 'main' && { email }),
    };
    return save({ ...account, ...changes, revision: account.revision + 1 });
  };
  const remove = (caller: Account, account: Account, revision: string | null) => {
    if (revision === null) throw new Refusal(400, 'failed to parse parameter `current_revision`: missing');
    if (!caller.roles.includes('admin')) throw forbidden();
    if (Number(revision) !== account.revision) throw stale();
    accounts.delete(account.id);
    return {};
  };

  const answer = (request: IncomingMessage, body: string): unknown => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://golem');
    const methods = methodsOf(version, pathname);
    if (methods.length === 0) throw notServed();
    if (!methods.includes(request.method ?? '')) throw new Refusal(405, 'method not allowed');
    const caller = callerOf(request);
    if (pathname.endsWith('/token')) return { id: idOf('f'), accountId: caller.id, expiresAt: '2125-01-01T00:00:00Z' };
    const values = body === '' ? {} : JSON.parse(body);
    if (request.method === 'POST') return create(caller, values);
    const id = pathname.split('/')[3] ?? '';
    const account = accounts.get(id);
    if (!account || (account.id !== caller.id && !caller.roles.includes('admin'))) throw notFound(id);
    if (pathname.endsWith('/plan')) return laterGolemPlan;
    if (request.method === 'GET') return account;
    return request.method === 'DELETE'
      ? remove(caller, account, searchParams.get('current_revision'))
      : update(account, values);
  };

  return (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const send = (status: number, reply: unknown) => {
        const isText = typeof reply === 'string';
        response.writeHead(status, { 'Content-Type': isText ? 'text/plain; charset=utf-8' : 'application/json' });
        response.end(isText ? reply : withBigints(reply));
      };
      try {
        send(200, answer(request, body));
      } catch (error) {
        if (error instanceof Refusal) send(error.status, error.body);
        else throw error;
      }
    });
  };
}

function methodsOf(version: LaterGolem, path: string): readonly string[] {
  if (path === '/v1/accounts') return ['POST'];
  if (/^\/v1\/accounts\/[0-9a-f-]{36}$/.test(path)) return ['GET', version === '1.4' ? 'PUT' : 'PATCH', 'DELETE'];
  if (/^\/v1\/accounts\/[0-9a-f-]{36}\/plan$/.test(path)) return ['GET'];
  return path === (version === '1.4' ? '/v1/login/token' : '/v1/me/token') ? ['GET'] : [];
}

function withBigints(value: unknown): string {
  const text = JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each));
  return text.replace(/"(\d+)n"/g, '$1');
}
