import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Exchange } from '../../src/core/exchange.js';
import type { Listener } from '../../src/http/listener.js';
import { maskExchange } from '../../src/observability/masked-exchange.js';
import { encodings } from '../support/cases/encodings.js';
import { callBridge, formats } from '../support/clients/legacy.js';
import { startBridge } from '../support/servers/bridge.js';
import { startUpstream, type Upstream } from '../support/servers/upstream.js';
import { cpuOf } from '../support/time.js';

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
    const account = {
      id: 'a',
      login: 'l',
      nickname: 'Jörg',
      email: 'e@example.com',
      note: credential,
      api_token: issued,
    };
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
      for (const form of encodings(secret)) expect(text).not.toContain(form);
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
  [
    'a part of a message',
    'soap',
    (secret) => `--b\r\nContent-Type: text/xml\r\n\r\n<a><unknown>${secret}</unknown>\r\n--b--\r\n`,
    { 'Content-Type': 'multipart/related; boundary=b' },
  ],
  [
    'a part of a message in base64',
    'soap',
    (secret) =>
      `--b\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(`<a>${secret}`).toString('base64')}\r\n--b--`,
    { 'Content-Type': 'multipart/related; boundary=b' },
  ],
  ['a part without a header', 'rest', (secret) => `--b\r\n\r\n${secret}\r\n--b--\r\n`],
  ['a part with half a header', 'rest', (secret) => `--b\r\n${secret}\r\n--b--\r\n`],
  [
    'the header of a part',
    'rest',
    (secret) =>
      `--b\r\nX-A: ${secret}\r\nContent-Disposition: form-data; name="${secret}"; filename=${secret}\r\n\r\nx\r\n--b--`,
  ],
  ['one boundary alone', 'rest', (secret) => `--${secret}\r\n\r\n`],
  [
    'a map',
    'soap',
    (secret) => `<m><item><key>auth_token</key><value>${secret}</value></item><item><key>${secret}</key></item></m>`,
  ],
])('of %s no secret is shown', async (_what, path, write, headers = {}) => {
  const secret = canary();
  await send(path, write(secret), headers);
  const text = JSON.stringify(masked());
  expect(text).toContain('•••');
  for (const form of [...encodings(secret), secret.slice(6)]) expect(text).not.toContain(form);
});

test('a document keeps its tags, a form its escapes and a multipart form its boundaries', async () => {
  const secret = canary();
  const shown = async (path: string, body: string) => {
    await send(path, body, { 'Content-Type': 'text/plain' });
    return masked().request.body;
  };
  expect(await shown('rest', `action=a_b&email=a%40b+c&auth_token=${secret}&&x`)).toBe(
    `action=a_b&email=a%40b+c&auth_token=${encodeURIComponent('•••')}&&x`,
  );
  const part = (name: string, value: string) =>
    `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  expect(await shown('rest', `${part('action', 'a_b')}${part('auth_token', secret)}--b--\r\n`)).toBe(
    `${part('action', 'a_b')}${part('auth_token', '•••')}--b--\r\n`,
  );
  expect(await shown('xml', `<request>\n <action>a</action>\n <auth_token>\n${secret}</auth_token></request>`)).toBe(
    '<request>\n <action>a</action>\n <auth_token>\n•••</auth_token></request>',
  );
  expect(await shown('soap', `<m><item><key>action</key><value>a</value></item><value>${secret}</value></m>`)).toBe(
    '<m><item><key>action</key><value>a</value></item><value>•••</value></m>',
  );
});

test('a form is shown in UTF-8, whatever its charset was', async () => {
  await send('rest', Buffer.from('name=M\xfcller&email=%FC&auth_token=%FC%FC', 'latin1'), {
    'Content-Type': 'application/x-www-form-urlencoded; charset=iso-8859-1',
  });
  const [exchange] = exchanges.splice(0);
  if (!exchange) throw new Error('no call was watched');
  const secrets: string[] = [];
  const { request } = maskExchange(exchange, (secret) => `s${secrets.push(secret)}`);
  expect(decodeURIComponent(request.body)).toMatch(/^name=Müller&email=ü&auth_token=s\d+$/);
  expect(secrets).toContain('üü');
});

test('a reply is shown as text, whatever its charset was, without the secrets of the modern API', async () => {
  const charset = await startBridge(
    {
      applications: [
        {
          api_key: 'a-long-api-key',
          provider: 'previsto',
          base_url: upstream.url,
          reply_charset: 'ISO-8859-1',
          cache_seconds: 60,
        },
      ],
    },
    { watch: (exchange) => void exchanges.push(exchange) },
  );
  // The second one is read from the cache: nothing is received that would tell what is a secret.
  for (const name of ['first', 'second']) {
    await callBridge(charset.url, 'xml', 'get_account_details', [
      ['api_key', 'a-long-api-key'],
      ['auth_token', 'a-long-token-without-canary'],
    ]);
    const { reply, upstream: sent } = masked();
    expect(sent).toHaveLength(name === 'first' ? 1 : 0);
    expect(reply.body).toContain('<name>api_token</name><value>•••</value>');
    expect(reply.body).toContain('<value>Jörg</value>');
    expect(reply.body).not.toContain(issued);
  }
  await charset.close();
});

test.each([
  ['a long attribute', (length: number) => `<a ${'a'.repeat(length)}>`],
  ['attributes behind slashes', (length: number) => `<a ${'a/'.repeat(length / 2)}>`],
  ['blanks in a tag', (length: number) => `<a b${' '.repeat(length)}`],
  ['the header of a part', (length: number) => `--b\r\nContent-Disposition: ${'a'.repeat(length)}\r\n\r\n\r\n--b--`],
  ['a part without an end', (length: number) => `--b\r\n${'a: b\r\n'.repeat(length / 6)}--b--`],
  ['boundaries', (length: number) => '--b\r\n'.repeat(length / 5)],
  ['pairs', (length: number) => '=&%'.repeat(length / 3)],
])('%s of a whole request costs less than a quarter of a second', async (_what, write) => {
  await send('rest', write(60_000), { 'Content-Type': 'text/plain' });
  expect(cpuOf(() => void masked())).toBeLessThan(250);
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
