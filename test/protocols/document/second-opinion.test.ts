import { expect, test } from '@jest/globals';
import { XMLParser } from 'fast-xml-parser';
import { readDocument, type XmlElement } from '../../../src/protocols/document/reader.js';
import { decodeBody } from '../../../src/shared/charset.js';
import { readRequest, wireCases } from '../../support/cases/wire.js';

/** A parser of another house: it takes more for XML than the strict one, and has to find the same in what both take. */
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  removeNSPrefix: true,
  cdataPropName: '#cdata',
  // It refuses elements called `__proto__`.
  transformTagName: (name) => `.${name}`,
});

type Found = readonly [local: string, text: string, ...children: unknown[]];

function foundIn(nodes: unknown): readonly [text: string, ...children: Found[]] {
  const children: Found[] = [];
  let text = '';
  for (const node of Array.isArray(nodes) ? nodes : []) {
    const [local = '', content] = Object.entries(node)[0] ?? [];
    if (local === '#text') text += String(content);
    else if (local === '#cdata') text += foundIn(content)[0];
    else children.push([local.replace(/^\.+/, ''), ...foundIn(content)]);
  }
  return [text, ...children];
}

const read = ({ local, text, children }: XmlElement): Found => [local, text, ...children.map(read)];

const examples = ['xml', 'soap'].flatMap((protocol) =>
  wireCases(protocol, 'request.http').map((example) => `${protocol}/${example}`),
);

test('there are examples', () => expect(examples.length).toBeGreaterThan(20));

test.each(examples)('%s is read as fast-xml-parser reads it', (example) => {
  const { body, contentType } = readRequest(`${example}/request.http`);
  let root: XmlElement;
  let text: string;
  try {
    text = decodeBody(body, contentType);
    root = readDocument(text, { depth: 32, namespaces: false });
  } catch {
    // What the strict reader refuses, the tests of its grammar judge.
    return;
  }
  const [, ...elements] = foundIn(parser.parse(text.replace(/\r\n?/g, '\n')));
  expect([read(root)]).toEqual(elements);
});
