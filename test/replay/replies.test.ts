import { describe, expect, test } from '@jest/globals';
import { differences } from '../../src/replay/replies.js';

const xml = (elements: string) => `<?xml version="1.0"?>\n<response><status>ok</status>${elements}</response>`;
const soap = (elements: string) =>
  '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">' +
  `<e:Body><m:get_account_infoResponse xmlns:m="urn:boxnet">${elements}</m:get_account_infoResponse></e:Body></e:Envelope>`;
const user = (email: string, more = '') => `<user><login>l</login><email>${email}</email>${more}</user>`;
const list = (...pairs: readonly (readonly [string, string])[]) =>
  `<attributes>${pairs.map(([name, value]) => `<item><name>${name}</name><value>${value}</value></item>`).join('')}</attributes>`;
const digest = `s_${'0123456789abcdef01234567'}`;

const compare = (one: string, other: string, status = 200) =>
  differences({ status: 200, body: one }, { status, body: other });

describe.each([
  ['XML', xml],
  ['SOAP', soap],
])('%s', (_format, document) => {
  test.each<[string, string, string, string[]]>([
    ['the same', user('a'), user('a'), []],
    ['a text', user('a'), user('b'), ['user.email']],
    ['the spelling of a text', user('&#228;&amp;'), user('ä&#38;'), []],
    ['a blank in a text', user('a'), user(' a'), ['user.email']],
    ['a further element', user('a'), user('a', '<new>1</new>'), ['user.new']],
    ['an element less', user('a', '<old>1</old>'), user('a'), ['user.old']],
    ['an attribute of an account', list(['a', '1'], ['b.c', '2']), list(['a', '1'], ['b.c', '3']), ['attributes.b.c']],
    ['the order of attributes', list(['a', '1'], ['b', '2']), list(['b', '2'], ['a', '1']), []],
    ['an attribute more', list(['a', '1']), list(['a', '1'], ['b', '2']), ['attributes.b']],
    [
      'one of several accounts',
      `<accounts><item>${user('a')}</item><item>${user('b')}</item></accounts>`,
      `<accounts><item>${user('a')}</item><item>${user('c')}</item></accounts>`,
      ['accounts.user.email'],
    ],
    ['an account less', '<accounts><item><a>1</a></item></accounts>', '<accounts/>', ['accounts']],
    ['an issued token', '<auth_token>one</auth_token>', '<auth_token>two</auth_token>', []],
    ['an issued token in place of none', '<ticket/>', '<ticket>two</ticket>', ['ticket']],
    ['an issued attribute', list(['x.api_token', '1']), list(['x.api_token', '2']), []],
    ['a digest', user(`a ${digest} b`), user('a anything b'), []],
    ['a digest in place of nothing', user(`a ${digest} b`), user('a  b'), ['user.email']],
    ['what is around a digest', user(`a ${digest} b`), user('a anything c'), ['user.email']],
  ])('%s', (_what, one, other, expected) => {
    expect(compare(document(one), document(other))).toEqual(expected);
  });
});

test.each<[string, string, string, string[]]>([
  ['nil and empty', soap('<user><name i:nil="true"/></user>'), soap('<user><name></name></user>'), ['user.name']],
  [
    'the type of an element',
    soap('<user i:type="x"><name i:type="y">a</name></user>'),
    soap('<user><name>a</name></user>'),
    [],
  ],
  ['no document', 'one', 'two', ['reply']],
  ['a document in place of none', 'one', xml(''), ['status', 'reply']],
  ['half a document', '<response', '<response>', ['reply']],
  [
    'faults',
    '<e:Envelope><e:Body><e:Fault><faultcode>a</faultcode></e:Fault></e:Body></e:Envelope>',
    '<e:Envelope><e:Body><e:Fault><faultcode>b</faultcode></e:Fault></e:Body></e:Envelope>',
    ['Fault.faultcode'],
  ],
])('%s', (_what, one, other, expected) => {
  expect(compare(one, other).sort()).toEqual(expected.sort());
});

test('the HTTP status', () => expect(compare(xml(''), xml(''), 503)).toEqual(['http_status']));
