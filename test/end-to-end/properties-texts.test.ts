import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FORBIDDEN } from '../../src/core/call.js';
import type { Listener } from '../../src/http/listener.js';
import { providers } from '../../src/providers/index.js';
import { anyText } from '../support/any-text.js';
import { fc } from '../support/cases/properties.js';
import { call, formats, type Texts } from '../support/clients/legacy.js';
import { startBridge } from '../support/servers/bridge.js';
import { startUpstream, type Upstream } from '../support/servers/upstream.js';

let upstream: Upstream;
let bridge: Listener;
/** What the modern API replies to a request for a path. */
let reply: (path: string) => string;

beforeAll(async () => {
  upstream = await startUpstream((request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    request.resume().on('end', () => response.end(reply(request.url ?? '')));
  });
  const applications = providers.map(({ name: provider }) => ({ api_key: provider, provider, base_url: upstream.url }));
  bridge = await startBridge({ applications });
});
afterAll(async () => {
  await bridge.close();
  await upstream.close();
});

describe('any text', () => {
  /** The reply of each modern API to any request. */
  const replies: Readonly<Record<string, (path: string) => string>> = {
    seatable: () => '{"email":"1@auth.local"}',
    previsto: () => '{"id":"1"}',
    terraform: () => '{"data":{"id":"1"}}',
    golem: (path) => (/^\/v1\/accounts(\?|$)/.test(path) ? '{"id":"1","values":[{"id":"1"}]}' : '{"id":"1"}'),
    box: (path) => (/^\/2\.0\/users\?/.test(path) ? '{"entries":[]}' : '{"id":"1"}'),
  };

  const form = (body: string) => Object.fromEntries(new URLSearchParams(body));
  const attributes = (body: string) => JSON.parse(body).data.attributes;
  /** The only part of a multipart body, taken apart at its boundary. */
  const part = (body: string, type: string) => {
    const boundary = `--${/boundary=(\S+)/.exec(type)?.[1]}`;
    const [before, content = '', after] = body.split(boundary);
    expect([before, after]).toEqual(['', '--\r\n']);
    const [, name = '', value] =
      /^\r\nContent-Disposition: form-data; name="(\w+)"\r\n\r\n(.*)\r\n$/s.exec(content) ?? [];
    return { [name]: value };
  };

  interface Way {
    readonly provider: string;
    readonly action: string;
    readonly takes: readonly string[];
    readonly method: string;
    /** What the modern API makes of the request's body or, of a GET, of what is behind the question mark. */
    readonly read: (sent: string, type: string) => unknown;
    readonly expected: (values: Texts) => unknown;
  }

  const ways: readonly Way[] = [
    {
      provider: 'seatable',
      action: 'update_account',
      takes: ['email'],
      method: 'PUT',
      read: part,
      expected: ({ email }) => ({ new_contact_email: email }),
    },
    {
      provider: 'previsto',
      action: 'update_account',
      takes: ['name', 'email', 'language_code'],
      method: 'POST',
      read: form,
      expected: ({ name, email, language_code }) => ({ name, email, languageCode: language_code }),
    },
    {
      provider: 'terraform',
      action: 'update_account',
      takes: ['login', 'email'],
      method: 'PATCH',
      read: attributes,
      expected: ({ login, email }) => ({ username: login, email }),
    },
    {
      provider: 'terraform',
      action: 'change_password',
      takes: ['current_password', 'new_password'],
      method: 'PATCH',
      read: attributes,
      expected: ({ current_password, new_password }) => ({
        'current-password': current_password,
        current_password,
        password: new_password,
        'password-confirmation': new_password,
        password_confirmation: new_password,
      }),
    },
    {
      provider: 'golem',
      action: 'update_account',
      takes: ['name', 'email'],
      method: 'PUT',
      read: (body) => JSON.parse(body),
      expected: (values) => values,
    },
    {
      provider: 'golem',
      action: 'create_account',
      takes: ['name', 'email'],
      method: 'POST',
      read: (body) => JSON.parse(body),
      expected: (values) => ({ ...values, roles: [] }),
    },
    {
      provider: 'box',
      action: 'update_account',
      takes: ['name', 'email', 'language_code'],
      method: 'PUT',
      read: (body) => JSON.parse(body),
      expected: ({ name, email, language_code }) => ({ name, login: email, language: language_code }),
    },
    {
      provider: 'box',
      action: 'create_account',
      takes: ['name', 'email'],
      method: 'POST',
      read: (body) => JSON.parse(body),
      expected: ({ name, email }) => ({ name, login: email }),
    },
    {
      provider: 'box',
      action: 'find_accounts',
      takes: ['email'],
      method: 'GET',
      read: form,
      expected: ({ email }) => ({ filter_term: email, limit: '500', usemarker: 'true' }),
    },
    {
      provider: 'golem',
      action: 'find_accounts',
      takes: ['email'],
      method: 'GET',
      read: form,
      expected: (values) => values,
    },
  ];

  const examplesOfText = [
    `a&b<c>"d'`,
    ']]>',
    ' leading and trailing ',
    '0123',
    'true',
    'null',
    'ünïcode ☃',
    '+',
    '%',
    '%20',
    '%2',
    'a=b&c=d',
    ' ',
    '\t',
    '\n',
    '\r',
    '\r\n',
    '\n\r',
    'a\rb\nc\r\nd\te',
    '\r\n--',
    '&amp;',
    '&#13;',
    '<![CDATA[x]]>',
    '\\',
    '"',
    '\u2028',
    '\uFEFFx',
    'e\u0301',
    '👩‍👩‍👧',
    '__proto__',
  ];
  /** What XML can carry; an empty text would count as not given. */
  const text = fc
    .oneof(fc.constantFrom(...examplesOfText), anyText(), fc.string({ unit: 'grapheme' }))
    .filter((some) => some !== '' && !FORBIDDEN.test(some));

  test.each(ways)('arrives at $provider by $action', async ({ provider, action, takes, method, read, expected }) => {
    reply = replies[provider] ?? reply;
    const check = async (texts: readonly string[]) => {
      const values = Object.fromEntries(takes.map((name, index) => [name, texts[index] ?? '']));
      for (const format of formats) {
        upstream.received.length = 0;
        const answer = await call(bridge.url, format, action, { api_key: provider, auth_token: 'token', ...values });
        expect(answer).toContain(`${action}_ok`);
        const sent = upstream.received.filter((request) => request.method === method);
        expect(sent).toHaveLength(1);
        const [{ path, headers, body } = { path: '', headers: {}, body: '' }] = sent;
        const content = method === 'GET' ? (path.split('?')[1] ?? '') : Buffer.from(body, 'latin1').toString();
        expect(read(content, headers['content-type'] ?? '')).toEqual(expected(values));
      }
    };
    const examples = examplesOfText.map((each): [string[]] => [takes.map(() => each)]);
    const texts = fc.array(text, { minLength: takes.length, maxLength: takes.length });
    await fc.assert(fc.asyncProperty(texts, check), { numRuns: examplesOfText.length + 25, examples });
  });
});
