import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { WSDL } from 'soap';
import { accountFields, planFields, userFields } from '../../../src/bridge/account-view.js';
import { type Action, type ActionName, actionNames, actions, isAction, isKnown } from '../../../src/core/actions.js';
import { openWsdl } from '../../../src/protocols/soap/wsdl.js';

const file = new URL('../../../../wsdl/box.wsdl', import.meta.url);
const { load, requestParts, responseParts } = await openWsdl();
await load();
const wsdl = new WSDL(await readFile(file, 'utf8'), file.href, {});
await new Promise<void>((resolve, reject) => wsdl.onReady((error) => (error ? reject(error) : resolve())));
const { messages, portTypes, bindings } = wsdl.definitions;

/** What follows the status on success; an action that is not here has nothing. */
const results: Partial<Record<ActionName, readonly string[]>> = {
  get_account_info: ['user'],
  get_ticket: ['ticket'],
  get_auth_token: ['auth_token', 'user'],
  authorization: ['auth_token', 'user'],
  get_account_details: ['account'],
  update_account: ['account'],
  change_password: ['account'],
  create_account: ['account'],
  find_accounts: ['accounts'],
  get_account_plan: ['plan'],
};

/** The operations that the WSDL of the old service had and no modern API serves, with the parts of their requests. */
const oldOperations: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(new URL('../../../../test/fixtures/wsdl/old-operations.json', import.meta.url), 'utf8'),
);

const namesOf = (parts: readonly { readonly name: string }[] = []) => parts.map(({ name }) => name);

test('the WSDL has every action and every old operation, and no other', () => {
  const all = [...actionNames, ...Object.keys(oldOperations)].sort();
  expect(Object.keys(portTypes.boxnetPort?.methods ?? {}).sort()).toEqual(all);
  expect(Object.keys(bindings.boxnetBinding?.methods ?? {}).sort()).toEqual(all);
  const both = all.flatMap((name) => [`${name}Request`, `${name}Response`]);
  expect(Object.keys(messages).sort()).toEqual(both.sort());
});

describe.each(actionNames)('the WSDL on %s', (name) => {
  const { parameters, isOwn }: Action = actions[name];

  test('has the api_key and the parameters in the request, in order', () => {
    const parts = messages[`${name}Request`]?.parts ?? {};
    expect(Object.keys(parts)).toEqual(['api_key', ...Object.keys(parameters)]);
    expect(new Set(Object.values(parts))).toEqual(new Set(['xsd:string']));
  });

  test("has the status first in the response and, for an action of the bridge's own, a message last", () => {
    const expected = ['status', ...(results[name] ?? []), ...(isOwn ? ['message'] : [])];
    expect(namesOf(responseParts(name))).toEqual(expected);
  });

  test('binds its messages and its SOAPAction', () => {
    const method = bindings.boxnetBinding?.methods[name];
    expect(method).toMatchObject({ style: 'rpc', soapAction: `urn:boxnet#Box_SoapApi#${name}` });
    expect(method).toMatchObject({ input: { $name: `${name}Request` }, output: { $name: `${name}Response` } });
  });
});

test('the WSDL has the account family first of the old operations', () => {
  const methods = Object.keys(portTypes.boxnetPort?.methods ?? {});
  const [first, second] = methods.filter((name) => !isAction(name));
  expect([first, second]).toEqual(['register_new_user', 'verify_registration_email']);
});

describe.each(Object.entries(oldOperations))('the WSDL on %s', (name, parts) => {
  test('has the parts that it had, and the status alone in the response', () => {
    expect(requestParts(name)).toEqual(parts);
    expect(namesOf(responseParts(name))).toEqual(['status']);
  });

  test('binds its SOAPAction, and it is known', () => {
    const method = bindings.boxnetBinding?.methods[name];
    expect(method).toMatchObject({ style: 'rpc', soapAction: `urn:boxnet#Box_SoapApi#${name}` });
    expect([isKnown(name), isAction(name)]).toEqual([true, false]);
  });
});

test('the messages are known once they are read, and typed as the WSDL has them', async () => {
  const opened = await openWsdl();
  expect(() => opened.requestParts('logout')).toThrow('the messages of the WSDL are not loaded');
  const loading = opened.load();
  expect(opened.load()).toBe(loading);
  await loading;
  expect(opened.requestParts('get_auth_token')).toEqual(['api_key', 'ticket']);
  expect([opened.requestParts('nothing'), opened.responseParts('nothing')]).toEqual([undefined, undefined]);
  const text = { name: 'xsd:string' };
  const number = { name: 'xsd:long' };
  expect(opened.responseParts('get_account_info')).toEqual([
    { name: 'status', type: text },
    {
      name: 'user',
      type: {
        name: 'ns4:SOAPUser',
        parts: [
          { name: 'login', type: text },
          { name: 'email', type: text },
          { name: 'access_id', type: { name: 'xsd:int' } },
          { name: 'user_id', type: { name: 'xsd:int' } },
          { name: 'space_amount', type: number },
          { name: 'space_used', type: number },
          { name: 'max_upload_size', type: number },
        ],
      },
    },
  ]);
});

test.each([
  ['http://127.0.0.1:1/', 'http://127.0.0.1:1/api/1.0/soap'],
  ['https://BOX.example.com/a/?b=1&c=$&d', 'https://box.example.com/a/?b=1&amp;c=$&amp;d/api/1.0/soap'],
])('the address of a bridge at %s is escaped', async (publicUrl, address) => {
  const { textAt } = await openWsdl();
  for (const style of [undefined, 'literal', 'encoded']) {
    const text = textAt(publicUrl, style);
    expect(/ location="([^"]*)"/.exec(text)?.[1]).toBe(address);
    expect(text.includes('urn:boxnet:literal')).toBe(style === 'literal');
  }
});

const account = { nativeId: '1', login: '', email: '', attributes: {} };

test.each<[ActionName, part: string, fields: object]>([
  ['get_account_info', 'user', userFields(account, 1, {})],
  ['get_account_details', 'account', accountFields(account, 1, {})],
  ['get_account_plan', 'plan', planFields({ planId: undefined, limits: {}, attributes: {} })],
])('the WSDL types what %s gives as its %s, element by element', (action, part, fields) => {
  const type = responseParts(action)?.find(({ name }) => name === part)?.type;
  expect(namesOf(type?.parts)).toEqual(Object.keys(fields));
});

test('every list of the WSDL has items of the fields that there are', () => {
  const accounts = responseParts('find_accounts')?.find(({ name }) => name === 'accounts')?.type;
  expect(namesOf(accounts?.parts)).toEqual(['item']);
  expect(namesOf(accounts?.parts?.[0]?.type.parts)).toEqual(Object.keys(accountFields(account, 1, {})));
  const attributes = accounts?.parts?.[0]?.type.parts?.find(({ name }) => name === 'attributes')?.type;
  expect(namesOf(attributes?.parts)).toEqual(['item']);
  expect(namesOf(attributes?.parts?.[0]?.type.parts)).toEqual(['name', 'value']);
});
