import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Exchange } from '../../src/core/exchange.js';
import type { Listener } from '../../src/http/listener.js';
import { maskExchange } from '../../src/observability/masked-exchange.js';
import { callBridge, formats } from '../support/clients/legacy.js';
import { startBridge } from '../support/servers/bridge.js';
import { startUpstream, type Upstream } from '../support/servers/upstream.js';

/** What is shown of a call with all that was sent and received for it, and what is not. */

const exchanges: Exchange[] = [];
let bridge: Listener;
let upstream: Upstream;
const issued = `issued-${randomBytes(12).toString('hex')}`;

beforeAll(async () => {
  // Repeats the credential, and issues a secret.
  upstream = await startUpstream((request, response) => {
    const { authorization = '' } = request.headers;
    const credential = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString();
    response.writeHead(200, { 'Content-Type': 'application/json', 'Set-Cookie': `s=${issued}` });
    const account = { id: 'a', login: 'l', email: 'e@example.com', note: credential, api_token: issued };
    response.end(JSON.stringify({ ...account, echo: authorization }));
  });
  bridge = await startBridge(
    { applications: [{ api_key: 'a-long-api-key', name: 'Invoices', provider: 'previsto', base_url: upstream.url }] },
    { watch: (exchange) => void exchanges.push(exchange) },
  );
});

afterAll(async () => {
  await bridge.close();
  await upstream.close();
});

beforeEach(() => {
  exchanges.length = 0;
});

/** The forms of a secret that would show it. */
function formsOf(secret: string): string[] {
  const inBase64 = [0, 1, 2].map((shift) =>
    Buffer.from('x'.repeat(shift) + secret)
      .toString('base64')
      .replace(/=+$/, '')
      .slice(shift + 1, -2),
  );
  return [secret, ...inBase64, Buffer.from(secret).toString('hex')];
}

function masked(): ReturnType<typeof maskExchange> {
  const [exchange, ...others] = exchanges.splice(0);
  expect(others).toEqual([]);
  if (!exchange) throw new Error('no call was watched');
  return maskExchange(exchange, () => '•••');
}

async function send(path: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<void> {
  await (await fetch(`${bridge.url}/api/1.0/${path}`, { method: 'POST', body, headers })).text();
}

const canary = () => `canary${randomBytes(12).toString('hex')}`;

describe.each(formats)('a call by %s', (format) => {
  test('is shown with everything but its secrets', async () => {
    const token = canary();
    await callBridge(bridge.url, format, 'get_account_info', [
      ['api_key', 'a-long-api-key'],
      ['auth_token', token],
      ['email', 'shown@example.com'],
    ]);
    const shown = masked();
    const text = JSON.stringify(shown);
    for (const secret of [token, 'a-long-api-key', issued]) {
      for (const form of formsOf(secret)) expect(text).not.toContain(form);
    }
    expect(shown).toMatchObject({
      protocol: format,
      application: { name: 'Invoices', provider: 'previsto' },
      call: {
        action: 'get_account_info',
        parameters: [
          ['api_key', '•••'],
          ['auth_token', '•••'],
          ['email', 'shown@example.com'],
        ],
      },
      status: 'get_account_info_ok',
      cause: undefined,
      reply: { status: 200 },
    });
    expect(decodeURIComponent(shown.request.body)).toContain('shown@example.com');
    expect(shown.request.headers).toContainEqual(['content-length', expect.any(String)]);
    expect(shown.upstream).toEqual([
      expect.objectContaining({
        method: 'GET',
        outcome: 200,
        headers: expect.arrayContaining([['Authorization', '•••']]),
        reply: expect.objectContaining({ body: expect.stringContaining('e@example.com') }),
      }),
    ]);
    expect(shown.reply.body).toContain('e@example.com');
  });

  test('whose token the modern API does not know names no application that is not there', async () => {
    const key = canary();
    await callBridge(bridge.url, format, 'get_account_info', [
      ['api_key', key],
      [canary(), 'value-of-an-unknown-name'],
    ]);
    const shown = masked();
    expect(shown).toMatchObject({ application: undefined, status: 'application_restricted' });
    expect(JSON.stringify(shown)).not.toContain(key);
    expect(JSON.stringify(shown)).not.toContain('canary');
    expect(JSON.stringify(shown)).not.toContain('value-of-an-unknown-name');
  });
});

test.each<[string, string, (secret: string) => string | Buffer, Record<string, string>?]>([
  ['a broken document', 'xml', (secret) => `<request><auth_token>${secret}`],
  ['text before a document', 'xml', (secret) => `${secret}<request/>`],
  ['a document type', 'soap', (secret) => `<!DOCTYPE ${secret}><a/>`],
  ['a comment', 'soap', (secret) => `<a><!-- ${secret} --></a>`],
  ['a section', 'xml', (secret) => `<request><auth_token><![CDATA[${secret}]]></auth_token></request>`],
  ['an instruction', 'xml', (secret) => `<?php ${secret}?><request/>`],
  ['an attribute', 'soap', (secret) => `<a token="${secret}"/>`],
  ['an attribute without a value', 'soap', (secret) => `<a ${secret}/>`],
  ['the name of an element', 'xml', (secret) => `<request><${secret}>a</${secret}></request>`],
  ['the action', 'xml', (secret) => `<request><action>${secret}</action></request>`],
  ['a form', 'rest', (secret) => `action=get_account_info&auth_token=${secret}`],
  ['a form without names', 'rest', (secret) => `=${secret}&&=`],
  ['a name', 'rest', (secret) => `${secret}=a`],
  ['no form', 'rest', (secret) => secret],
  ['UTF-16', 'xml', (secret) => Buffer.from(`\uFEFF<request><auth_token>${secret}</auth_token></request>`, 'utf16le')],
  [
    'broken UTF-8',
    'xml',
    (secret) => Buffer.from(`<a>\xff\xfe\x80${secret}`, 'latin1'),
    { 'Content-Type': 'text/xml; charset=utf-8' },
  ],
  ['escapes', 'xml', (secret) => `<request><auth_token>${secret.replaceAll('c', '&#x63;')}</auth_token></request>`],
  ['escapes of a form', 'rest', (secret) => `auth_token=${secret.replaceAll('c', '%63')}`],
  [
    'a multipart form',
    'rest',
    (secret) => `--b\r\nContent-Disposition: form-data; name="auth_token"\r\n\r\n${secret}\r\n--b--\r\n`,
    { 'Content-Type': 'multipart/form-data; boundary=b' },
  ],
])('of %s no secret is shown', async (_what, path, write, headers = {}) => {
  const secret = canary();
  await send(path, write(secret), headers);
  const text = JSON.stringify(masked());
  expect(text).toContain('•••');
  for (const form of [...formsOf(secret), secret.slice(6)]) expect(text).not.toContain(form);
});

test('secrets in a query, a path and headers are not shown', async () => {
  const secrets = [canary(), canary(), canary()];
  await send(`rest/${secrets[0]}?auth_token=${secrets[1]}&action=get_account_info`, '', { Cookie: `${secrets[2]}` });
  const text = JSON.stringify(masked());
  for (const secret of secrets) expect(text).not.toContain(secret);
});

test('equal secrets have equal replacements, whatever form they have', async () => {
  const token = `${canary()} & more`;
  for (const format of formats) {
    await callBridge(bridge.url, format, 'get_account_info', [
      ['api_key', 'a-long-api-key'],
      ['auth_token', token],
    ]);
  }
  const replaced = exchanges.splice(0).map((exchange) => {
    const given: string[] = [];
    maskExchange(exchange, (secret) => String(given.push(secret)));
    return new Set(given);
  });
  expect(replaced).toHaveLength(3);
  for (const secrets of replaced) {
    expect(secrets).toContain(token);
    expect(secrets).toContain('a-long-api-key');
    expect([...secrets].some((secret) => /%|&amp;/.test(secret))).toBe(false);
  }
});
