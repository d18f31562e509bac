import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SaxesParser } from 'saxes';
import { createClientAsync } from 'soap';
import { FORBIDDEN } from '../../src/core/call.js';
import type { Listener } from '../../src/http/listener.js';
import { anyText } from '../support/any-text.js';
import { fc } from '../support/cases/properties.js';
import { call, formats } from '../support/clients/legacy.js';
import { startBridge } from '../support/servers/bridge.js';
import { startUpstream, type Upstream } from '../support/servers/upstream.js';

let upstream: Upstream;
let bridge: Listener;
/** What the modern API replies. */
let reply: () => string;

beforeAll(async () => {
  upstream = await startUpstream((request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    request.resume().on('end', () => response.end(reply()));
  });
  bridge = await startBridge({ applications: [{ api_key: 'previsto', provider: 'previsto', base_url: upstream.url }] });
});
afterAll(async () => {
  await bridge.close();
  await upstream.close();
});

describe('every leaf of any modern reply', () => {
  /** A JSON value as it is written, so that nothing is lost before it is sent. */
  type Node =
    | { readonly written: string; readonly value: string | null }
    | { readonly list: readonly Node[] }
    | { readonly record: readonly (readonly [key: string, node: Node])[] };
  interface Leaf {
    readonly name: string;
    readonly value: string | null;
  }

  const literal = (written: string, value: string | null = written): Node => ({ written, value });
  const quoted = (text: string) => literal(JSON.stringify(text), text);

  const numbers =
    '0 -0 7 -1 0.1 1.50 1e400 -1E-400 1.0e+2 9007199254740993 18446744073709551615 123456789012345678901234567890';
  const oddKeys = [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '',
    '.',
    'a.b',
    '0',
    'ünïcode ☃',
    '<a> & "b"',
    ' ',
    ']]>',
  ];
  const text = fc.oneof(anyText(), fc.string({ unit: 'grapheme' }), fc.constantFrom('', ' a ', 'null'));
  const key = fc.oneof(fc.constantFrom(...oddKeys), fc.string({ unit: 'grapheme', maxLength: 8 }));
  const number = fc.oneof(fc.constantFrom(...numbers.split(' ')), fc.bigInt().map(String));

  const { record } = fc.letrec<{ node: Node; record: Node; list: Node }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom(literal('null', null), literal('true'), literal('false')),
      number.map((digits) => literal(digits)),
      text.map(quoted),
      tie('record'),
      tie('list'),
    ),
    list: fc.array(tie('node'), { maxLength: 4 }).map((list) => ({ list })),
    record: fc
      .uniqueArray(fc.tuple(key, tie('node')), { maxLength: 5, selector: ([name]) => name })
      .map((entries) => ({ record: entries })),
  }));

  /** An account wants an id; whatever else it has is of any kind. */
  const account = record.map((all): Node => {
    const entries = 'record' in all ? all.record.filter(([name]) => name !== 'id') : [];
    return { record: [['id', quoted('acct_1')], ...entries] };
  });

  function written(value: Node): string {
    if ('written' in value) return value.written;
    if ('list' in value) return `[${value.list.map(written).join(', ')}]`;
    return `{${value.record.map(([name, child]) => `${JSON.stringify(name)}: ${written(child)}`).join(', ')}}`;
  }

  function leaves(value: Node, path: readonly string[] = []): Leaf[] {
    if ('written' in value) return [{ name: path.join('.'), value: value.value }];
    const children = 'list' in value ? value.list.map((child, index) => [`${index}`, child] as const) : value.record;
    if (children.length === 0) return [{ name: path.join('.'), value: '' }];
    return children.flatMap(([name, child]) => leaves(child, [...path, name]));
  }

  const representable = (text: string) => [...text].filter((character) => !FORBIDDEN.test(character)).join('');
  const sorted = (some: readonly Leaf[]) => some.map(({ name, value }) => JSON.stringify([name, value])).sort();

  /** The items below `attributes`, read by a parser that the bridge does not read requests with. */
  function attributesIn(document: string): Leaf[] {
    const found: { name: string; value: string | null }[] = [];
    const open: string[] = [];
    let now = '';
    let isNil = false;
    const parser = new SaxesParser({ xmlns: true });
    parser.on('opentag', ({ local, attributes }) => {
      open.push(local);
      now = '';
      isNil = 'xsi:nil' in attributes;
      if (open.slice(-2).join('/') === 'attributes/item') found.push({ name: '', value: null });
    });
    parser.on('text', (piece) => {
      now += piece;
    });
    parser.on('closetag', ({ local }) => {
      const leaf = found.at(-1);
      const where = open.slice(-3).join('/');
      if (leaf && where === 'attributes/item/name') leaf.name = now;
      if (leaf && where === 'attributes/item/value') leaf.value = isNil ? null : now;
      expect(open.pop()).toBe(local);
      now = '';
    });
    parser.write(document).close();
    return found;
  }

  const own = { api_key: 'previsto', auth_token: 'sk_1' };
  const examples: [Node][] = [
    [{ record: [['id', quoted('1')], ...oddKeys.map((name) => [name, literal('18446744073709551615')] as const)] }],
    [
      {
        record: [
          ['id', quoted('1')],
          [
            '',
            {
              record: [
                ['', quoted('x')],
                ['a', { list: [] }],
              ],
            },
          ],
          ['a', literal('-0')],
        ],
      },
    ],
    [
      {
        record: [
          ['id', quoted('1')],
          ['__proto__', { record: [['__proto__', literal('null', null)]] }],
        ],
      },
    ],
    [
      {
        record: [
          ['id', quoted('1')],
          ['empty', { record: [] }],
          ['lone', quoted('a\uD800\0b')],
          ['cr', quoted('\r\n\r')],
        ],
      },
    ],
  ];

  test.each(formats)('comes back through %s', async (format) => {
    const property = fc.asyncProperty(account, async (value) => {
      reply = () => written(value);
      const document = await call(bridge.url, format, 'get_account_details', own);
      const expected = leaves(value).map((leaf) => ({
        name: representable(leaf.name),
        value: leaf.value === null ? (format === 'soap' ? null : '') : representable(leaf.value),
      }));
      expect(sorted(attributesIn(document))).toEqual(sorted(expected));
    });
    await fc.assert(property, { numRuns: 60, examples });
  });

  test('comes back to the client of the package soap', async () => {
    const options = { handleNilAsNull: true, preserveWhitespace: true, attributesKey: '$attributes' };
    const client = await createClientAsync(`${bridge.url}/api/1.0/soap?wsdl`, options);
    const property = fc.asyncProperty(account, async (value) => {
      reply = () => written(value);
      const [{ account: answer }] = await client.get_account_detailsAsync(own);
      const items: { name: unknown; value?: unknown }[] = [answer.attributes.item].flat();
      const found = items.map((item) => ({ name: textIn(item.name) ?? '', value: textIn(item.value) }));
      // The client takes a text of nothing but white space for an empty one.
      const seen = (text: string) => representable(text).replace(/^\s+$/, '');
      const expected = leaves(value).map((leaf) => ({
        name: seen(leaf.name),
        value: leaf.value === null ? null : seen(leaf.value),
      }));
      expect(sorted(found)).toEqual(sorted(expected));
    });
    await fc.assert(property, { numRuns: 60, examples });
  });

  /** The client gives a text with the attributes of its element, and nothing at all of a nil one. */
  function textIn(element: unknown): string | null {
    if (element === undefined || element === null) return null;
    return typeof element === 'object' ? `${'$value' in element ? element.$value : ''}` : `${element}`;
  }

  test.each(formats)('is counted where its path would make an answer beyond all measure: %s', async (format) => {
    const path = 'p'.repeat(300_000);
    reply = () => `{"id":"1","${path}":[${'1,'.repeat(20_000)}1]}`;
    const answer = await call(bridge.url, format, 'get_account_details', own);
    expect(answer.length).toBeLessThan(5000);
    expect(answer.replace(/ xsi:type="\w+:\w+"/g, '')).toContain(
      '<name>attributes_truncated</name><value>20001</value>',
    );
  });

  test.each(formats)('is no reply where it is nested beyond all measure: %s', async (format) => {
    for (const depth of [1000, 3000, 100_000]) {
      reply = () => `{"id":"1","a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
      expect(await call(bridge.url, format, 'get_account_details', own)).toContain('service_unavailable');
    }
  });
});
