import { type SaxesAttributeNS, SaxesParser } from 'saxes';
import { Fault } from '../../core/fault.js';

/** An element of a parsed document. */
export interface XmlElement {
  /** The name without its prefix. */
  readonly local: string;
  /** Undefined in no namespace, and wherever namespaces are not read. */
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

/** An element whose end has not been read yet. */
interface OpenElement extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

const MAX_ATTRIBUTES = 64;
/** No old client sends a hundred. */
const MAX_ELEMENTS = 4096;
const EXPLANATION_LENGTH = 200;

/**
 * Parses an XML 1.0 document, fifth edition, and gives its root element. Throws a `malformed` Fault with line and column
 * where the text is ill-formed, has a DOCTYPE, is nested deeper than `depth`, has more than 4,096 elements or an element
 * with more than 64 attributes. With `namespaces`, the document MUST be namespace-well-formed too. Rejects while
 * reading, so that neither depth nor length of a hostile document costs anything.
 */
export function readDocument(source: string, options: { depth: number; namespaces: boolean }): XmlElement {
  const { depth, namespaces } = options;
  const text = source.includes('\r') ? source.replace(/\r\n?/g, '\n') : source;
  // A document that declares version 1.1 or 1.9 is parsed as 1.0: https://www.w3.org/TR/xml/#sec-prolog-dtd.
  const saxes = new SaxesParser({ xmlns: namespaces, forceXMLVersion: true, defaultXMLVersion: '1.0' });
  const reject = (problem: string): never => {
    const position = `line ${saxes.line}, column ${saxes.column}`;
    throw new Fault('malformed', { explanation: `${problem} at ${position}`.slice(0, EXPLANATION_LENGTH) });
  };
  const rejectIllFormed = (problem: string) => reject(`ill-formed XML (${problem})`);

  const document: OpenElement = { local: '', namespace: undefined, attributes: [], children: [], text: '' };
  let current = document;
  const open = [document];
  let elements = 0;
  const addText = (characters: string) => {
    current.text += characters;
  };
  // At most six handlers: with a seventh, V8 makes a dictionary of the parser, which then takes four times as long.
  saxes.on('error', (error) => rejectIllFormed(error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '')));
  saxes.on('doctype', () => reject('a DOCTYPE'));
  saxes.on('text', addText);
  saxes.on('cdata', addText);
  saxes.on('opentag', ({ name, local, uri, attributes }) => {
    elements += 1;
    if (elements > MAX_ELEMENTS) reject(`more than ${MAX_ELEMENTS} elements`);
    if (open.length > depth) reject(`more than ${depth} levels of XML`);
    if (namespaces && INVALID_LOCAL_PART.test(name)) rejectIllFormed(`malformed name: ${name}`);
    const keys = Object.keys(attributes);
    if (keys.length > MAX_ATTRIBUTES) reject(`more than ${MAX_ATTRIBUTES} attributes`);
    const element: OpenElement = {
      local: local ?? localPart(name),
      namespace: uri || undefined,
      attributes: keys.map((key) => {
        if (namespaces && INVALID_LOCAL_PART.test(key)) rejectIllFormed(`malformed name: ${key}`);
        const value = attributes[key] ?? '';
        return typeof value === 'string'
          ? { local: localPart(key), namespace: undefined, value }
          : { local: value.local, namespace: namespaceOf(value), value: value.value };
      }),
      children: [],
      text: '',
    };
    current.children.push(element);
    current = element;
    open.push(element);
  });
  saxes.on('closetag', () => {
    open.pop();
    current = open.at(-1) ?? document;
  });
  // saxes accepts <?target?data?> as <?target ?data?>.
  if (INSTRUCTION.test(text)) {
    saxes.on('processinginstruction', ({ target, body }) => {
      if (body !== '' && text.endsWith(`<?${target}${body}?>`, saxes.position)) {
        rejectIllFormed('no white space after the target of a processing instruction');
      }
    });
  }
  // saxes accepts a lone surrogate with the code unit after it as one character.
  const loneSurrogate = text.search(/\p{Surrogate}/u);
  saxes.write(loneSurrogate < 0 ? text : text.slice(0, loneSurrogate));
  if (loneSurrogate >= 0) rejectIllFormed('half a surrogate pair');
  saxes.close();
  const [root] = document.children;
  if (!root) throw new Fault('malformed', { explanation: 'no XML element' });
  return root;
}

/** A declaration of a namespace is in none itself. */
function namespaceOf({ prefix, name, uri }: SaxesAttributeNS): string | undefined {
  return prefix === 'xmlns' || name === 'xmlns' ? undefined : uri || undefined;
}

function localPart(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** Anything that begins like a processing instruction, but for an XML declaration. */
const INSTRUCTION = /<\?(?!xml\s)/;

/** saxes accepts any name character at the start of a local part. */
const INVALID_LOCAL_PART = /:([-.\d\u00B7\u203F\u2040]|[\u0300-\u036F])/;
