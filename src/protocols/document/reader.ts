import { XMLParser } from 'fast-xml-parser';
import { Fault } from '../../core/fault.js';
import { assertWellFormed } from './validator.js';

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

/**
 * The root element of an XML 1.0 document. Throws a `malformed` Fault that names line and column where the text is
 * ill-formed, has a DOCTYPE, is nested deeper than `depth`, or has more than 4,096 elements or one with more than 64
 * attributes. With `namespaces`, a document that is not namespace-well-formed is ill-formed too.
 */
export function readDocument(text: string, options: { depth: number; namespaces: boolean }): XmlElement {
  const document = text.replace(/\r\n?/g, '\n');
  assertWellFormed(document, options);
  const [root] = contentOf(parser.parse(normalizeForParser(document)), xmlScope).children;
  if (!root) throw new Fault('malformed', { explanation: 'no XML element' });
  return root;
}

/** Markup of a well-formed document, where a `<` stands nowhere else, and the zeros in front of a character's number. */
const PIECES = /<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>|<[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*>|&#x?0+/gs;

/**
 * The same document in words that fast-xml-parser reads right. It takes a quote in a processing instruction for the
 * beginning of a value, keeps line feeds in attributes, does not decode `&#` with thirty zeros, and two letters of
 * names for white space.
 */
function normalizeForParser(document: string): string {
  return document.replace(PIECES, (piece) => {
    if (piece.startsWith('<![')) return piece;
    if (/^<[!?]/.test(piece)) return '';
    return maskWhiteSpaceLetters(piece.replace(/[\t\n]/g, ' ').replace(/&#(x?)0+/g, '&#$1'));
  });
}

/** Two characters that XML cannot carry stand for the two of XML's names that JavaScript counts as white space. */
function maskWhiteSpaceLetters(markup: string): string {
  return markup.replaceAll('\u1680', '\uFFFE').replaceAll('\uFEFF', '\uFFFF');
}

function unmaskWhiteSpaceLetters(text: string): string {
  return /[\uFFFE\uFFFF]/.test(text) ? text.replaceAll('\uFFFE', '\u1680').replaceAll('\uFFFF', '\uFEFF') : text;
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
  // Else every element costs a text of its whole path.
  jPath: false,
  transformTagName: (name) => MARK + name,
  transformAttributeName: (name) => MARK + name,
});

/** The namespace that a prefix stands for. */
type Scope = (prefix: string) => string | undefined;

const xmlScope: Scope = (prefix) => (prefix === 'xml' ? 'http://www.w3.org/XML/1998/namespace' : undefined);

/** What stands in an element, for which the parser gives a list of records with one name each. */
function contentOf(inner: unknown, outer: Scope): Pick<XmlElement, 'children' | 'text'> {
  const nodes: readonly Readonly<Record<string, unknown>>[] = Array.isArray(inner) ? inner : [];
  const children: XmlElement[] = [];
  let text = '';
  for (const node of nodes) {
    const [name, inside] = Object.entries(node).find(([key]) => key !== ATTRIBUTE_GROUP) ?? ['', undefined];
    if (name === TEXT) text += String(inside);
    else if (name === CDATA) text += contentOf(inside, outer).text;
    else children.push(elementOf(unmarked(name), attributesIn(node[ATTRIBUTE_GROUP]), inside, outer));
  }
  return { children, text };
}

function elementOf(name: string, own: readonly [string, string][], inside: unknown, outer: Scope): XmlElement {
  const scope = scopeOf(own, outer);
  const { local, namespace } = qualify(name, scope, scope(''));
  const attributes = own.map(([key, value]) => ({ ...qualify(key, scope, undefined), value }));
  const { children, text } = contentOf(inside, scope);
  return { local, namespace, attributes, children, text };
}

function attributesIn(group: unknown): [string, string][] {
  return Object.entries(group ?? {}).map(([key, value]) => [unmarked(key), unmaskWhiteSpaceLetters(`${value}`)]);
}

function scopeOf(attributes: readonly [string, string][], outer: Scope): Scope {
  if (attributes.length === 0) return outer;
  const own = new Map(
    attributes
      .filter(([key]) => key === 'xmlns' || key.startsWith('xmlns:'))
      .map(([key, uri]) => [key.slice('xmlns:'.length), uri || undefined]),
  );
  return own.size === 0 ? outer : (prefix) => (own.has(prefix) ? own.get(prefix) : outer(prefix));
}

function qualify(name: string, scope: Scope, unprefixed: string | undefined) {
  const colon = name.indexOf(':');
  if (colon < 0) return { local: name, namespace: unprefixed };
  return { local: name.slice(colon + 1), namespace: scope(name.slice(0, colon)) };
}

/** fast-xml-parser marks the name of an empty element twice; no XML name begins with the mark. */
function unmarked(name: string): string {
  return unmaskWhiteSpaceLetters(name.replace(/^\.+/, ''));
}
