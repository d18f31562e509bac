import { XMLParser } from 'fast-xml-parser';
import { Fault } from '../../core/fault.js';
import { assertWellFormed } from './validator.js';

/** An element of a parsed document. */
export interface XmlElement {
  /** The name without its prefix. */
  readonly local: string;
  readonly namespace: string | undefined;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** The character data directly in the element, untrimmed, without comments. */
  readonly text: string;
}

export interface XmlAttribute {
  readonly local: string;
  readonly namespace: string | undefined;
  readonly value: string;
}

/**
 * Parses an XML 1.0 document and gives its root element. Throws a `malformed` Fault with line and column where the text
 * is ill-formed, has a DOCTYPE, is nested deeper than `depth`, has more than 4,096 elements or an element with more
 * than 64 attributes. With `namespaces`, the document MUST be namespace-well-formed too.
 */
export function readDocument(text: string, options: { depth: number; namespaces: boolean }): XmlElement {
  const document = text.replace(/\r\n?/g, '\n');
  assertWellFormed(document, options);
  const [root] = contentOf(parser.parse(normalizeForParser(document)), xmlScope).children;
  if (!root) throw new Fault('malformed', { explanation: 'no XML element' });
  return root;
}

/** The markup of a well-formed document, and the leading zeros of character references. */
const MARKUP = /<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>|<[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*>|&#x?0+/gs;

/**
 * An equivalent document that fast-xml-parser parses correctly. The parser takes a quote in a processing instruction
 * for the start of a value, keeps line feeds in attributes, does not decode a character reference with thirty leading
 * zeros, and takes two name characters for white space.
 */
function normalizeForParser(document: string): string {
  return document.replace(MARKUP, (piece) => {
    if (piece.startsWith('<![')) return piece;
    if (/^<[!?]/.test(piece)) return '';
    return maskWhiteSpaceLetters(piece.replace(/[\t\n]/g, ' ').replace(/&#(x?)0+/g, '&#$1'));
  });
}

/** Replaces the two name characters that JavaScript counts as white space by two that XML cannot represent. */
function maskWhiteSpaceLetters(markup: string): string {
  return markup.replaceAll('\u1680', '\uFFFE').replaceAll('\uFEFF', '\uFFFF');
}

function unmaskWhiteSpaceLetters(text: string): string {
  return /[\uFFFE\uFFFF]/.test(text) ? text.replaceAll('\uFFFE', '\u1680').replaceAll('\uFFFF', '\uFEFF') : text;
}

/** Prefixed to every name, so that `__proto__` and `constructor` are names like any other. */
const NAME_PREFIX = '.';
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
  // Decodes character references. The entities of HTML that it adds never occur: the validator accepts only XML's five.
  htmlEntities: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: Number.MAX_SAFE_INTEGER,
  // Otherwise the parser builds the path of every element as a string.
  jPath: false,
  transformTagName: (name) => NAME_PREFIX + name,
  transformAttributeName: (name) => NAME_PREFIX + name,
});

/** Resolves a prefix to its namespace. */
type Scope = (prefix: string) => string | undefined;

const xmlScope: Scope = (prefix) => (prefix === 'xml' ? 'http://www.w3.org/XML/1998/namespace' : undefined);

/** The content of an element. The parser gives it as a list of records, each with one name. */
function contentOf(content: unknown, outer: Scope): Pick<XmlElement, 'children' | 'text'> {
  const nodes: readonly Readonly<Record<string, unknown>>[] = Array.isArray(content) ? content : [];
  const children: XmlElement[] = [];
  let text = '';
  for (const node of nodes) {
    const [name, child] = Object.entries(node).find(([key]) => key !== ATTRIBUTE_GROUP) ?? ['', undefined];
    if (name === TEXT) text += String(child);
    else if (name === CDATA) text += contentOf(child, outer).text;
    else children.push(elementOf(withoutPrefix(name), attributesIn(node[ATTRIBUTE_GROUP]), child, outer));
  }
  return { children, text };
}

function elementOf(name: string, own: readonly [string, string][], content: unknown, outer: Scope): XmlElement {
  const scope = scopeOf(own, outer);
  const { local, namespace } = qualify(name, scope, scope(''));
  const attributes = own.map(([key, value]) => ({ ...qualify(key, scope, undefined), value }));
  const { children, text } = contentOf(content, scope);
  return { local, namespace, attributes, children, text };
}

function attributesIn(group: unknown): [string, string][] {
  return Object.entries(group ?? {}).map(([key, value]) => [withoutPrefix(key), unmaskWhiteSpaceLetters(`${value}`)]);
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

/** fast-xml-parser prefixes the name of an empty element twice; no XML name begins with the prefix. */
function withoutPrefix(name: string): string {
  return unmaskWhiteSpaceLetters(name.replace(/^\.+/, ''));
}
