import { expect, test } from '@jest/globals';
import { sendRenewing } from '../../src/applications/renewing.js';
import { createScope, type Scope } from '../../src/shared/scope.js';
import { createUpstreams } from '../../src/upstream/client.js';
import type { UpstreamRequest } from '../../src/upstream/request.js';
import { afterwards } from '../support/cleanup.js';
import { startUpstream } from '../support/servers/upstream.js';

/** A call whose access token can be replaced. */
function renewable(token: string, next: string): Scope {
  return { ...createScope(), renewal: { token, current: token, replace: async () => next } };
}

const JSON_TYPE = { 'Content-Type': 'application/json' };

/** Where providers put a token. */
const places: readonly (readonly [string, (url: string, token: string) => UpstreamRequest])[] = [
  ['a header', (url, token) => ({ method: 'GET', url, headers: { Authorization: `Bearer ${token}` } })],
  [
    'Basic',
    (url, token) => {
      const encoded = Buffer.from(`x-token:${token}`).toString('base64');
      return { method: 'GET', url, headers: { Authorization: `Basic ${encoded}` } };
    },
  ],
  ['a query', (url, token) => ({ method: 'GET', url: `${url}/me?${new URLSearchParams({ token })}`, headers: {} })],
  ['a path', (url, token) => ({ method: 'GET', url: `${url}/me/${encodeURIComponent(token)}/x`, headers: {} })],
  [
    'a form',
    (url, token) => {
      const text = `${new URLSearchParams({ access_token: token, name: 'Ada' })}`;
      return { method: 'POST', url, headers: {}, body: { type: 'application/x-www-form-urlencoded', text } };
    },
  ],
  [
    'JSON',
    (url, token) => ({
      method: 'POST',
      url,
      headers: {},
      body: { type: 'application/json', text: JSON.stringify({ token, name: 'Ada' }) },
    }),
  ],
];

/** The signs of one are escaped, or those of the other, or they begin alike. */
const pairs = [
  ['old-token', 'new-token'],
  ['00Dx!AQ+old/="\\==', '00Dx!AQ+new/="\\=='],
  ['oldtoken', 'new+token/=!"=='],
  ['abcd', 'abcd-and-more'],
] as const;

test.each(places)('after a 401 a token in %s is replaced as its provider would have put it', async (_where, put) => {
  const upstream = await startUpstream((_request, response) => {
    const isFirst = upstream.received.length % 2 === 1;
    response.writeHead(isFirst ? 401 : 200, JSON_TYPE).end('{}');
  });
  afterwards(upstream.close);
  const send = createUpstreams({ timeoutMs: 5000 }).sendFor({ baseUrl: upstream.url });
  for (const [token, next] of pairs) {
    await sendRenewing(send, put(upstream.url, token), renewable(token, next));
    await send(put(upstream.url, next)).catch(() => {});
    await send(put(upstream.url, next));
    const [first, sent, , expected] = upstream.received.splice(0);
    const meaning = (received: typeof sent) => [
      received?.headers.authorization,
      decodeURIComponent(received?.path ?? ''),
      decodeURIComponent(received?.body ?? ''),
    ];
    expect(meaning(sent)).toEqual(meaning(expected));
    expect(meaning(sent)).not.toEqual(meaning(first));
  }
});

test('a write whose reply is lost is not sent again since a read beside it got a 401', async () => {
  const upstream = await startUpstream((request, response) => {
    const isOld = request.headers.authorization === 'Bearer old-token';
    if (request.method === 'GET') response.writeHead(isOld ? 401 : 200, JSON_TYPE).end('{}');
    else loseReply = () => response.destroy();
  });
  let loseReply = () => {};
  afterwards(upstream.close);
  const send = createUpstreams({ timeoutMs: 5000 }).sendFor({ baseUrl: upstream.url });
  const scope = renewable('old-token', 'new-token');
  const headers = { Authorization: 'Bearer old-token' };
  const writing = sendRenewing(send, { method: 'POST', url: upstream.url, headers }, scope);
  const lost = expect(writing).rejects.toMatchObject({ reason: 'unavailable' });
  await sendRenewing(send, { method: 'GET', url: upstream.url, headers }, scope);
  loseReply();
  await lost;
  expect(upstream.received.filter(({ method }) => method === 'POST')).toHaveLength(1);
  expect(scope.outcomes).toEqual([401, 200, expect.any(String)]);
});
