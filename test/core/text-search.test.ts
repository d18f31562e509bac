import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { createMask } from '../../src/core/secrets.js';
import { createTextSearch } from '../../src/core/text-search.js';

/** What the search finds, in brackets, among texts that are found in their order. */
function marked(text: string, wanted: readonly string[]): string {
  const search = createTextSearch<string>();
  for (const each of wanted) search.add(each, each);
  return search.replaceIn(text, (found) => `[${found}]`);
}

/** The same with a pattern, whose alternatives are tried in their order too. */
function markedByPattern(text: string, wanted: readonly string[]): string {
  if (wanted.length === 0) return text;
  return text.replace(new RegExp(wanted.map((each) => `(${each})`).join('|'), 'gi'), (...match: string[]) => {
    const index = wanted.findIndex((_each, n) => match[n + 1] !== undefined);
    return `[${wanted[index]}]`;
  });
}

describe('a search for many texts', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'é', 'É', 'ß', '本'), maxLength: 40 });
  const wanted = fc.array(
    letters.filter((text) => text !== ''),
    { maxLength: 8 },
  );

  test('finds what a pattern finds', () => {
    fc.assert(
      fc.property(letters, wanted, (text, texts) => {
        expect(marked(text, texts)).toBe(markedByPattern(text, texts));
      }),
    );
  });

  test.each([
    ['the one that was added first', 'xabcx', ['ab', 'abc'], 'x[ab]cx'],
    ['the one that begins first', 'xabcx', ['bc', 'ab'], 'x[ab]cx'],
    ['one after the other', 'ababa', ['ab'], '[ab][ab]a'],
    ['at the end', 'xab', ['abc', 'ab'], 'x[ab]'],
    ['behind a character that has no single capital', 'straßeAB', ['ab'], 'straße[ab]'],
  ])('finds %s', (_what, text, texts, found) => {
    expect(marked(text, texts)).toBe(found);
  });

  test('leaves a text as it is where there is nothing to find', () => {
    expect(marked('nothing', [])).toBe('nothing');
    expect(marked('nothing', ['something'])).toBe('nothing');
  });

  test('takes an open one up to the next white space', () => {
    const search = createTextSearch<string>();
    search.add('secret', 'S', true);
    expect(search.replaceIn('a secret-that-goes-on\nand a secret', (value) => value)).toBe('a S\nand a S');
  });
});

describe('a thousand secrets', () => {
  test('are masked in a few steps for each character of a text, without a pattern that tries one after the other', () => {
    const secrets = Array.from({ length: 1000 }, (_, n) => `secret-value-${n}.`);
    const text = secrets.map((secret) => `"${secret}"`).join();
    const patterns = jest.spyOn(globalThis, 'RegExp');
    const steps = jest.spyOn(String.prototype, 'startsWith');
    try {
      expect(createMask(secrets)(text)).toBe(secrets.map(() => '"***"').join());
      expect(patterns.mock.calls.length).toBe(0);
      expect(steps.mock.calls.length).toBeLessThan(2 * text.length);
    } finally {
      patterns.mockRestore();
      steps.mockRestore();
    }
  });
});
