import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Listener } from '../../src/http/listener.js';
import { afterwards } from '../support/cleanup.js';
import { startBridge } from '../support/servers/bridge.js';
import {
  credentials,
  enter,
  type ModernApis,
  newTicket,
  pageAddress,
  startModernApis,
  visit,
} from '../support/servers/modern-apis.js';

const GOOD = credentials.previsto;

let apis: ModernApis;

beforeAll(async () => {
  apis = await startModernApis();
});

afterAll(() => apis.close());

type Headers = Readonly<Record<string, string>>;

/** Not `fetch`, which sets Sec-Fetch headers of its own. */
function post(
  url: string,
  headers: Headers,
  password: string = GOOD,
): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    request(url, { method: 'POST', headers: { ...form, ...headers } }, async (response) =>
      resolve({ status: response.statusCode, text: await text(response) }),
    )
      .on('error', reject)
      .end(`${new URLSearchParams({ password })}`);
  });
}

async function bridgeWith(configuration: Readonly<Record<string, unknown>>): Promise<Listener> {
  const bridge = await startBridge({ ...configuration, applications: [apis.application('previsto', 'key')] });
  afterwards(bridge.close);
  return bridge;
}

const forwarded = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'box.example.com' };
const site = (value: string) => ({ 'Sec-Fetch-Site': value });
const origin = (value: string) => ({ Origin: value });

const PUBLIC = { public_url: 'https://www.box.example.com' };
const PROXIED = { trust_proxy: true };

describe.each<[configuration: Readonly<Record<string, unknown>>, headers: Headers, isTaken: boolean]>([
  [{}, {}, true],
  [{}, site('same-origin'), true],
  [{}, site('none'), true],
  [{}, site('same-site'), false],
  [{}, site('cross-site'), false],
  [{}, site('anything-new'), false],
  [{}, origin('null'), true],
  [{}, { ...origin('null'), ...site('same-origin') }, true],
  [{}, { ...origin('null'), ...site('cross-site') }, false],
  [{}, origin('https://evil.example'), false],
  [{}, origin('no origin'), false],
  [{}, { ...origin('http://box.example.com:8080'), Host: 'box.example.com:8080' }, true],
  [{}, { ...origin('http://box.example.com'), Host: 'box.example.com:80' }, true],
  [{}, { ...origin('https://box.example.com'), Host: 'box.example.com:443' }, true],
  [{}, { ...origin('https://BOX.example.com'), Host: 'box.example.COM' }, true],
  [{}, { ...origin('http://box.example.com:8081'), Host: 'box.example.com:8080' }, false],
  [{}, { ...origin('http://other.example.com'), Host: 'box.example.com' }, false],
  // A caller that is no proxy does not say where the bridge is.
  [{}, { ...origin('https://box.example.com'), ...forwarded }, false],
  [PUBLIC, origin('https://www.box.example.com'), true],
  [PUBLIC, { ...origin('https://evil.example'), Host: 'evil.example' }, false],
  [PUBLIC, { ...origin('https://evil.example'), ...site('same-origin') }, true],
  [PROXIED, { ...origin('https://box.example.com'), ...forwarded }, true],
  [PROXIED, { ...origin('https://evil.example'), ...forwarded }, false],
  [PROXIED, { ...origin('https://evil.example'), ...forwarded, Host: 'evil.example' }, false],
  [{ ...PROXIED, ...PUBLIC }, { ...origin('https://box.example.com'), ...forwarded }, false],
])('with %j, a form with %j', (configuration, headers, isTaken) => {
  test(isTaken ? 'is taken' : 'is refused', async () => {
    const bridge = await bridgeWith(configuration);
    const address = pageAddress(bridge.url, await newTicket(bridge.url, 'key'));
    apis.received.length = 0;
    const reply = await post(address, headers);
    expect([reply.status, reply.text.includes('You are signed in')]).toEqual(isTaken ? [200, true] : [403, false]);
    if (isTaken) return;
    expect(reply.text).toContain('Another site sent this form');
    expect(reply.text).toContain('<form name="login_form1" method="post">');
    expect(reply.text).not.toContain(GOOD);
    expect(apis.received).toEqual([]);
  });
});

test('a form of another site counts as no try', async () => {
  const bridge = await bridgeWith({});
  const address = pageAddress(bridge.url, await newTicket(bridge.url, 'key'));
  for (let n = 0; n < 12; n++) expect((await post(address, site('cross-site'), 'wrong')).status).toBe(403);
  expect((await post(address, {}, GOOD)).text).toContain('You are signed in');
});

test('a link from another site shows the page', async () => {
  const bridge = await bridgeWith({});
  const address = pageAddress(bridge.url, await newTicket(bridge.url, 'key'));
  expect((await visit(address, { headers: { Referer: 'https://evil.example/' } })).status).toBe(200);
  expect((await post(pageAddress(bridge.url, 'x'.repeat(32)), site('cross-site'))).status).toBe(404);
});

describe('Strict-Transport-Security', () => {
  const hsts = async (configuration: Readonly<Record<string, unknown>>) => {
    const bridge = await startBridge({
      ...configuration,
      applications: [
        { ...apis.application('previsto', 'key'), redirect_url: 'https://old.example.com/' },
        apis.application('previsto', 'plain'),
      ],
    });
    afterwards(bridge.close);
    const address = pageAddress(bridge.url, await newTicket(bridge.url, 'key'));
    const plain = pageAddress(bridge.url, await newTicket(bridge.url, 'plain'));
    const pages = [
      await visit(address),
      await enter(address, 'wrong'),
      await enter(address, GOOD),
      await enter(plain, GOOD),
      await visit(pageAddress(bridge.url, 'x'.repeat(32))),
      await visit(`${address}/further`),
    ];
    expect(pages.map(({ status }) => status)).toEqual([200, 200, 303, 200, 404, 404]);
    return [...new Set(pages.map(({ headers }) => headers.get('strict-transport-security')))];
  };

  test('is sent where public_url is https, for the host alone', async () => {
    expect(await hsts(PUBLIC)).toEqual(['max-age=31536000']);
  });

  test.each([{}, { public_url: 'http://box.example.com' }])('is not sent with %j', async (configuration) => {
    expect(await hsts(configuration)).toEqual([null]);
  });
});
