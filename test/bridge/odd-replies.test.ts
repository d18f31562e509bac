import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { at, callBridge, formats, itemsOf, post } from '../support/clients/legacy.js';
import { startBridge } from '../support/servers/bridge.js';
import { startUpstream, type Upstream } from '../support/servers/upstream.js';

/** The account as Terraform's own sample has it, with the key of its links twice. */
const account =
  '\ufeff{"data":{"id":"user-1","type":"users","attributes":{"username":"ada","email":"ada@example.com"},' +
  '"links":{"self":"/users/user-1"},"links":{"related":"/users/user-1/tokens"}}}';

/** How modern APIs say that they may be asked again in seven seconds. */
const limits: readonly (readonly [status: number, headers: Readonly<Record<string, string>>])[] = [
  [403, { 'Retry-After': '7' }],
  [403, { 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': '7' }],
  [429, { 'RateLimit-Reset': '7' }],
  [429, { RateLimit: '"default";r=0;t=7' }],
  [429, { 'X-RateLimit-Reset': '6.2' }],
  [503, { 'Retry-After': '7' }],
];

let limit: (typeof limits)[number] | undefined;
let upstream: Upstream;
let bridge: Awaited<ReturnType<typeof startBridge>>;
beforeAll(async () => {
  upstream = await startUpstream((_request, response) => {
    if (limit) {
      const [status, headers] = limit;
      response.writeHead(status, { ...headers, 'Content-Type': 'application/json' }).end('{"errors":["slow down"]}');
      return;
    }
    response.setHeader('X-Policy', 'x'.repeat(20_000));
    response.setHeader('Content-Encoding', 'deflate').end(deflateRawSync(account));
  });
  bridge = await startBridge({ applications: [{ api_key: 'k', provider: 'terraform', base_url: upstream.url }] });
});
beforeEach(() => {
  limit = undefined;
});
afterAll(async () => {
  await bridge.close();
  await upstream.close();
});

const caller = [['api_key', 'k'] as const, ['auth_token', 't'] as const];

test.each(formats)(
  '%s shows every value of a reply with a mark, raw deflate, a long head and a key twice',
  async (format) => {
    const { status, result } = await callBridge(bridge.url, format, 'get_account_details', caller);
    expect(status).toBe('get_account_details_ok');
    const attributes = itemsOf(at(result, 'account', 'attributes')).map((item) => [
      at(item, 'name'),
      at(item, 'value'),
    ]);
    expect(attributes).toEqual(
      expect.arrayContaining([
        ['data.links.self', '/users/user-1'],
        ['data.links.related', '/users/user-1/tokens'],
      ]),
    );
  },
);

describe.each(formats)('%s passes on that a limit is over in seven seconds', (format) => {
  test.each(limits)('%i %j', async (...refused) => {
    limit = refused;
    const { status, headers } = await post(bridge.url, format, 'get_account_info', caller);
    expect([status, headers.get('retry-after')]).toEqual([format === 'soap' ? 500 : 503, '7']);
  });
});
