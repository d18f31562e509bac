import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { providers } from '../../src/providers/index.js';
import { parseJson } from '../../src/shared/json-parser.js';
import { refusals } from '../../src/upstream/refusals.js';
import { callerOf } from '../support/cases/writes-done.js';
import type { Parameters } from '../support/clients/legacy.js';
import { type Api, apis, isWrite, startWorkbench, type Workbench } from '../support/servers/workbench.js';

/** A line of the table: what an old caller reads where the modern API itself refuses, and where anyone else does. */
interface Row {
  readonly api: Api;
  readonly action: string;
  readonly status: number;
  readonly own: string;
  readonly foreign: string;
}

const file = new URL('../../../test/fixtures/refusals/words.txt', import.meta.url);
const rows = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line): Row => {
    const [name = '', action = '', status, own = '', foreign = ''] = line.split(/ +/);
    const api = apis.find((each) => each === name);
    if (api === undefined) throw new Error(`no modern API: ${line}`);
    return { api, action, status: Number(status), own, foreign };
  });

const refused = 'Refused.';
/** The shapes in which each API refuses. */
const own: Readonly<Record<Api, readonly unknown[]>> = {
  seatable: [{ detail: refused }, { error_msg: refused }],
  previsto: [{ type: 'invalid_request', message: refused }, { type: 'InvalidRequestError' }],
  terraform: [{ errors: [{ status: '400', title: 'refused', detail: refused }] }, { errors: [refused] }],
  golem: [
    { error: refused },
    { errors: [refused] },
    { code: 'EMAIL_REFUSED', error: refused },
    'authorization error\n',
  ],
};
const html = '<html>\r\n<head><title>Refused</title></head>\r\n<body>nginx</body>\r\n</html>\r\n';
/** What proxies, firewalls and starting servers say. */
const foreign: Readonly<Record<string, unknown>> = {
  HTML: html,
  'a document': `<!DOCTYPE html>${html}`,
  plain: '404 page not found\n',
  nothing: '',
  'a message of a gateway': { message: 'Forbidden' },
  'a problem of RFC 9457': { type: 'about:blank', title: 'Forbidden', status: 403 },
  'a problem with a detail': { type: 'forbidden', title: 'Forbidden', detail: refused },
  'an error of Spring': { timestamp: '2026-01-01T00:00:00Z', status: 404, error: 'Not Found', errors: [], path: '/' },
  'an error of Nest': { statusCode: 401, message: 'Unauthorized', error: 'Unauthorized' },
  'an error of OAuth': { error: 'invalid_token', error_description: refused },
  'an error with a message': { error: 'Unauthorized', message: refused },
  'errors of a gateway': { success: false, errors: [{ code: 10000, message: refused }] },
  'an empty object': {},
  'a list': [refused],
  'a string': JSON.stringify(refused),
  null: 'null',
};

const values: Parameters = [
  ['current_password', 'terraform-demo-password'],
  ['new_password', 'long enough as it is'],
];
const given: Readonly<Record<string, Parameters>> = {
  update_account: [['email', 'new@example.com']],
  'update_account(name)': [['name', 'New']],
  'update_account(login)': [['login', 'new']],
  create_account: [
    ['name', 'N'],
    ['email', 'new@example.com'],
  ],
  change_password: values,
};

let bench: Workbench;
beforeAll(async () => {
  bench = await startWorkbench();
});
afterAll(() => bench.close());
beforeEach(() => bench.renew());

async function wordOf({ api, action, status }: Row, body: unknown): Promise<string> {
  const isRead = /^(get|find)/.test(action);
  bench.interfere((request) => isRead || isWrite(request), { status, body });
  const name = action.replace(/\(.*/, '');
  return (await bench.call('rest', name, [...callerOf({ api }), ...(given[action] ?? [])])).status;
}

const { HTML, plain, ...others } = foreign;
const [firstOther] = Object.values(others);
/** HTML, plain text and one of the others: each of them has its turn among the statuses. */
const foreignTo = ({ status }: Row) => [
  HTML,
  plain,
  Object.values(others)[status % Object.keys(others).length] ?? firstOther,
];

describe.each(apis)('%s', (api) => {
  test.each(rows.filter((row) => row.api === api))('$action: $status is $own, of others $foreign', async (row) => {
    const words = async (bodies: readonly unknown[]) => {
      const found: [unknown, string][] = [];
      for (const body of bodies) found.push([body, await wordOf(row, body)]);
      return found;
    };
    expect(await words(own[api])).toEqual(own[api].map((body) => [body, row.own]));
    expect(await words(foreignTo(row))).toEqual(foreignTo(row).map((body) => [body, row.foreign]));
  });

  const isRefusal = providers.find(({ name }) => name === api)?.isRefusal;
  const textOf = (body: unknown) => (typeof body === 'string' ? body : JSON.stringify(body));
  const isOwn = (text: string) => {
    try {
      return isRefusal?.(parseJson(text), text);
    } catch {
      return isRefusal?.(undefined, text);
    }
  };

  test.each(own[api])('takes %j for its own', (body) => {
    expect(isOwn(textOf(body))).toBe(true);
  });

  test.each(Object.entries(foreign))('takes %s for that of somebody else', (_what, body) => {
    expect(isOwn(textOf(body))).toBe(false);
  });
});

test('the table has every status of the common one, for every action of each API', () => {
  for (const api of apis) {
    const actions = new Set(rows.filter((row) => row.api === api).map(({ action }) => action));
    for (const action of actions) {
      const found = rows.filter((row) => row.api === api && row.action === action).map(({ status }) => `${status}`);
      expect([api, action, found]).toEqual([api, action, expect.arrayContaining(Object.keys(refusals))]);
    }
  }
});
