import { expect, test } from '@jest/globals';
import { readDocument } from '../../../src/protocols/document/reader.js';
import { createResolver } from '../../../src/protocols/soap/references.js';

const SOAP_12 = 'xmlns:e="http://www.w3.org/2003/05/soap-encoding"';
const XOP = 'xmlns:x="http://www.w3.org/2004/08/xop/include"';

const read = (xml: string) => readDocument(xml, { depth: 32, namespaces: true });

/** What the first element of a Body resolves to, by its text. */
function resolved(body: string, attachments: Readonly<Record<string, string>> = {}): string | undefined {
  const { children } = read(`<body>${body}</body>`);
  const [first] = children;
  return first && createResolver(children, (contentId) => attachments[contentId])(first).text;
}

test.each<[body: string, text: string]>([
  ['<a href="#i">own</a><m id="i">other</m>', 'other'],
  ['<a href="#i">own</a><m><n><o id="i">deep</o></n></m>', 'deep'],
  ['<a href="i">own</a><m id="i">other</m>', 'other'],
  ['<a href="#i">own</a><m id="#i">other</m>', 'own'],
  ['<a href="i#">own</a><m id="i">other</m>', 'own'],
  [`<a ${SOAP_12} e:ref="i">own</a><m ${SOAP_12} e:id="i">other</m>`, 'other'],
  ['<a ref="i">own</a><m id="i">other</m>', 'own'],
  ['<a xmlns:o="urn:other" o:href="#i">own</a><m id="i">other</m>', 'own'],
  ['<a href="#i">own</a><m xmlns:o="urn:other" o:id="i">other</m>', 'own'],
  ['<a href="#none">own</a><m id="i">other</m>', 'own'],
  ['<a>own</a><m id="i">other</m>', 'own'],
  ['<a id="i" href="#i">own</a>', 'own'],
])('%s stands for %s', (body, text) => {
  expect(resolved(body)).toBe(text);
});

test.each<[body: string, text: string]>([
  ['<a href="cid:part">own</a>', 'attached'],
  ['<a href="CID:part">own</a>', 'attached'],
  ['<a href="cid:p%61rt">own</a>', 'attached'],
  ['<a href="cid:%zz">own</a>', 'odd'],
  ['<a href="cid:%61">own</a>', 'escaped'],
  ['<a href="cid:none">own</a><m id="cid:none">other</m>', 'own'],
  ['<a href="acid:part">own</a>', 'own'],
  [`<a>own<x:Include ${XOP} href="cid:part"/></a>`, 'attached'],
  [`<a>own<x:include ${XOP} href="cid:part"/></a>`, 'own'],
  ['<a>own<Include href="cid:part"/></a>', 'own'],
  [`<a>own<x:Include ${XOP} href="cid:part"/><b/></a>`, 'own'],
  [`<a>own<x:Include ${XOP}/></a>`, 'own'],
])('of attachments, %s stands for %s', (body, text) => {
  expect(resolved(body, { part: 'attached', '%zz': 'odd', '%61': 'escaped', a: 'unescaped' })).toBe(text);
});

test('an attachment takes the place of what is in the element, and keeps its name', () => {
  const element = read(`<a href="cid:part"><b/></a>`);
  expect(createResolver([], () => 'attached')(element)).toEqual({
    ...element,
    attributes: [],
    children: [],
    text: 'attached',
  });
});

test.each<[what: string, children: number, most: number]>([
  ['values without children', 0, 256],
  ['values with one', 1, 256],
  ['lists', 64, 4],
  ['lists that are long', 200, 1],
])('of references to %s, %d items each, there may be %d', (_what, children, most) => {
  const [value, reference] = read(`<b><m id="i">${'<c/>'.repeat(children)}</m><a href="#i"/></b>`).children;
  if (!value || !reference) throw new Error('not read');
  const resolve = createResolver([value], () => undefined);
  for (let n = 0; n < most; n++) expect(resolve(reference)).toBe(value);
  // What refers to nothing costs nothing.
  resolve(value);
  expect(() => resolve(reference)).toThrow(
    expect.objectContaining({ reason: 'malformed', explanation: 'too many references' }),
  );
});
