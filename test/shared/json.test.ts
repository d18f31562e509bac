import { describe, expect, test } from '@jest/globals';
import { isLosslessNumber, parse } from 'lossless-json';
import { integerOf, isObject, leavesOf, leftOutOf, mapTexts, textOf } from '../../src/shared/json.js';
import { parseJson } from '../../src/shared/json-parser.js';
import { fc } from '../support/cases/properties.js';
import { rounds } from '../support/rounds.js';

/** Every leaf with its path and every digit of its text; undefined where the parser takes the text for no JSON. */
function leaves(parser: (text: string) => unknown, text: string): string[] | undefined {
  const walk = (value: unknown, path: string): string[] => {
    if (typeof value === 'number' || isLosslessNumber(value)) return [`${path} ${value}`];
    if (typeof value !== 'object' || value === null) return [`${path} ${JSON.stringify(value)}`];
    const children = Object.entries(value);
    return children.length === 0
      ? [`${path} empty`]
      : children.flatMap(([key, child]) => walk(child, `${path}/${key}`));
  };
  try {
    return walk(parser(text), '');
  } catch {
    return undefined;
  }
}

const actual = (text: string) => leaves(parseJson, text);
const reference = (text: string) =>
  leaves((each) => parse(each, null, { onDuplicateKey: ({ newValue }) => newValue }), text);

const numbers = fc.constantFrom(
  ...['0', '-0', '1', '-1', '1.0', '0.1', '-0.0', '1e3', '1E-7', '100000000000', '999999999999999', '1000000000000000'],
  ...['9007199254740993', '123456789012345678901234567890', '1.7976931348623159e309', '5e-324', '0e0', '10.50'],
);
const white = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
const strings = fc.oneof(
  fc.string().map((text) => JSON.stringify(text)),
  fc.constantFrom('"1.5"', '":-0"', '"[1e3"', '",123456789012345678"', '"\\u00e9\\n"', '"__proto__"', '"\\ud800"'),
);
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    numbers,
    strings,
    fc.constantFrom('true', 'false', 'null'),
    fc
      .array(fc.tuple(white, tie('json'), white), { maxLength: 4 })
      .map((items) => `[${items.map((item) => item.join('')).join(',')}]`),
    fc
      .array(fc.tuple(white, fc.oneof(strings, fc.constantFrom('"a"', '"b"')), white, tie('json')), { maxLength: 4 })
      .map((items) => `{${items.map(([w, key, v, child]) => `${w}${key}${v}:${v}${child}${w}`).join(',')}}`),
  ),
}));

describe('parseJson', () => {
  test('gives every digit of every number, as lossless-json does', () => {
    fc.assert(
      fc.property(white, json, white, (before, text, after) => {
        expect(actual(before + text + after)).toEqual(reference(before + text + after));
      }),
      { numRuns: rounds(1000, 5000) },
    );
  });

  test('takes for JSON what lossless-json does', () => {
    const edit = fc.tuple(json, fc.nat(), fc.constantFrom('', ' ', '0', '"', ',', '}', ']', '\\', '\n', 'e', '.', '-'));
    fc.assert(
      fc.property(edit, ([text, at, put]) => {
        const place = at % (text.length + 1);
        const edited = text.slice(0, place) + put + text.slice(place + 1);
        expect(actual(edited)).toEqual(reference(edited));
      }),
      { numRuns: rounds(1000, 5000) },
    );
  });

  test('refuses what is nested beyond 200 levels', () => {
    const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    expect(() => parseJson(nested(200))).not.toThrow();
    expect(() => parseJson(nested(202))).toThrow('200 levels');
    expect(() => parseJson(`[${'{},'.repeat(300)}1]`)).not.toThrow();
  });

  test.each<[string, readonly string[]]>([
    ['{"a":1,"b":2,"a":3}', ['a=1', 'a=3', 'b=2']],
    ['{"a" : 1, "a"\n:\t2}', ['a=1', 'a=2']],
    [
      '{"data":{"links":{"self":"x"},"links":{"related":"y"},"id":"1"}}',
      ['data.links.self=x', 'data.links.related=y', 'data.id=1'],
    ],
    ['[{"a":"\\":","a":null}]', ['0.a=":', '0.a=null']],
    ['{"a":1,"a":2,"a":1.5,"a":[]}', ['a=1', 'a=2', 'a=1.5', 'a=']],
    ['{"__proto__":1,"__proto__":2}', ['__proto__=1', '__proto__=2']],
  ])('keeps every value of a repeated key: %s', (text, expected) => {
    expect(leavesOf(parseJson(text)).leaves.map(({ name, value }) => `${name}=${value}`)).toEqual(expected);
  });

  test('of a repeated key, the last value counts', () => {
    expect(parseJson('{"a":{"b":1},"a":{"c":2}}')).toEqual({ a: { c: expect.anything() } });
    expect(parseJson('{"a":"1","a":"2"}')).toEqual({ a: '2' });
  });

  test('takes linear time for a key that is repeated without end', () => {
    const times = (count: number) => {
      const text = `{"of":{${Array.from({ length: count }, (_, index) => `"a":"${index}"`).join(',')}}}`;
      const value = parseJson(text);
      return leavesOf(value).leaves.length + (isObject(value) ? leftOutOf(value) : 0);
    };
    expect(times(100_000)).toBe(100_000);
  });

  test('gives as many leaves as are asked for, and counts the others', () => {
    const value = parseJson('{"a":1,"b":{"c":[2,3],"d":{},"e":[]},"b":{"f":4},"g":[[[5]]]}');
    const { leaves } = leavesOf(value);
    expect(leaves.map(({ name }) => name)).toEqual(['a', 'b.c.0', 'b.c.1', 'b.d', 'b.e', 'b.f', 'g.0.0.0']);
    for (let most = 0; most <= leaves.length; most += 1)
      expect(leavesOf(value, most)).toEqual({ leaves: leaves.slice(0, most), more: leaves.length - most });
  });

  test('builds no other value where no text is changed', () => {
    const value = parseJson('{"a":["b",{"c":1.50}],"d":["b"]}');
    expect(mapTexts(value, (text) => text)).toBe(value);
    expect(mapTexts(value, (text) => text.replace('1.50', '2'))).toEqual({ a: ['b', { c: '2' }], d: ['b'] });
  });

  test('takes a byte order mark, once', () => {
    expect(parseJson('\ufeff{"a":"b"}')).toEqual({ a: 'b' });
    expect(() => parseJson('\ufeff\ufeff{}')).toThrow();
  });

  test('numbers of either kind have texts, integers and leaves', () => {
    expect([textOf(parseJson('{"a":12}')), integerOf(12), integerOf(parseJson('12'))]).toEqual([undefined, 12n, 12n]);
    const long = parseJson(`{"a":[${'1'.repeat(1000)},${'1'.repeat(1001)}]}`);
    const [atMost, more] = isObject(long) && Array.isArray(long.a) ? long.a : [];
    expect([integerOf(atMost), integerOf(more)]).toEqual([BigInt('1'.repeat(1000)), undefined]);
    expect(leavesOf(parseJson('{"a":[12,12.50]}')).leaves).toEqual([
      { name: 'a.0', value: '12' },
      { name: 'a.1', value: '12.50' },
    ]);
  });

  describe('builds no more than it keeps', () => {
    const COUNT = 100_000;
    const many = (part: (n: number) => string) => Array.from({ length: COUNT }, (_, n) => part(n)).join(',');
    const kept = (text: string) => {
      const value = parseJson(text);
      if (!isObject(value)) throw new Error('no object');
      return { value, leaves: leavesOf(value).leaves.length, leftOut: leftOutOf(value) };
    };

    test.each<[string, string]>([
      ['numbers', `[${many(() => '0')}]`],
      ['fractions', `[${many((n) => `0.${n}`)}]`],
      ['texts', `[${many(() => '"\\n"')}]`],
      ['words', `[${many((n) => ['true', 'false', 'null'][n % 3] ?? '')}]`],
      ['empty lists', `[${many(() => '[]')}]`],
      ['lists', `[${many(() => '[[0]]')}]`],
      ['keys', `{${many((n) => `"${n}":0`)}}`],
      ['one key', `{${many(() => '"a":0')}}`],
      ['objects', `{${many((n) => `"${n}":{"a":0}`)}}`],
      ['empty objects', `{${many((n) => `"${n}":{}`)}}`],
    ])('%s, and counts the rest', (_what, text) => {
      const { value, leaves, leftOut } = kept(`{"first":"1","of":${text},"last":"2"}`);
      expect(leaves).toBeLessThan(text.startsWith('[') ? 9000 : 66_000);
      expect(leaves + leftOut).toBe(COUNT + 2);
      expect(value).toMatchObject({ first: '1', last: '2' });
      const { of } = value;
      expect(typeof of === 'object' && of !== null && !isLosslessNumber(of) && leftOutOf(of)).toBe(leftOut);
    });

    test('but keeps what is directly in the whole', () => {
      const own = (count: number) =>
        kept(`{${Array.from({ length: count }, (_, n) => `"${n}":0`).join(',')},"last":""}`);
      expect(own(60_000)).toMatchObject({ leaves: 60_001, leftOut: 0 });
      expect(() => own(70_000)).toThrow('65536 values');
    });

    test('but keeps each object in a list, with its own values', () => {
      const list = (accounts: number, values: number) => {
        const account = `{"id":"1","of":[${Array(values).fill('0').join(',')}],"email":"e"}`;
        return kept(`{"values":[${Array(accounts).fill(account).join(',')}]}`);
      };
      const { value, leaves, leftOut } = list(3, 20_000);
      expect(leaves + leftOut).toBe(3 * 20_002);
      const accounts = Array.isArray(value.values) ? value.values : [];
      expect(accounts.map((account) => leftOutOf(account))).toEqual(Array(3).fill(leftOut / 3));
      for (const account of accounts) expect(account).toMatchObject({ id: '1', email: 'e' });
      expect(list(9000, 2)).toMatchObject({ leaves: 36_000, leftOut: 0 });
      // Several thousand of them are read, or none.
      expect(() => list(COUNT, 0)).toThrow('65536 values');
      expect(() => list(20, 5000)).toThrow('65536 values');
    });

    test('and refuses what is no JSON in the rest too', () => {
      for (const wrong of ['[', '{', '01', '"\\x"', '"\n"', '1 2', 'nil', '{"a"}', '1,'])
        expect(() => parseJson(`{"of":[${many(() => '0')},${wrong}]}`)).toThrow(SyntaxError);
    });
  });
});
