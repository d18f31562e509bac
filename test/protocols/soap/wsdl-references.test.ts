import { describe, expect, test } from '@jest/globals';
import { type Action, actionNames, actions } from '../../../src/core/actions.js';
import { readDocument, type XmlElement } from '../../../src/protocols/document/reader.js';
import { openWsdl } from '../../../src/protocols/soap/wsdl.js';

const { textAt } = await openWsdl();
const served = { encoded: textAt('https://box.example.com'), literal: textAt('https://box.example.com', 'literal') };
type Style = keyof typeof served;
const styles: readonly Style[] = ['encoded', 'literal'];

const WSDL = 'http://schemas.xmlsoap.org/wsdl/';
const SOAP = 'http://schemas.xmlsoap.org/wsdl/soap/';
const XSD = 'http://www.w3.org/2001/XMLSchema';

const attributeOf = ({ attributes }: XmlElement, name: string) =>
  attributes.find(({ local, namespace }) => local === name && namespace === undefined)?.value;
const childrenOf = (element: XmlElement | undefined, name: string, namespace = WSDL) =>
  (element?.children ?? []).filter((child) => child.local === name && child.namespace === namespace);
const namesOf = (elements: readonly XmlElement[]) => elements.map((element) => attributeOf(element, 'name') ?? '');
const named = (elements: readonly XmlElement[], name: string) =>
  elements.find((element) => attributeOf(element, 'name') === name);
const everyElement = (element: XmlElement): XmlElement[] => [element, ...element.children.flatMap(everyElement)];

describe.each(styles)('the WSDL of %s', (style) => {
  const text = served[style];
  const definitions = readDocument(text, { depth: 32, namespaces: true });
  const prefixes = new Map([...text.matchAll(/xmlns:(\w+)="([^"]*)"/g)].map(([, prefix, uri]) => [prefix, uri]));
  const target = attributeOf(definitions, 'targetNamespace');
  const of = (name: string) => childrenOf(definitions, name);
  const schema = childrenOf(of('types')[0], 'schema', XSD)[0];
  const [portType] = of('portType');
  const [binding] = of('binding');

  /** What a name in the attribute of elements refers to, as `{namespace}local`. */
  const references = (elements: readonly XmlElement[], attribute: string) =>
    elements
      .map((element) => attributeOf(element, attribute))
      .filter((name) => name !== undefined)
      .map((name) => {
        const [, prefix, local] = /^(\w+):(\w+)$/.exec(name) ?? [];
        return `{${prefixes.get(prefix)}}${local}`;
      });
  const targets = (elements: readonly XmlElement[]) => namesOf(elements).map((name) => `{${target}}${name}`);
  const expectAll = (used: readonly string[], there: readonly string[]) => {
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((name) => !there.includes(name))).toEqual([]);
  };

  test('has one namespace, of its schema too', () => {
    expect(schema && attributeOf(schema, 'targetNamespace')).toBe(target);
  });

  test('needs nothing from elsewhere', () => {
    const everything = everyElement(definitions);
    expect(everything.filter(({ local }) => /^(import|include|redefine)$/.test(local))).toEqual([]);
    expect(everything.flatMap(({ attributes }) => attributes.map(({ local }) => local))).not.toContain(
      'schemaLocation',
    );
  });

  test('names nothing twice', () => {
    const groups = [
      ...['message', 'portType', 'binding', 'service'].map(of),
      ...of('message').map((message) => childrenOf(message, 'part')),
      ...[portType, binding].map((each) => childrenOf(each, 'operation')),
      ...['complexType', 'element'].map((kind) => childrenOf(schema, kind, XSD)),
    ];
    for (const names of groups.map(namesOf)) expect(new Set(names).size).toBe(names.length);
  });

  test('refers only to messages, types, elements, port types and bindings that exist', () => {
    const operations = childrenOf(portType, 'operation');
    const parts = of('message').flatMap((message) => childrenOf(message, 'part'));
    const types = [
      ...targets(childrenOf(schema, 'complexType', XSD)),
      ...['string', 'int', 'long', 'boolean', 'anyType'].map((simple) => `{${XSD}}${simple}`),
    ];
    expectAll(
      references(
        operations.flatMap(({ children }) => children),
        'message',
      ),
      targets(of('message')),
    );
    expectAll([...references(parts, 'type'), ...references(schema ? everyElement(schema) : [], 'type')], types);
    if (style === 'literal') expectAll(references(parts, 'element'), targets(childrenOf(schema, 'element', XSD)));
    expectAll(references(of('binding'), 'type'), targets(of('portType')));
    expectAll(references(childrenOf(of('service')[0], 'port'), 'binding'), targets(of('binding')));
  });

  test('binds every operation, with a SOAPAction of its own', () => {
    const bound = childrenOf(binding, 'operation');
    expect(namesOf(bound)).toEqual(namesOf(childrenOf(portType, 'operation')));
    const soapActions = bound.map((each) => attributeOf(childrenOf(each, 'operation', SOAP)[0] ?? each, 'soapAction'));
    expect(new Set(soapActions).size).toBe(bound.length);
    expect(bound.map(({ children }) => children.map(({ local }) => local))).toEqual(
      bound.map(() => ['operation', 'input', 'output']),
    );
  });

  test('has the address of the bridge', () => {
    expect(text.match(/location="[^"]*"/g)).toEqual(['location="https://box.example.com/api/1.0/soap"']);
  });
});

/** The elements that a literal message has, of the schema. */
function literalParts(name: string): XmlElement[] {
  const definitions = readDocument(served.literal, { depth: 32, namespaces: true });
  const schema = childrenOf(childrenOf(definitions, 'types')[0], 'schema', XSD)[0];
  const element = named(childrenOf(schema, 'element', XSD), name);
  return childrenOf(childrenOf(childrenOf(element, 'complexType', XSD)[0], 'sequence', XSD)[0], 'element', XSD);
}

function encodedParts(name: string): XmlElement[] {
  const definitions = readDocument(served.encoded, { depth: 32, namespaces: true });
  return childrenOf(named(childrenOf(definitions, 'message'), name), 'part');
}

const mayLack = (part: XmlElement) => [attributeOf(part, 'minOccurs'), attributeOf(part, 'nillable')];

describe.each(actionNames)('the literal WSDL on %s', (name) => {
  const { parameters }: Action = actions[name];

  test('has the parts of RPC, in order', () => {
    expect(namesOf(literalParts(name))).toEqual(namesOf(encodedParts(`${name}Request`)));
    expect(namesOf(literalParts(`${name}Response`))).toEqual(namesOf(encodedParts(`${name}Response`)));
  });

  test('requires what the action requires', () => {
    const [apiKey, ...others] = literalParts(name).map(mayLack);
    expect(apiKey).toEqual([undefined, undefined]);
    const expected = Object.values(parameters).map((need) =>
      need === 'required' ? [undefined, undefined] : ['0', 'true'],
    );
    expect(others).toEqual(expected);
  });

  test('requires the status, and nothing else', () => {
    const [status, ...others] = literalParts(`${name}Response`).map(mayLack);
    expect(status).toEqual([undefined, undefined]);
    expect(others).toEqual(others.map(() => ['0', 'true']));
  });
});
