import { describe, expect, test } from '@jest/globals';
import { golem } from '../../src/providers/golem.js';
import { providers } from '../../src/providers/index.js';
import type { Provider, ProviderKind } from '../../src/providers/provider.js';
import { createUpstreams } from '../../src/upstream/client.js';
import { afterwards } from '../support/cleanup.js';
import { type ReceivedRequest, startUpstream } from '../support/servers/upstream.js';

const account = { id: 'a1', email: 'a@example.com', login: 'a@example.com', name: 'A', revision: 1 };
/** An account, a list of accounts and a plan of every API at the same time. */
const reply = {
  ...account,
  token: 'token',
  data: { id: 'a1', attributes: account },
  values: [account],
  entries: [account],
  planId: 'p',
  storageLimit: 1,
};

const calls: { readonly [Method in keyof Required<Provider>]: (provider: Provider) => Promise<unknown> | undefined } = {
  login: ({ login }) => login?.('a@example.com', 'password'),
  readAccount: ({ readAccount }) => readAccount('token'),
  readAccountOf: ({ readAccountOf }) => readAccountOf?.('token', 'a1'),
  updateAccount: ({ updateAccount }) => updateAccount?.send('token', { email: account.email }),
  changePassword: ({ changePassword }) => changePassword?.('token', 'current', 'next'),
  deleteAccount: ({ deleteAccount }) => deleteAccount?.('token'),
  createAccount: ({ createAccount }) => createAccount?.('token', 'A', account.email),
  findAccounts: ({ findAccounts }) => findAccounts?.('token', account.email),
  readPlan: ({ readPlan }) => readPlan?.('token'),
};

const isMethod = (name: string): name is keyof Provider => Object.hasOwn(calls, name);

/** Calls a method of a provider, and gives the requests that it sent. */
async function requestsOf(kind: ProviderKind, method: keyof Provider): Promise<readonly ReceivedRequest[]> {
  const upstream = await startUpstream((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(reply));
  });
  afterwards(upstream.close);
  const baseUrl = `${upstream.url}/base`;
  const send = createUpstreams({ timeoutMs: 5000 }).sendFor({ baseUrl });
  // Without an id of its own, Golem reads the list of accounts.
  const provider = kind.connect({ baseUrl, settings: kind.name === golem.name ? { accountId: 'a1' } : {}, send });
  await calls[method](provider);
  return upstream.received;
}

/** The requests that a declared one stands for. */
function patternOf(declared: string): RegExp {
  const escaped = declared.replace(/[.?+*()[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace('{base_url}', '/base').replaceAll(/\{\w+\}/g, '[^/?]+')}(\\?.*)?$`);
}

describe.each(providers.map((kind) => [kind.name, kind] as const))('%s', (_name, kind) => {
  const declared = Object.entries(kind.requests ?? {});

  test.each(declared)('%s sends %s', async (method, request) => {
    expect(request).toMatch(/^[A-Z]+ \{base_url\}\//);
    const sent = isMethod(method) ? await requestsOf(kind, method) : [];
    const lines = sent.map(({ method: verb, path }) => `${verb} ${path}`);
    expect(lines.filter((line) => patternOf(request).test(line))).toHaveLength(1);
    // Any other is a read before or after.
    expect(sent.filter(({ method: verb }) => verb !== 'GET').length).toBe(request.startsWith('GET ') ? 0 : 1);
  });

  test('declares the request of every method, and of no other', () => {
    const send = () => Promise.reject(new Error('not to be called'));
    const provider = kind.connect({ baseUrl: kind.publicBaseUrl, settings: {}, send });
    const methods = Object.entries(provider).flatMap(([method, value]) => (value ? [method] : []));
    // Its request is that of readAccount.
    expect(declared.map(([method]) => method).sort()).toEqual(
      methods.filter((method) => method !== 'readAccountOf').sort(),
    );
  });
});
