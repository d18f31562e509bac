import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { afterwards } from '../support/cleanup.js';
import { formats, type Parameters, post } from '../support/clients/legacy.js';
import { startBridge } from '../support/servers/bridge.js';
import { credentials, startModernApis } from '../support/servers/modern-apis.js';

const HOUR_MS = 3_600_000;

async function start(keys: object) {
  const apis = await startModernApis();
  afterwards(apis.close);
  const application = (apiKey: string) => ({ ...apis.application('previsto', apiKey), credentials: 'passthrough' });
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const bridge = await startBridge(
    { applications: [{ ...application('old'), name: 'Old', ...keys }, application('new')] },
    { log },
  );
  afterwards(bridge.close);
  return { url: bridge.url, apis, lines };
}

const signed = (apiKey: string): Parameters => [
  ['api_key', apiKey],
  ['auth_token', credentials.previsto],
];

const announced = ({ headers }: Response) => ['Deprecation', 'Sunset', 'Link'].map((name) => headers.get(name));

const whole = { since: '2026-01-01T00:00:30Z', sunset: '2026-12-31T23:59:59Z', link: 'https://box.example.com/end' };

describe.each(formats)('in %s', (format) => {
  test('every reply to a deprecated application says so, and no other', async () => {
    const { url, apis } = await start({ deprecation: whole });
    const expected = [
      '@1767225630',
      'Thu, 31 Dec 2026 23:59:59 GMT',
      '<https://box.example.com/end>; rel="deprecation"; type="text/html", ' +
        '<https://box.example.com/end>; rel="sunset"; type="text/html"',
    ];
    const parameters = signed('old');
    for (const [action, status] of [
      ['get_account_info', 200],
      ['get_account_tree', 200],
      ['change_password', 200],
    ] as const) {
      const reply = await post(url, format, action, parameters);
      expect([reply.status, ...announced(reply)]).toEqual([status, ...expected]);
    }
    apis.become((_request, response) => void response.writeHead(500).end());
    const failed = await post(url, format, 'get_account_info', parameters);
    expect([failed.status, ...announced(failed)]).toEqual([format === 'soap' ? 500 : 503, ...expected]);
    for (const apiKey of ['new', 'unknown'])
      expect(announced(await post(url, format, 'get_account_info', signed(apiKey)))).toEqual([null, null, null]);
  });

  test('the body is the same as without', async () => {
    const { url } = await start({ deprecation: whole });
    const [old, other] = await Promise.all(
      ['old', 'new'].map(async (key) => post(url, format, 'get_account_info', signed(key))),
    );
    expect(await old?.text()).toBe(await other?.text());
    const names = (reply: Response | undefined) => [...(reply?.headers.keys() ?? [])];
    expect(names(old).filter((name) => !['deprecation', 'sunset', 'link'].includes(name))).toEqual(names(other));
  });

  test('a blackout ends calls of its application alone, until its end', async () => {
    const now = Date.now();
    const text = (ms: number) => new Date(now + ms).toISOString().replace(/\.\d+/, '');
    const current = `${text(-HOUR_MS)}/${text(HOUR_MS)}`;
    const { url, lines } = await start({
      deprecation: { since: '2026-01-01' },
      blackout: [`${text(-2 * HOUR_MS)}/${text(-HOUR_MS)}`, current],
    });
    const reply = await post(url, format, 'get_account_info', signed('old'));
    expect([reply.status, ...announced(reply)]).toEqual([
      format === 'soap' ? 500 : 503,
      `@${Date.UTC(2026, 0, 1) / 1000}`,
      null,
      null,
    ]);
    expect(await reply.text()).toContain('service_unavailable');
    const wait = Number(reply.headers.get('Retry-After'));
    expect(wait).toBeGreaterThan(3500);
    expect(wait).toBeLessThanOrEqual(3600);
    expect(lines).toMatchObject([
      {
        application: 'Old',
        msg: 'a call could not be answered',
        cause: `out of service, as announced: the blackout ${current}`,
      },
    ]);
    expect((await post(url, format, 'get_account_info', signed('new'))).status).toBe(200);
  });

  test('a blackout that is over or to come changes nothing', async () => {
    const { url } = await start({ blackout: ['2020-01-01/2020-01-02', '2999-01-01/2999-01-02'] });
    expect((await post(url, format, 'get_account_info', signed('old'))).status).toBe(200);
  });
});

test.each([
  ['a time alone', { since: '1970-01-02T00:00Z' }, ['@86400', null, null]],
  [
    'a link alone, whose characters are not those of the header',
    { since: '2026-01-01', link: 'https://box.example.com/a>b"c?ü=<' },
    ['@1767225600', null, '<https://box.example.com/a%3Eb%22c?%C3%BC=%3C>; rel="deprecation"; type="text/html"'],
  ],
])('%s', async (_what, deprecation, expected) => {
  const { url } = await start({ deprecation });
  expect(announced(await post(url, 'rest', 'get_account_info', signed('old')))).toEqual(expected);
});
