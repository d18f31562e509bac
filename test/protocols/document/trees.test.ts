import { describe, expect, test } from '@jest/globals';
import { FORBIDDEN } from '../../../src/core/call.js';
import { readDocument, type XmlAttribute, type XmlElement } from '../../../src/protocols/document/reader.js';
import { anyText } from '../../support/any-text.js';
import { fc } from '../../support/cases/properties.js';
import { rounds } from '../../support/rounds.js';

const read = (document: string, namespaces: boolean) => readDocument(document, { depth: 32, namespaces });

describe('any tree in any syntax', () => {
  /** A piece of a document and the text it stands for. */
  interface Piece {
    readonly written: string;
    readonly text: string;
  }

  const oddNames = [
    ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__', 'length'],
    ...['text', 'cdata', 'xml', 'XML', '_', 'a-b.c_d·1', '_.', 'ü', 'e\u0301', '\u05D0', '\u4E00', '😀', '\u{EFFFF}'],
    ...['\u1680', 'a\u1680b', '\uFEFF', 'a\uFEFF', '\u200Ca\u203F', 'a'.repeat(300)],
  ];
  const start = fc.oneof(
    fc.constantFrom(...'aZ_éß'),
    ...[
      [0x0c0, 0x0d6],
      [0x370, 0x37d],
      [0x37f, 0x1fff],
      [0x2070, 0x218f],
      [0x3001, 0xd7ff],
      [0xfdf0, 0xfffd],
      [0x10000, 0xeffff],
    ].map(([min = 0, max = 0]) => fc.integer({ min, max }).map((code) => String.fromCodePoint(code))),
  );
  const follower = fc.oneof(start, fc.constantFrom('-', '.', '0', '9', '·', '\u0300', '\u036F', '\u203F', '\u2040'));
  const name = fc.oneof(
    fc.constantFrom(...oddNames),
    fc
      .tuple(start, fc.string({ unit: follower, maxLength: 6 }))
      .map((parts) => parts.join(''))
      .filter((made) => made !== 'xmlns'),
  );

  const unit = fc.oneof(
    fc.constantFrom(...`ab "'<>&]]--?!/=#;[{}`, '\t', '\n', '\r', '\r\n', '\x7F', '\x85', '\xA0', '\u1680', '\u2028'),
    fc.constantFrom('\uFEFF', '\uFFFD', ']]>', '-->', '?>', '<![CDATA[', '&amp;', '&#65;', '</a>', '__proto__'),
    anyText({ minLength: 1, maxLength: 1 }).filter((character) => !FORBIDDEN.test(character)),
  );
  const text = fc.string({ unit, maxLength: 12 });
  const lineFeeds = (written: string) => written.replace(/\r\n?/g, '\n');
  const nothing = (written: string): Piece => ({ written, text: '' });

  const space = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r\n', '\r'), maxLength: 3 });
  const someSpace = space.map((white) => white || ' ');
  const equals = fc.tuple(space, space).map(([before, after]) => `${before}=${after}`);

  const reference = fc.oneof(
    fc.constantFrom<Piece[]>(
      ...Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }).map(([entity, character]) => ({
        written: `&${entity};`,
        text: character,
      })),
    ),
    fc
      .tuple(
        unit.map((characters) => characters.codePointAt(0) ?? 0),
        fc.constantFrom(10, 16),
        fc.constantFrom(0, 0, 1, 40),
      )
      .map(([code, base, zeros]) => ({
        written: `&#${base === 16 ? 'x' : ''}${'0'.repeat(zeros)}${code.toString(base)};`,
        text: String.fromCodePoint(code),
      })),
  );
  const comment = text.map((inside) => nothing(`<!--${inside.replaceAll('-', '- ')}-->`));
  const instruction = fc
    .tuple(
      name.filter((target) => target.toLowerCase() !== 'xml'),
      someSpace,
      text,
    )
    .map(([target, white, inside]) => nothing(`<?${target}${white}${inside.replaceAll('?>', '? >')}?>`));
  const section = text
    .map((inside) => inside.replaceAll(']]>', ']] >'))
    .map((inside) => ({ written: `<![CDATA[${inside}]]>`, text: lineFeeds(inside) }));
  const bare = text
    .map((inside) => inside.replace(/[<&]/g, '').replaceAll(']]>', '] ]>'))
    .map((inside) => ({ written: inside, text: lineFeeds(inside) }));

  const attribute = fc
    .tuple(name, equals, fc.constantFrom('"', "'"), fc.array(fc.tuple(text, reference), { maxLength: 3 }), someSpace)
    .map(([local, between, quote, parts, white]) => {
      const pieces = parts.flatMap(([inside, decoded]): Piece[] => {
        const written = inside.replace(/[<&]/g, '').replaceAll(quote, '');
        return [{ written, text: lineFeeds(written).replace(/[\t\n]/g, ' ') }, decoded];
      });
      return {
        written: `${white}${local}${between}${quote}${pieces.map((piece) => piece.written).join('')}${quote}`,
        read: { local, namespace: undefined, value: pieces.map((piece) => piece.text).join('') },
      };
    });
  const attributes = fc.uniqueArray(attribute, { maxLength: 4, selector: ({ read: { local } }) => local });

  interface Tree {
    readonly written: string;
    readonly read: XmlElement;
  }

  const { tree } = fc.letrec<{ tree: Tree }>((tie) => {
    const markup = fc.oneof(
      { maxDepth: 5 },
      fc.oneof(reference, comment, instruction, section),
      tie('tree').map((child) => ({ ...child, text: '' })),
    );
    return {
      tree: fc
        .tuple(name, attributes, space, fc.array(fc.tuple(bare, markup), { maxLength: 4 }), fc.boolean())
        .map(([local, own, white, parts, isShort]): Tree => {
          const pieces = parts.flat();
          const opening = `<${local}${own.map(({ written }) => written).join('')}${white}`;
          const inside = pieces.map(({ written }) => written).join('');
          const read: XmlElement = {
            local,
            namespace: undefined,
            attributes: own.map((one): XmlAttribute => one.read),
            children: pieces.flatMap((piece) => ('read' in piece ? [piece.read] : [])),
            text: pieces.map((piece) => piece.text).join(''),
          };
          const written = isShort && inside === '' ? `${opening}/>` : `${opening}>${inside}</${local}${white}>`;
          return { written, read };
        }),
    };
  });

  const around = fc
    .array(fc.oneof(comment, instruction, space.map(nothing)), { maxLength: 3 })
    .map((pieces) => pieces.map(({ written }) => written).join(''));
  const declaration = fc.constantFrom('', '\uFEFF', "<?xml version='1.0'?>", '<?xml version="1.1" encoding="UTF-8" ?>');

  test.each([false, true])('is read, namespaces: %s', (namespaces) => {
    const property = fc.property(declaration, around, tree, around, (declared, before, root, after) => {
      expect(read(declared + before + root.written + after, namespaces)).toEqual(root.read);
    });
    fc.assert(property, { numRuns: rounds(200, 600) });
  });
});

describe('reads the text of', () => {
  test.each<[string, string, string]>([
    ['several sections', '<a>x<![CDATA[<&]]>y<![CDATA[]]]]><![CDATA[>]]></a>', 'x<&y]]>'],
    ['references', '<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x1F600;</a>', '<>&"\'A😀'],
    ['a reference once', '<a>&amp;lt;&#38;lt;&#38;#60;</a>', '&lt;&lt;&#60;'],
    ['a reference with many zeros', `<a>&#${'0'.repeat(50)}65;&#x${'0'.repeat(50)}41;</a>`, 'AA'],
    ['ten thousand references', `<a>${'&#65;'.repeat(10000)}</a>`, 'A'.repeat(10000)],
    ['ten thousand entities', `<a>${'&amp;'.repeat(10000)}</a>`, '&'.repeat(10000)],
    ['what looks like a reference in a section', '<a><![CDATA[&#065;&amp;&nbsp;]]></a>', '&#065;&amp;&nbsp;'],
    ['what looks like a tag in a section', '<a><![CDATA[<b c="\n">]]></a>', '<b c="\n">'],
    ['every line end', '<a>1\r\n2\r3\n4\r\r5\n\r6</a>', '1\n2\n3\n4\n\n5\n\n6'],
    ['a carriage return that is written as a reference', '<a>&#13;\r\n&#xD;&#10;</a>', '\r\n\r\n'],
    ['line ends of another version', '<?xml version="1.1"?><a>\x85\u2028</a>', '\x85\u2028'],
    ['white space', '<a> \n\t </a>', ' \n\t '],
    ['digits', '<a>00123.0</a>', '00123.0'],
    ['literals of other languages', '<a>true</a>', 'true'],
    ['comments in between', '<a>x<!-- y -->z<!-->-->w</a>', 'xzw'],
    ['instructions in between', '<a>x<?p y?>z</a>', 'xz'],
    ['quotes in instructions', `<a>x<?p '?>y<?p "?>z</a>`, 'xyz'],
    ['an instruction with a version', '<a><?p version="1.1"?>x</a>', 'x'],
    ['a greater-than sign and quotes', `<a>">'/></a>`, `">'/>`],
    ['an ideographic space', '<a>\u3000\uFEFF\u1680\xA0</a>', '\u3000\uFEFF\u1680\xA0'],
  ])('%s', (_what, document, text) => {
    expect(read(document, false)).toEqual({ local: 'a', namespace: undefined, attributes: [], children: [], text });
  });

  test.each<[string, string, string]>([
    ['white space for a space', '<a b=" 1\t2\n3\r\n4\r5 "/>', ' 1 2 3 4 5 '],
    ['white space that is written as references', '<a b="&#9;&#10;&#13;"/>', '\t\n\r'],
    ['the end of a tag', `<a b="/>"/>`, '/>'],
    ['the other quotes', `<a b='"'/>`, '"'],
    ['references', '<a b="&lt;&#0065;&amp;amp;"/>', '<A&amp;'],
    ['what looks like an attribute', `<a b="c='d' e=f"/>`, `c='d' e=f`],
    ['letters that JavaScript takes for white space', '<a b="\u1680\uFEFF\u3000"/>', '\u1680\uFEFF\u3000'],
  ])('an attribute: %s', (_what, document, value) => {
    expect(read(document, false).attributes).toEqual([{ local: 'b', namespace: undefined, value }]);
  });
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype', '__defineSetter__'])(
  'reads %s as a name like any other',
  (name) => {
    const document = `<${name} ${name}="1"><${name}/><${name}:${name} xmlns:${name}="u" ${name}:${name}="2"/></${name}>`;
    const own = { local: name, namespace: undefined };
    expect(read(document, true)).toEqual({
      ...own,
      attributes: [{ ...own, value: '1' }],
      children: [
        { ...own, attributes: [], children: [], text: '' },
        {
          local: name,
          namespace: 'u',
          attributes: [
            { ...own, value: 'u' },
            { local: name, namespace: 'u', value: '2' },
          ],
          children: [],
          text: '',
        },
      ],
      text: '',
    });
  },
);

test('looks for a prefix from the inside out', () => {
  const root = read(
    '<p:a xmlns:p="u" xmlns="d"><p:b xmlns:p="v"><p:c/><c xmlns=""/></p:b><p:c/><c xml:x=""/></p:a>',
    true,
  );
  const names = ({ local, namespace, children }: XmlElement): unknown => [local, namespace, ...children.map(names)];
  expect(names(root)).toEqual(['a', 'u', ['b', 'v', ['c', 'v'], ['c', undefined]], ['c', 'u'], ['c', 'd']]);
});
