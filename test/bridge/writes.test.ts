import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sandboxPaths } from '../../src/sandbox/sandbox.js';
import { NEW_ID, SOME_ID, tokens } from '../support/cases/modern-accounts.js';
import { callerOf, type SuccessfulWrite, successfulWrites } from '../support/cases/writes-done.js';
import { rejectedWrites } from '../support/cases/writes-rejected.js';
import { at, formats, type Parameters, shown } from '../support/clients/legacy.js';
import { type Api, apis, bodyOf, isWrite, startWorkbench, type Workbench } from '../support/servers/workbench.js';

let bench: Workbench;

beforeAll(async () => {
  bench = await startWorkbench([
    ...['kebab', 'snake'].map((password_keys) => ({
      api_key: password_keys,
      provider: 'terraform',
      base_url: sandboxPaths.terraform,
      password_keys,
    })),
  ]);
});
afterAll(() => bench.close());
beforeEach(() => bench.renew());

async function parametersOf(
  write: Pick<SuccessfulWrite, 'api' | 'token' | 'key' | 'of' | 'with'>,
): Promise<Parameters> {
  const { api, of } = write;
  const named: Parameters = of === undefined ? [] : [['user_id', await bench.userOf(api, tokens[api], of)]];
  return [...callerOf(write), ...named, ...write.with];
}

/** What the modern API received, with a fixed boundary. */
const left = () =>
  bench.received.map((request) => {
    const { 'content-type': type, ...headers } = request.headers;
    const fixed = type === undefined ? {} : { 'content-type': type.replace(/boundary=.*/, 'boundary=BOUNDARY') };
    return { method: request.method, path: request.path, headers: { ...headers, ...fixed }, body: bodyOf(request) };
  });

describe.each(formats)('%s', (format) => {
  test.each(successfulWrites)('$api performs $action with $with', async (write) => {
    const { http, status, result } = await bench.call(format, write.action, await parametersOf(write));
    expect([http, status]).toEqual([200, `${write.action}_ok`]);
    const withMadeId = (data: unknown) =>
      JSON.stringify(data).replaceAll(NEW_ID, String(at(result, 'account', 'native_id')));
    expect(left()).toMatchObject(JSON.parse(withMadeId(write.requests)));

    const expected = shown(format, { ...write.result, ...(format === 'soap' && { message: null }) });
    const expectedText = withMadeId(expected);
    const text = JSON.stringify(result).replace(/"user_id":"[1-9]\d*"/g, `"user_id":"${SOME_ID}"`);
    expect(JSON.parse(text)).toEqual(JSON.parse(expectedText));
    // The order too.
    expect(text).toBe(expectedText);
  });

  test.each(rejectedWrites)('$api rejects $action: $interference.status $status $message', async (write) => {
    const { action, interference, status, message } = write;
    const parameters = await parametersOf(write);
    const isRead = /^(get|find)/.test(action);
    if (interference) bench.interfere((request) => isRead || isWrite(request), interference);
    const reply = await bench.call(format, action, parameters);

    expect(reply.status).toBe(status);
    const isOutage = status === 'service_unavailable';
    expect(reply.http).toBe(isOutage ? (format === 'soap' ? 500 : 503) : 200);
    const isExplained = /^(e_|email_)/.test(status);
    const { message: explanation, ...rest } = reply.result;
    if (isExplained) expect(explanation).toBe(message);
    else expect(explanation).toBe(format === 'soap' && !isOutage ? null : undefined);
    expect(Object.keys(rest).length > 0).toBe(format === 'soap' && !isOutage && action !== 'delete_account');
    expect(Object.values(rest).every((value) => value === null)).toBe(true);
    if (format === 'soap' && !isOutage) expect(Object.keys(reply.result).at(-1)).toBe('message');
    expect(bench.received.filter(isWrite).length).toBeLessThanOrEqual(1);
  });
});

/** The actions of each modern API beside reading the account. */
const can: Readonly<Record<Api, readonly string[]>> = {
  seatable: ['update_account'],
  previsto: ['update_account', 'delete_account'],
  terraform: ['update_account', 'change_password'],
  golem: ['update_account', 'delete_account', 'create_account', 'find_accounts', 'get_account_plan'],
  box: ['update_account', 'delete_account', 'create_account', 'find_accounts'],
};
const changeable: Readonly<Record<Api, readonly string[]>> = {
  seatable: ['email'],
  previsto: ['name', 'email', 'language_code', 'meta.colour'],
  terraform: ['login', 'email'],
  golem: ['name', 'email'],
  box: ['name', 'login', 'email', 'language_code'],
};
const values: Readonly<Record<string, string>> = {
  name: 'N',
  login: 'n',
  email: 'n@example.com',
  language_code: 'en',
  'meta.colour': 'red',
  current_password: 'terraform-demo-password',
  new_password: 'long enough as it is',
};
const own = [
  'update_account',
  'change_password',
  'delete_account',
  'create_account',
  'find_accounts',
  'get_account_plan',
];
const fields = ['name', 'login', 'email', 'language_code', 'meta.colour'];
const given = (...names: readonly string[]): Parameters => names.map((name) => [name, values[name] ?? '']);

const impossible = apis.flatMap((api) => [
  ...own
    .filter((action) => !can[api].includes(action))
    .map((action) => ({ api, action, with: given(...Object.keys(values)) })),
  ...fields
    .filter((field) => !changeable[api].includes(field))
    .flatMap((field) => [
      { api, action: 'update_account', with: given(field) },
      { api, action: 'update_account', with: given(field, ...changeable[api]) },
      { api, action: 'update_account', with: [...given(field), ['user_id', '1']] as const },
    ]),
]);

describe.each(formats)('%s', (format) => {
  test.each(impossible)('$api cannot $action with $with', async (write) => {
    const { http, status, result } = await bench.call(format, write.action, [...callerOf(write), ...write.with]);
    expect([http, status]).toEqual([200, 'application_restricted']);
    expect(Object.values(result).every((value) => value === null)).toBe(true);
    expect(bench.received).toEqual([]);
  });
});

test('every cell of the table has a success or a rejection here', () => {
  for (const api of apis) {
    for (const action of ['get_account_details', ...own]) {
      const isDone = successfulWrites.some((write) => write.api === api && write.action === action);
      const isRejected = rejectedWrites.some((write) => write.api === api && write.action === action);
      const isImpossible = impossible.some(
        (write) => write.api === api && write.action === action && action !== 'update_account',
      );
      expect([api, action, isDone, isRejected]).toEqual([api, action, !isImpossible, !isImpossible]);
    }
  }
});
