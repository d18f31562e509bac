import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Listener } from '../../src/http/listener.js';
import { afterwards } from '../support/cleanup.js';
import { startBridge } from '../support/servers/bridge.js';
import { startUpstream, type Upstream } from '../support/servers/upstream.js';

const account = { email: 'native@auth.local', contact_email: 'a@example.com', total: -2 };
/** The status that the modern API replies to each token. */
const statuses: Readonly<Record<string, number>> = {
  good: 200,
  bad: 401,
  forbidden: 403,
  gone: 404,
  invalid: 400,
  down: 500,
};

let upstream: Upstream;
let bridge: Listener;

beforeAll(async () => {
  upstream = await startUpstream((request, response) => {
    const status = statuses[request.headers.authorization?.replace('Token ', '') ?? ''] ?? 500;
    response
      .writeHead(status, { 'Content-Type': 'application/json' })
      .end(JSON.stringify(status === 200 ? account : { detail: 'Refused.' }));
  });
  const application = { provider: 'seatable', base_url: upstream.url };
  bridge = await startBridge({
    public_url: 'https://www.box.example.com/here',
    limits: { body_bytes: 2000 },
    applications: [
      { ...application, api_key: 'k' },
      { ...application, api_key: 'only-logout', actions: ['logout'] },
      { ...application, api_key: 'vault', credentials: 'vault' },
      { ...application, api_key: 'faults-200', fault_status: 200 },
      { ...application, api_key: 'no-server', base_url: 'http://127.0.0.1:1' },
    ],
  });
});

afterAll(async () => {
  await bridge.close();
  await upstream.close();
});

beforeEach(() => {
  upstream.received.length = 0;
});

type Parameters = readonly (readonly [name: string, value: string])[];

const elements = (parameters: Parameters) => parameters.map(([name, value]) => `<${name}>${value}</${name}>`).join('');
const inEnvelope = (operation: string) =>
  `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>${operation}</e:Body></e:Envelope>`;

const formats: Readonly<Record<string, (action: string, parameters: Parameters) => Promise<Response>>> = {
  rest: (action, parameters) => {
    const query = [['action', action], ...parameters].map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
    return fetch(`${bridge.url}/api/1.0/rest?${query}`);
  },
  xml: (action, parameters) => post('xml', `<request><action>${action}</action>${elements(parameters)}</request>`),
  soap: (action, parameters) => post('soap', inEnvelope(`<${action}>${elements(parameters)}</${action}>`)),
};

const post = (format: string, body: string) => fetch(`${bridge.url}/api/1.0/${format}`, { method: 'POST', body });

/** The HTTP status and the status word of a reply; of a SOAP fault, its code and text. */
async function outcome(response: Response): Promise<string> {
  const body = await response.text();
  expect(response.headers.get('content-type')).toBe('text/xml');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(body)));
  expect(response.headers.get('transfer-encoding')).toBeNull();
  const [, code, text] = /<faultcode>SOAP-ENV:(\w+)<\/faultcode><faultstring>([^<]*)</.exec(body) ?? [];
  const word = code ? `${code} fault, ${text}` : /<status[^>]*>([^<]*)</.exec(body)?.[1];
  return `${response.status} ${word}`;
}

interface Case {
  readonly what: string;
  readonly action?: string;
  readonly parameters: Parameters;
  readonly plain: string;
  /** Where it differs from the other two formats. */
  readonly soap?: string;
  /** The number of requests to the modern API; 0 unless given. */
  readonly sent?: number;
}

const key = ['api_key', 'k'] as const;
const token = (value: string) => ['auth_token', value] as const;
const server = (word: string) => `500 Server fault, ${word}`;

const cases: readonly Case[] = [
  { what: 'a good call', parameters: [key, token('good')], plain: '200 get_account_info_ok', sent: 1 },
  {
    what: 'a parameter twice the same',
    parameters: [key, key, token('good'), token('good')],
    plain: '200 get_account_info_ok',
    sent: 1,
  },
  {
    what: 'an empty and a full value',
    parameters: [key, token(''), token('good')],
    plain: '200 get_account_info_ok',
    sent: 1,
  },
  {
    what: 'unknown parameters, repeated',
    parameters: [key, token('good'), ['x', '1'], ['x', '2']],
    plain: '200 get_account_info_ok',
    sent: 1,
  },
  { what: 'no api_key', parameters: [token('good')], plain: '200 wrong_input' },
  { what: 'an empty api_key', parameters: [['api_key', ''], token('good')], plain: '200 wrong_input' },
  { what: 'two api_keys', parameters: [key, ['api_key', 'vault'], token('good')], plain: '200 wrong_input' },
  { what: 'an unknown api_key', parameters: [['api_key', 'K'], token('good')], plain: '200 application_restricted' },
  {
    what: 'an unknown api_key, and no token',
    parameters: [['api_key', 'nobody']],
    plain: '200 application_restricted',
  },
  { what: 'no token', parameters: [key], plain: '200 wrong_input' },
  { what: 'an empty token', parameters: [key, token('')], plain: '200 wrong_input' },
  { what: 'two tokens', parameters: [key, token('good'), token('bad')], plain: '200 wrong_input' },
  {
    what: 'a token that the modern API rejects',
    parameters: [key, token('bad')],
    plain: '200 not_logged_in',
    sent: 1,
  },
  { what: 'a token that no header can carry', parameters: [key, token('a b')], plain: '200 not_logged_in' },
  {
    what: 'a token that is forbidden',
    parameters: [key, token('forbidden')],
    plain: '200 application_restricted',
    sent: 1,
  },
  { what: 'an account that is gone', parameters: [key, token('gone')], plain: '200 account_not_found', sent: 1 },
  {
    what: 'values that the modern API rejects, though a read has none',
    parameters: [key, token('invalid')],
    plain: '503 service_unavailable',
    soap: server('service_unavailable'),
    sent: 1,
  },
  {
    what: 'an outage',
    parameters: [key, token('down')],
    plain: '503 service_unavailable',
    soap: server('service_unavailable'),
    sent: 1,
  },
  {
    what: 'no server at all',
    parameters: [['api_key', 'no-server'], token('good')],
    plain: '503 service_unavailable',
    soap: server('service_unavailable'),
  },
  {
    what: 'an outage where faults have 200',
    parameters: [['api_key', 'faults-200'], token('down')],
    plain: '503 service_unavailable',
    soap: '200 Server fault, service_unavailable',
    sent: 1,
  },
  {
    what: 'an action that is not allowed',
    parameters: [['api_key', 'only-logout'], token('good')],
    plain: '200 application_restricted',
  },
  {
    what: 'an action that is not allowed, without a token',
    parameters: [['api_key', 'only-logout']],
    plain: '200 application_restricted',
  },
  {
    what: 'a token of a vault that has issued none',
    parameters: [['api_key', 'vault'], token('good')],
    plain: '200 not_logged_in',
  },
  { what: 'logout', action: 'logout', parameters: [key, token('any')], plain: '200 logout_ok' },
  { what: 'logout without a token', action: 'logout', parameters: [key], plain: '200 wrong_input' },
  {
    what: 'get_ticket, with nothing to issue',
    action: 'get_ticket',
    parameters: [key],
    plain: '200 application_restricted',
  },
  {
    what: 'get_auth_token, with nothing to issue',
    action: 'get_auth_token',
    parameters: [key, ['ticket', 't']],
    plain: '200 application_restricted',
  },
  {
    what: 'an action of files and folders',
    action: 'get_account_tree',
    parameters: [key, token('good')],
    plain: '200 application_restricted',
  },
  {
    what: 'an action of files and folders, without a key',
    action: 'get_account_tree',
    parameters: [],
    plain: '200 wrong_input',
  },
  {
    what: 'an unknown action',
    action: 'get_rich',
    parameters: [key, token('good')],
    plain: '200 wrong_input',
    soap: '500 Client fault, wrong_input: unknown action',
  },
  {
    what: 'an unknown action with two api_keys',
    action: 'get_rich',
    parameters: [key, ['api_key', 'vault']],
    plain: '200 wrong_input',
    soap: '500 Client fault, wrong_input: two different values for api_key',
  },
  {
    what: 'an unknown action without an api_key',
    action: 'get_rich',
    parameters: [],
    plain: '200 wrong_input',
    soap: '500 Client fault, wrong_input: unknown action',
  },
  {
    what: 'an unknown action with an unknown api_key',
    action: 'get_rich',
    parameters: [['api_key', 'nobody']],
    plain: '200 wrong_input',
    soap: '500 Client fault, wrong_input: unknown action',
  },
  {
    what: 'an action called constructor',
    action: 'constructor',
    parameters: [key],
    plain: '200 wrong_input',
    soap: '500 Client fault, wrong_input: unknown action',
  },
  {
    what: 'an action in capitals',
    action: 'GET_ACCOUNT_INFO',
    parameters: [key, token('good')],
    plain: '200 wrong_input',
    soap: '500 Client fault, wrong_input: unknown action',
  },
];

describe.each(Object.keys(formats))('%s answers', (format) => {
  test.each(cases)('$what', async ({ action = 'get_account_info', parameters, plain, soap, sent = 0 }) => {
    const response = await formats[format]?.(action, parameters);
    expect(await outcome(response ?? Response.error())).toBe(format === 'soap' ? (soap ?? plain) : plain);
    expect(upstream.received).toHaveLength(sent);
  });

  test('an outage with Retry-After', async () => {
    const response = await formats[format]?.('get_account_info', [key, token('down')]);
    expect(response?.headers.get('retry-after')).toBe('10');
  });
});

test('a mandatory header gets its fault with the status that the application is configured with', async () => {
  const header = '<e:Header><h:security xmlns:h="urn:h" e:mustUnderstand="1"/></e:Header>';
  const send = (apiKey: string) => {
    const operation = `<get_account_info><api_key>${apiKey}</api_key><auth_token>good</auth_token></get_account_info>`;
    return post('soap', inEnvelope(operation).replace('<e:Body>', `${header}<e:Body>`));
  };
  const fault = 'MustUnderstand fault, wrong_input: the header security is not understood';
  expect(await outcome(await send('k'))).toBe(`500 ${fault}`);
  expect(await outcome(await send('faults-200'))).toBe(`200 ${fault}`);
  expect(await outcome(await send('nobody'))).toBe(`500 ${fault}`);
  expect(upstream.received).toEqual([]);
});

describe.each([
  ['rest', ['GET', 'POST']],
  ['xml', ['POST']],
  ['soap', ['POST']],
])('%s rejects in its own format', (format, methods) => {
  const fault = (status: number, text: string) =>
    format === 'soap' ? `${status} Client fault, wrong_input: ${text}` : `${status} wrong_input`;
  const path = `/api/1.0/${format}`;

  const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');

  test('OPTIONS with what is allowed', async () => {
    const response = await fetch(bridge.url + path, { method: 'OPTIONS' });
    expect(response.status).toBe(200);
    expect(response.headers.get('allow')).toBe(allowed);
    expect(response.headers.get('content-length')).toBe('0');
  });

  test.each(['GET', 'PUT', 'DELETE', 'PATCH', 'PROPFIND'].filter((method) => !methods.includes(method)))(
    '%s',
    async (method) => {
      const response = await fetch(bridge.url + path, { method });
      expect(response.headers.get('allow')).toBe(allowed);
      expect(await outcome(response)).toBe(fault(405, `${method} is not for this path`));
    },
  );

  test('a body that is too large', async () => {
    expect(await outcome(await post(format, 'x'.repeat(2001)))).toBe(fault(413, 'the request is too large'));
  });

  test('a body in an unknown content coding', async () => {
    const headers = { 'Content-Encoding': 'zip' };
    const response = await fetch(bridge.url + path, { method: 'POST', headers, body: 'x' });
    expect(await outcome(response)).toBe(fault(415, 'the request has an unknown encoding'));
  });

  test('a body that is not in its declared coding', async () => {
    const headers = { 'Content-Encoding': 'gzip' };
    const response = await fetch(bridge.url + path, { method: 'POST', headers, body: 'x' });
    expect(await outcome(response)).toBe(
      format === 'soap' ? fault(500, 'the request cannot be read') : '200 wrong_input',
    );
  });

  test('a path below it', async () => {
    expect(await outcome(await fetch(`${bridge.url}${path}/x`))).toBe(fault(404, 'nothing answers at this path'));
  });
});

test.each(['/', '/api', '/api/1.0/', '/api/2.0/soap', '/favicon.ico', '/%ff', '/api/1.0/%'])(
  '%s is a 404 in the form of REST',
  async (path) => {
    expect(await outcome(await fetch(bridge.url + path))).toBe('404 wrong_input');
  },
);

test.each(['/api/1.0/rest/', '/API/1.0/Rest'])('%s is the path of REST too', async (path) => {
  const response = await fetch(`${bridge.url}${path}?action=logout&api_key=k&auth_token=t`);
  expect(await outcome(response)).toBe('200 logout_ok');
});

test('a reply never names the host, the token or a stack', async () => {
  for (const format of Object.values(formats)) {
    for (const { action = 'get_account_info', parameters } of cases) {
      const response = await format(action, parameters);
      const reply = [...response.headers.values(), await response.text()].join('\n');
      expect(reply).not.toMatch(/127\.0\.0\.1|ECONN|\bat .*\.js|x-powered-by/i);
      for (const secret of ['down', 'forbidden', 'Token']) expect(reply).not.toContain(secret);
    }
  }
});

test.each(['wsdl', 'WSDL', 'wsdl='])('the WSDL is at ?%s, with the public address', async (query) => {
  const response = await fetch(`${bridge.url}/api/1.0/soap?${query}`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/xml/);
  expect(await response.text()).toContain('<soap:address location="https://www.box.example.com/here/api/1.0/soap"/>');
});

test('without a public address the WSDL has that of the server', async () => {
  const other = await startBridge({
    applications: [{ api_key: 'k', provider: 'previsto', base_url: 'http://127.0.0.1:1' }],
  });
  afterwards(other.close);
  const wsdl = await (await fetch(`${other.url}/api/1.0/soap?wsdl`)).text();
  expect(wsdl).toContain(`<soap:address location="${other.url}/api/1.0/soap"/>`);
});

test.each(['/healthz', '/readyz'])('%s is 200', async (path) => {
  expect((await fetch(bridge.url + path)).status).toBe(200);
});
