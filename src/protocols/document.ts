import { XMLParser } from 'fast-xml-parser';
import { SaxesParser } from 'saxes';
import { create } from 'xmlbuilder2';
import type { XMLBuilder } from 'xmlbuilder2/lib/interfaces.js';
import { FORBIDDEN } from '../call.js';
import { Fault } from '../fault.js';

/** An element of a request. */
export interface XmlElement {
  /** The name without its prefix. */
  readonly local: string;
  readonly namespace: string | undefined;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** The character data directly in the element, nothing trimmed, comments left out. */
  readonly text: string;
}

export interface XmlAttribute {
  readonly local: string;
  readonly namespace: string | undefined;
  readonly value: string;
}

/** An element of a reply. */
export interface XmlNode {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly content: string | readonly XmlNode[];
}

const ATTRIBUTES = 64;
const EXPLANATION_LENGTH = 200;

/**
 * The root element of an XML 1.0 document. Throws a `malformed` Fault that names line and column where the text is
 * ill-formed, has a DOCTYPE, is nested deeper than `depth` or has an element with more than 64 attributes. With
 * `namespaces`, a prefix that is bound to nothing is ill-formed too.
 */
export function readDocument(text: string, options: { depth: number; namespaces: boolean }): XmlElement {
  gate(text, options);
  const [root] = elements(parser.parse(text), new Map([['xml', 'http://www.w3.org/XML/1998/namespace']]));
  if (!root) throw new Fault('malformed', { explanation: 'no XML element' });
  return root;
}

/** Refuses while reading, so that neither depth nor length of a hostile document costs anything. */
function gate(text: string, { depth, namespaces }: { depth: number; namespaces: boolean }): void {
  const saxes = new SaxesParser({ xmlns: namespaces });
  const refuse = (what: string): never => {
    const place = `line ${saxes.line}, column ${saxes.column}`;
    throw new Fault('malformed', { explanation: `${what} at ${place}`.slice(0, EXPLANATION_LENGTH) });
  };
  let open = 0;
  let attributes = 0;
  saxes.on('error', (error) =>
    refuse(`ill-formed XML (${error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '')})`),
  );
  saxes.on('doctype', () => refuse('a DOCTYPE'));
  saxes.on('opentagstart', () => {
    attributes = 0;
    open += 1;
    if (open > depth) refuse(`more than ${depth} levels of XML`);
  });
  saxes.on('attribute', () => {
    attributes += 1;
    if (attributes > ATTRIBUTES) refuse(`more than ${ATTRIBUTES} attributes`);
  });
  saxes.on('closetag', () => {
    open -= 1;
  });
  saxes.write(text).close();
}

/** In front of every name, so that an element called `__proto__` or `constructor` is a name like any other. */
const MARK = '.';
const TEXT = '#text';
const CDATA = '#cdata';
const ATTRIBUTE_GROUP = ':@';

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  textNodeName: TEXT,
  cdataPropName: CDATA,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  // Decodes character references; the names of HTML that come along never get here, the gate knows only XML's five.
  htmlEntities: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: Number.MAX_SAFE_INTEGER,
  transformTagName: (name) => MARK + name,
  transformAttributeName: (name) => MARK + name,
});

type Scope = ReadonlyMap<string, string>;

/** The elements among what the parser gives for the inside of an element: a list of records with one name each. */
function elements(nodes: unknown, outer: Scope): XmlElement[] {
  return entries(nodes).flatMap(({ name, inside, attributes }) => {
    if (!name.startsWith(MARK)) return [];
    const scope = scopeOf(attributes, outer);
    return {
      ...qualify(name, scope, scope.get('')),
      attributes: attributes.map(([key, value]) => ({ ...qualify(key, scope, undefined), value })),
      children: elements(inside, scope),
      text: textIn(inside),
    };
  });
}

function textIn(nodes: unknown): string {
  return entries(nodes)
    .map(({ name, inside }) => (name === TEXT ? String(inside) : name === CDATA ? textIn(inside) : ''))
    .join('');
}

function entries(nodes: unknown): { name: string; inside: unknown; attributes: [string, string][] }[] {
  if (!Array.isArray(nodes)) return [];
  return nodes.map((node: Record<string, unknown>) => {
    const name = Object.keys(node).find((key) => key !== ATTRIBUTE_GROUP) ?? '';
    const attributes = Object.entries(node[ATTRIBUTE_GROUP] ?? {}).map(([key, value]): [string, string] => [
      key,
      `${value}`,
    ]);
    return { name, inside: node[name], attributes };
  });
}

function scopeOf(attributes: readonly [string, string][], outer: Scope): Scope {
  const own = attributes
    .map(([key, uri]) => [unmarked(key), uri] as const)
    .filter(([key]) => key === 'xmlns' || key.startsWith('xmlns:'))
    .map(([key, uri]) => [key.slice('xmlns:'.length), uri] as const);
  return own.length === 0 ? outer : new Map([...outer, ...own]);
}

function qualify(marked: string, scope: Scope, unprefixed: string | undefined) {
  const name = unmarked(marked);
  const colon = name.indexOf(':');
  if (colon < 0) return { local: name, namespace: unprefixed };
  return { local: name.slice(colon + 1), namespace: scope.get(name.slice(0, colon)) };
}

/** fast-xml-parser marks the name of an empty element twice; no XML name begins with the mark. */
function unmarked(name: string): string {
  return name.replace(/^\.+/, '');
}

/** The document of a reply, without a declaration and without white space between elements. */
export function writeDocument(root: XmlNode): string {
  const document = create();
  append(document, root);
  return document.end({ headless: true });
}

function append(parent: XMLBuilder, node: XmlNode): void {
  const element = parent.ele(node.name, carriableAll(node.attributes ?? {}));
  if (typeof node.content !== 'string') for (const child of node.content) append(element, child);
  else if (node.content !== '') element.txt(carriable(node.content));
}

function carriableAll(attributes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, carriable(value)]));
}

const ALL_FORBIDDEN = new RegExp(FORBIDDEN, 'gu');

/**
 * What xmlbuilder2 leaves to do: it takes an ampersand in front of a name and a semicolon for an entity, lets
 * characters through that XML cannot carry, and a carriage return would come out as a line feed.
 */
function carriable(text: string): string {
  return text.replace(ALL_FORBIDDEN, '').replaceAll('&', '&amp;').replaceAll('\r', '&#13;');
}
