import { describe, expect, test } from '@jest/globals';
import { afterwards } from '../support/cleanup.js';
import { at, callBridge, formats, itemsOf } from '../support/clients/legacy.js';
import { startBridge } from '../support/servers/bridge.js';
import { startUpstream } from '../support/servers/upstream.js';

/** Calls a bridge in each format; the modern API of the provider replies the same to every request. */
async function answersTo(provider: string, action: string, body: string) {
  const upstream = await startUpstream((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(body);
  });
  afterwards(upstream.close);
  const bridge = await startBridge({ applications: [{ api_key: 'k', provider, base_url: upstream.url }] });
  afterwards(bridge.close);
  const parameters = Object.entries({ api_key: 'k', auth_token: 'token' });
  return Promise.all(formats.map((format) => callBridge(bridge.url, format, action, parameters)));
}

const texts = (count: number) => Array.from({ length: count }, (_, n) => `${n}`);
const pairs = (items: ReturnType<typeof itemsOf>) => items.map((item) => [at(item, 'name'), at(item, 'value')]);

test('what the API might replace as a whole is not written back where a part of it was not read', async () => {
  const meta = Object.fromEntries(texts(70_000).map((n) => [`k${n}`, 0]));
  const upstream = await startUpstream((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ id: 'native', meta }));
  });
  afterwards(upstream.close);
  const bridge = await startBridge({ applications: [{ api_key: 'k', provider: 'previsto', base_url: upstream.url }] });
  afterwards(bridge.close);
  const parameters = Object.entries({ api_key: 'k', auth_token: 'token', 'meta.key': 'value' });
  for (const format of ['rest', 'xml'] as const) {
    const { status } = await callBridge(bridge.url, format, 'update_account', parameters);
    expect(status).toBe('application_restricted');
  }
  expect(upstream.received.map(({ method }) => method)).toEqual(['GET', 'GET']);
});

describe('of a large reply, 5,000 leaves are shown, and how many are not', () => {
  test.each<[string, number, object, string | undefined]>([
    ['as many as there may be', 5000, { list: texts(4998) }, undefined],
    ['one more', 5000, { list: texts(4999) }, '1'],
    ['many more', 5000, { list: texts(60_000) }, '55002'],
    ['fractions', 5000, { list: texts(60_000).map((n) => Number(n) + 0.5) }, '55002'],
    ['many keys', 5000, Object.fromEntries(texts(50_000).map((n) => [`key${n}`, n])), '45002'],
    // Two mebibytes of paths.
    ['a long path', 106, { ['k'.repeat(20_000)]: Object.fromEntries(texts(1000).map((n) => [`x${n}`, n])) }, '896'],
    ['a long text', 2, { text: 'x'.repeat(100_000) }, '1'],
  ])('%s', async (_what, shown, reply, truncated) => {
    const body = JSON.stringify({ id: 'native', ...reply, email: 'e@example.com' });
    for (const { status, result } of await answersTo('previsto', 'get_account_details', body)) {
      expect(status).toBe('get_account_details_ok');
      expect(result.account).toMatchObject({ native_id: 'native', email: 'e@example.com' });
      const attributes = pairs(itemsOf(at(result, 'account', 'attributes')));
      const told = attributes.filter(([name]) => name === 'attributes_truncated');
      expect(told).toEqual(truncated === undefined ? [] : [['attributes_truncated', truncated]]);
      expect(attributes.length - told.length).toBe(shown);
      expect(attributes.at(-1)).toEqual(told[0] ?? ['email', 'e@example.com']);
    }
  });

  test('of a plan too', async () => {
    const body = JSON.stringify({ values: [{ id: 'native', list: texts(6000) }] });
    for (const { result } of await answersTo('golem', 'get_account_plan', body)) {
      const attributes = pairs(itemsOf(at(result, 'plan', 'attributes')));
      expect([attributes.length, attributes.at(-1)]).toEqual([5001, ['attributes_truncated', '1001']]);
    }
  });

  test('of each account in a list, none of which is lost', async () => {
    const values = texts(3).map((id) => ({ id, list: texts(id === '1' ? 10_000 : 5), email: `${id}@example.com` }));
    for (const { result } of await answersTo('golem', 'find_accounts', JSON.stringify({ values }))) {
      const accounts = itemsOf(result.accounts);
      expect(accounts.map((account) => at(account, 'email'))).toEqual(values.map(({ email }) => email));
      const counts = accounts.map((account) => itemsOf(at(account, 'attributes')).length);
      // The last one of each that lacks some tells how many.
      expect(counts).toEqual([7, 4994, 1]);
    }
  });

  test('of many accounts with long paths, all together have a limit', async () => {
    const account = { id: '1', ['k'.repeat(4000)]: Object.fromEntries(texts(400).map((n) => [n, 0])) };
    const body = JSON.stringify({ values: Array(100).fill(account) });
    for (const { result } of await answersTo('golem', 'find_accounts', body)) {
      const items = itemsOf(result.accounts).flatMap((each) => itemsOf(at(each, 'attributes')));
      const told = pairs(items).filter(([name]) => name === 'attributes_truncated');
      expect(items.length - told.length + told.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(100 * 401);
      expect(items.length).toBeLessThan(1000);
    }
  });

  test('of many accounts, all together have a limit, and each keeps its own fields', async () => {
    const values = texts(1500).map((id) => ({ id, name: `n${id}`, email: `${id}@example.com`, of: [1, 2] }));
    for (const { result } of await answersTo('golem', 'find_accounts', JSON.stringify({ values }))) {
      const accounts = itemsOf(result.accounts);
      expect(accounts).toEqual(
        values.map(({ id, name, email }) => expect.objectContaining({ native_id: id, name, login: email, email })),
      );
      const items = pairs(accounts.flatMap((account) => itemsOf(at(account, 'attributes'))));
      const told = items.filter(([name]) => name === 'attributes_truncated');
      expect([items.length - told.length, told.length]).toEqual([5000, 500]);
      expect(told.every(([, count]) => count === '5')).toBe(true);
    }
  });

  // Escaped, it is ten mebibytes, and in UTF-8 six.
  test.each(['&', '\u0416'])('of what takes more bytes than characters, such as %s, less is shown', async (unit) => {
    const path = unit.repeat(6000);
    const body = JSON.stringify({ id: 'native', [path]: Object.fromEntries(texts(1000).map((n) => [n, ''])) });
    for (const { result } of await answersTo('previsto', 'get_account_details', body)) {
      const attributes = pairs(itemsOf(at(result, 'account', 'attributes')));
      expect(attributes.length).toBeGreaterThan(60);
      expect(attributes.length).toBeLessThan(
        (2 * 1024 * 1024) / Buffer.byteLength(unit === '&' ? '&amp;' : unit) / 6000 + 2,
      );
      expect(attributes.at(-1)).toEqual(['attributes_truncated', `${1001 - (attributes.length - 1)}`]);
    }
  });

  test.each<[string, string, string, object]>([
    ['many accounts', 'golem', 'find_accounts', { values: texts(9000).map((id) => ({ id })) }],
    ['a long text', 'previsto', 'get_account_details', { id: 'native', name: '&'.repeat(1024 * 1024 - 100) }],
    ['a long text', 'previsto', 'get_account_info', { id: 'native', email: '<'.repeat(1024 * 1024 - 100) }],
  ])('%s whose own fields are more than an answer may hold are an outage: %s %s', async (_what, ...asked) => {
    const [provider, action, reply] = asked;
    for (const { status, fault } of await answersTo(provider, action, JSON.stringify(reply)))
      expect(fault ?? status).toBe(fault ? 'Server' : 'service_unavailable');
  });

  test('a list of more accounts than can be read is an outage, not a shorter list', async () => {
    const body = JSON.stringify({ values: Array(40_000).fill({ id: '1', email: 'e' }) });
    for (const { status, fault } of await answersTo('golem', 'find_accounts', body))
      expect(fault ?? status).toBe(fault ? 'Server' : 'service_unavailable');
  });
});
