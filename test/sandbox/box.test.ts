import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Listener } from '../../src/http/listener.js';
import { boxAccounts } from '../../src/sandbox/box-accounts.js';
import { sandboxPaths, startSandbox } from '../../src/sandbox/sandbox.js';

const { admin, managed, unlimited } = boxAccounts;

let sandbox: Listener;
beforeEach(async () => {
  sandbox = await startSandbox({ host: '127.0.0.1', port: 0 });
});
afterEach(() => sandbox.close());

const send = (path: string, { token, ...options }: RequestInit & { readonly token?: string } = {}) =>
  fetch(`${sandbox.url}${sandboxPaths.box}/2.0/users${path}`, {
    ...options,
    headers: {
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(options.body !== undefined && { 'Content-Type': 'application/json' }),
    },
  });

async function call(token: string, method: string, path: string, values?: unknown) {
  const body = values === undefined ? {} : { body: JSON.stringify(values) };
  const response = await send(path, { token, method, ...body });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

const refusal = (status: number, code: string) => ({
  status,
  body: expect.objectContaining({ type: 'error', status, code }),
});
const atFault = (...names: readonly string[]) => ({
  status: 400,
  body: expect.objectContaining({
    code: 'bad_request',
    context_info: { errors: names.map((name) => expect.objectContaining({ name })) },
  }),
});

test('gives the user of a token, whose quota may be none and whose id may have more than 32 bits', async () => {
  for (const { token, user } of [admin, managed, unlimited])
    expect(await call(token, 'GET', '/me')).toEqual({ status: 200, body: user });
  expect(unlimited.user.space_amount).toBe(-1);
  expect(Number(managed.user.id)).toBeGreaterThan(2 ** 32);
});

test.each([undefined, 'unknown', ''])('refuses the token %j without a body', async (token) => {
  const response = await send('/me', token === undefined ? {} : { token });
  expect([response.status, await response.text()]).toEqual([401, '']);
  expect(response.headers.get('www-authenticate')).toMatch(/^Bearer realm="Service", error="invalid_token"/);
});

test('shows others to an administrator alone', async () => {
  expect(await call(admin.token, 'GET', `/${managed.user.id}`)).toMatchObject({ status: 200, body: managed.user });
  expect(await call(managed.token, 'GET', `/${managed.user.id}`)).toMatchObject({ status: 200, body: managed.user });
  expect(await call(managed.token, 'GET', `/${admin.user.id}`)).toEqual(refusal(404, 'not_found'));
  expect(await call(admin.token, 'GET', '/7')).toEqual(refusal(404, 'not_found'));
  expect(await call(managed.token, 'GET', '')).toEqual(refusal(403, 'access_denied_insufficient_permissions'));
});

test('lists users whose name or login begins so, page by page', async () => {
  const ids = async (query: string) => {
    const { body } = await call(admin.token, 'GET', query);
    return { ids: body.entries.map(({ id }: { id: string }) => id), next: body.next_marker };
  };
  const all = [admin.user.id, managed.user.id, unlimited.user.id];
  expect(await ids('?usemarker=true')).toEqual({ ids: all, next: null });
  expect(await ids('?usemarker=true&limit=2')).toEqual({ ids: all.slice(0, 2), next: '2' });
  expect(await ids('?usemarker=true&limit=2&marker=2')).toEqual({ ids: all.slice(2), next: null });
  expect(await ids('?offset=1&limit=1')).toEqual({ ids: all.slice(1, 2), next: undefined });
  expect(await ids('?filter_term=MIA%40')).toEqual({ ids: [managed.user.id], next: undefined });
  expect(await ids('?filter_term=ute%20u')).toEqual({ ids: [unlimited.user.id], next: undefined });
  expect(await ids('?filter_term=example')).toEqual({ ids: [], next: undefined });
  expect(await call(admin.token, 'GET', '?limit=few')).toEqual(refusal(400, 'invalid_limit'));
  expect(await call(admin.token, 'GET', '?usemarker=true&marker=x')).toEqual(refusal(400, 'invalid_offset'));
});

test('makes a user, whom the next read shows', async () => {
  const { status, body } = await call(admin.token, 'POST', '', { name: 'Nia', login: 'nia@example.com' });
  expect([status, body.name, body.login]).toEqual([201, 'Nia', 'nia@example.com']);
  expect(await call(admin.token, 'GET', `/${body.id}`)).toEqual({ status: 200, body });
  expect(await call(admin.token, 'POST', '', { name: 'Nia', login: 'NIA@example.com' })).toEqual(
    refusal(409, 'user_login_already_used'),
  );
  expect(await call(admin.token, 'POST', '', {})).toEqual(atFault('name', 'login'));
  expect(await call(admin.token, 'POST', '', { name: 'x'.repeat(51), login: 'no at' })).toEqual(
    atFault('name', 'login'),
  );
  expect(await call(admin.token, 'POST', '', [])).toEqual(refusal(400, 'bad_request'));
  expect(await call(managed.token, 'POST', '', { name: 'N', login: 'n@example.com' })).toEqual(
    refusal(403, 'access_denied_insufficient_permissions'),
  );
});

test('changes what is given: of oneself, or of anybody for an administrator', async () => {
  const changed = await call(managed.token, 'PUT', `/${managed.user.id}`, { name: 'M', language: 'pt-BR' });
  expect(changed).toEqual({ status: 200, body: { ...managed.user, name: 'M', language: 'pt-BR' } });
  expect(await call(admin.token, 'PUT', `/${managed.user.id}`, { login: 'm@example.com' })).toEqual({
    status: 200,
    body: { ...changed.body, login: 'm@example.com' },
  });
  expect(await call(managed.token, 'PUT', `/${admin.user.id}`, { name: 'N' })).toEqual(refusal(404, 'not_found'));
  expect(await call(managed.token, 'PUT', '/me', { name: 'N' })).toEqual(refusal(405, 'method_not_allowed'));
  expect(await call(admin.token, 'PUT', `/${admin.user.id}`, { login: 7, language: 'danish' })).toEqual(
    atFault('login', 'language'),
  );
  expect(await call(admin.token, 'PUT', `/${admin.user.id}`, { login: 'ute@example.com' })).toEqual(
    refusal(409, 'user_login_already_used'),
  );
});

test('deletes another who has no content, or with force; then the token is of nobody', async () => {
  const users = { managed: `/${managed.user.id}`, unlimited: `/${unlimited.user.id}` };
  expect(await call(admin.token, 'DELETE', users.managed)).toEqual({ status: 204, body: undefined });
  expect((await call(managed.token, 'GET', '/me')).status).toBe(401);
  expect(await call(admin.token, 'DELETE', users.unlimited)).toEqual(refusal(409, 'conflict'));
  expect((await call(admin.token, 'DELETE', `${users.unlimited}?force=true`)).status).toBe(204);
  expect(await call(admin.token, 'DELETE', `/${admin.user.id}`)).toEqual(
    refusal(403, 'access_denied_insufficient_permissions'),
  );
});

test('has no other paths and methods', async () => {
  expect(await call(admin.token, 'GET', '/me/avatar')).toEqual(refusal(404, 'not_found'));
  for (const [path, allow] of [
    ['', 'GET, HEAD, POST'],
    ['/me', 'GET, HEAD'],
    [`/${admin.user.id}`, 'GET, HEAD, PUT, DELETE'],
  ] as const) {
    const response = await send(path, { token: admin.token, method: 'PATCH' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
    expect(await response.json()).toMatchObject({ type: 'error', code: 'method_not_allowed' });
  }
  const large = await send(`/${admin.user.id}`, { token: admin.token, method: 'PUT', body: 'x'.repeat(200_000) });
  expect([large.status, await large.json()]).toEqual([413, expect.objectContaining({ code: 'payload_too_large' })]);
});
