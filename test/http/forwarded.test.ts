import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { detectProxy } from '../../src/http/forwarded.js';
import type { Listener } from '../../src/http/listener.js';
import { exchange } from '../support/clients/raw.js';
import { startBridge } from '../support/servers/bridge.js';

type Headers = Readonly<Record<string, string>>;

/** The address of the service in the WSDL, without the path. */
function addressFrom(url: string, headers: Headers): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const request = get(`${url}/api/1.0/soap?wsdl`, { headers }, async (response) => {
      const wsdl = Buffer.concat(await response.toArray()).toString();
      resolve(/<soap:address location="([^"<>]*)\/api\/1\.0\/soap"\/>/.exec(wsdl)?.[1]);
    });
    request.on('error', reject);
  });
}

const ATTACKER = 'evil.example.com';
const proxied = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'box.example.com' };

function bridgeWith(configuration: Readonly<Record<string, unknown>>): { url: () => string } {
  let bridge: Listener | undefined;
  beforeAll(async () => {
    const application = { api_key: 'any', provider: 'previsto', base_url: 'http://127.0.0.1:9' };
    bridge = await startBridge({ ...configuration, applications: [application] });
  });
  afterAll(() => bridge?.close());
  return { url: () => bridge?.url ?? '' };
}

describe.each([
  { trust_proxy: true },
  { trust_proxy: 2 },
  { trust_proxy: ['127.0.0.1'] },
  { trust_proxy: ['10.0.0.0/8', '127.0.0.0/8'] },
])('behind a proxy that is trusted by $trust_proxy, the WSDL', (configuration) => {
  const { url } = bridgeWith(configuration);

  test.each<[what: string, headers: Headers, address: string]>([
    ['scheme and host', proxied, 'https://box.example.com'],
    ['host alone', { 'X-Forwarded-Host': 'box.example.com' }, 'http://box.example.com'],
    ['scheme alone', { 'X-Forwarded-Proto': 'https', Host: 'box.example.com' }, 'https://box.example.com'],
    ['port', { ...proxied, 'X-Forwarded-Host': 'box.example.com:8443' }, 'https://box.example.com:8443'],
    ['address', { 'X-Forwarded-Host': '192.0.2.1:81' }, 'http://192.0.2.1:81'],
    ['IPv6 address', { 'X-Forwarded-Host': '[2001:db8::1]' }, 'http://[2001:db8::1]'],
    ['IPv6 address and port', { 'X-Forwarded-Host': '[2001:db8::1]:8443' }, 'http://[2001:db8::1]:8443'],
    [
      'outermost trusted proxy',
      {
        'X-Forwarded-For': '198.51.100.7, 127.0.0.1',
        'X-Forwarded-Proto': 'https, http',
        'X-Forwarded-Host': 'box.example.com, inner.example.com:81',
      },
      'https://box.example.com',
    ],
  ])('has its %s', async (_what, headers, address) => {
    expect(await addressFrom(url(), headers)).toBe(address);
  });

  test.each([
    'evil"><x',
    "evil' onload='",
    'two words',
    'box.example.com/path',
    'box.example.com?query',
    'box.example.com#fragment',
    'user@box.example.com',
    'box.example.com:99999',
    'box.example.com:port',
    '[2001:db8::1',
    '[zz::1]',
    '256.256.256.256',
    '&amp;',
    '-->',
  ])('ignores a host like %s', async (host) => {
    expect(await addressFrom(url(), { ...proxied, 'X-Forwarded-Host': host })).toBe(url());
  });

  test.each(['javascript', 'ftp', '"><x', 'https://'])('ignores a scheme like %s', async (scheme) => {
    expect(await addressFrom(url(), { ...proxied, 'X-Forwarded-Proto': scheme })).toBe(url());
  });

  test('ignores the Host header', async () => {
    expect(await addressFrom(url(), { Host: ATTACKER })).toBe(url());
  });

  test('has its own address where an HTTP/1.0 client sends no Host', async () => {
    const request = 'GET /api/1.0/soap?wsdl HTTP/1.0\r\nX-Forwarded-Proto: https\r\n\r\n';
    const { replies } = await exchange(url(), Buffer.from(request), { replies: 1 });
    expect(replies[0]?.body.toString()).toContain(`location="${url()}/api/1.0/soap"`);
  });
});

describe.each([{ trust_proxy: ['127.0.0.1'] }, { trust_proxy: ['10.0.0.0/8', '127.0.0.0/8'] }])(
  'behind a proxy that is trusted by $trust_proxy and appends to the headers of callers, the WSDL',
  (configuration) => {
    const { url } = bridgeWith(configuration);

    test.each<Headers>([{}, { 'X-Forwarded-For': '198.51.100.7' }, { 'X-Forwarded-For': '127.0.0.1, 198.51.100.7' }])(
      'has the values that the proxy appended: %j',
      async (more) => {
        const headers = { 'X-Forwarded-Proto': 'http, https', 'X-Forwarded-Host': `${ATTACKER}, box.example.com` };
        expect(await addressFrom(url(), { ...headers, ...more })).toBe('https://box.example.com');
      },
    );
  },
);

describe.each([{}, { trust_proxy: false }, { trust_proxy: ['192.0.2.1'] }])(
  'with %j, the WSDL ignores',
  (configuration) => {
    const { url } = bridgeWith(configuration);

    test.each<[what: string, headers: Headers]>([
      ['Host', { Host: ATTACKER }],
      ['X-Forwarded-Host', { 'X-Forwarded-Host': ATTACKER }],
      ['X-Forwarded-Proto', { 'X-Forwarded-Proto': 'https' }],
      ['proxy that claims another address', { ...proxied, 'X-Forwarded-For': '192.0.2.1', Host: ATTACKER }],
    ])('%s', async (_what, headers) => {
      expect(await addressFrom(url(), headers)).toBe(url());
    });
  },
);

describe('with a public_url, the WSDL', () => {
  const { url } = bridgeWith({ public_url: 'https://www.box.example.com', trust_proxy: true });

  test.each([[{}], [proxied], [{ Host: ATTACKER }]])('has that URL, whatever is forwarded: %j', async (headers) => {
    expect(await addressFrom(url(), headers)).toBe('https://www.box.example.com');
  });
});

describe('calls that are forwarded while no proxy is trusted', () => {
  const told = (peers: readonly string[]) => {
    const found: (readonly string[])[] = [];
    const detect = detectProxy((each) => found.push(each));
    for (const peer of peers) detect(peer);
    return found;
  };

  test('are told once, where they come from few private addresses', () => {
    const peers = Array.from({ length: 50 }, (_, n) => `10.0.0.${n % 3}`);
    expect(told(peers)).toEqual([['10.0.0.0', '10.0.0.1', '10.0.0.2']]);
  });

  test.each<[what: string, peers: string[]]>([
    ['are few', Array(19).fill('10.0.0.1')],
    ['come from many addresses', Array.from({ length: 50 }, (_, n) => `10.0.0.${n}`)],
    ['come from a public address too', [...Array(10).fill('10.0.0.1'), '8.8.8.8', ...Array(40).fill('10.0.0.1')]],
  ])('are not, where they %s', (_what, peers) => {
    expect(told(peers)).toEqual([]);
  });

  test('are told in the log', async () => {
    const lines: string[] = [];
    const application = { api_key: 'any', provider: 'previsto', base_url: 'http://127.0.0.1:9' };
    const log = pino({}, { write: (line: string) => void lines.push(line) });
    const bridge = await startBridge({ applications: [application] }, { log });
    for (let n = 0; n < 20; n += 1) {
      await fetch(`${bridge.url}/api/1.0/rest?action=x`, { headers: { 'X-Forwarded-For': '192.0.2.1' } });
    }
    await bridge.close();
    expect(lines.filter((line) => line.includes('is trust_proxy missing?'))).toEqual([
      expect.stringContaining('"addresses":["127.0.0.1"]'),
    ]);
  });
});
