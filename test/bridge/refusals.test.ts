import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { providers } from '../../src/providers/index.js';
import { parseJson } from '../../src/shared/json-parser.js';
import { commonRefusals } from '../../src/upstream/refusals.js';
import { readTable, wordOf } from '../support/cases/refusals.js';
import { type Api, apis, isWrite, startWorkbench, type Workbench } from '../support/servers/workbench.js';

/** A line of the table: what an old caller reads where the modern API itself refuses, and where anyone else does. */
interface Row {
  readonly api: Api;
  readonly action: string;
  readonly status: number;
  readonly own: string;
  readonly foreign: string;
}

const rows = readTable('words.txt', 5).map(
  ([api, action = '', status, own = '', foreign = '']): Row => ({ api, action, status: Number(status), own, foreign }),
);

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
  box: [
    { type: 'error', status: 403, code: 'refused', message: refused, request_id: 'abcdef123456' },
    {
      type: 'error',
      status: 400,
      code: 'bad_request',
      context_info: { errors: [{ reason: 'invalid_parameter', name: 'name', message: refused }] },
      message: 'Bad Request',
    },
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
  'a typed error without a code': { type: 'error', status: 403, message: refused },
  'a typed error without a status': { type: 'error', code: 'forbidden', path: '/' },
  'an error with a message': { error: 'Unauthorized', message: refused },
  'errors of a gateway': { success: false, errors: [{ code: 10000, message: refused }] },
  'an empty object': {},
  'a list': [refused],
  'a string': JSON.stringify(refused),
  null: 'null',
};

let bench: Workbench;
beforeAll(async () => {
  bench = await startWorkbench();
});
afterAll(() => bench.close());
beforeEach(() => bench.renew());

/** What an old caller reads where the read of a read action, or the write of another, is refused. */
const wordFor = ({ api, action, status }: Row, body: unknown) => {
  const isRead = /^(get|find)/.test(action);
  return wordOf(bench, 'rest', api, action, [(request) => isRead || isWrite(request), { status, body }]);
};

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
      for (const body of bodies) found.push([body, await wordFor(row, body)]);
      return found;
    };
    expect(await words(own[api])).toEqual(own[api].map((body) => [body, row.own]));
    expect(await words(foreignTo(row))).toEqual(foreignTo(row).map((body) => [body, row.foreign]));
  });

  const isRefusal = providers.find(({ name }) => name === api)?.isRefusal;
  const textOf = (body: unknown) => (typeof body === 'string' ? body : JSON.stringify(body));
  const isOwn = (text: string) => {
    try {
      return isRefusal?.(parseJson(text), text, {});
    } catch {
      return isRefusal?.(undefined, text, {});
    }
  };

  test.each(own[api])('takes %j for its own', (body) => {
    expect(isOwn(textOf(body))).toBe(true);
  });

  test.each(Object.entries(foreign))('takes %s for that of somebody else', (_what, body) => {
    expect(isOwn(textOf(body))).toBe(false);
  });
});

describe.each<[Api, string]>([
  ['previsto', 'update_account'],
  ['previsto', 'delete_account'],
  ['golem', 'update_account'],
  ['golem', 'delete_account'],
  ['box', 'update_account'],
  ['box', 'delete_account'],
])('%s: the read of %s is refused as any read', (api, action) => {
  test.each(rows.filter((row) => row.api === api && row.action === 'get_account_details'))(
    '$status is $own, of others $foreign',
    async ({ status, ...row }) => {
      for (const [body, word] of [
        ...own[api].map((each) => [each, row.own]),
        [HTML, row.foreign],
        [plain, row.foreign],
      ]) {
        const refusal: Parameters<Workbench['interfere']> = [(request) => !isWrite(request), { status, body }];
        expect([body, await wordOf(bench, 'rest', api, action, refusal)]).toEqual([body, word]);
      }
    },
  );
});

test('the table has every status of the common one and of its own, for every action of each API', () => {
  for (const api of apis) {
    const refusals = providers.find(({ name }) => name === api)?.refusals ?? [];
    const statuses = [...commonRefusals, ...refusals].flatMap(({ status = [] }) => status.map(String));
    const actions = new Set(rows.filter((row) => row.api === api).map(({ action }) => action));
    for (const action of actions) {
      const found = rows.filter((row) => row.api === api && row.action === action).map(({ status }) => `${status}`);
      expect([api, action, found]).toEqual([api, action, expect.arrayContaining(statuses)]);
    }
  }
});
