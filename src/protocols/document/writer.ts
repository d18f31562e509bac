import { create } from 'xmlbuilder2';
import type { XMLBuilder } from 'xmlbuilder2/lib/interfaces.js';
import { FORBIDDEN } from '../../core/call.js';
import type { Reply } from './reply.js';

/** An element to be written. */
export interface XmlNode {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly content: string | readonly XmlNode[];
}

/** Serializes an element, without an XML declaration and without white space between elements. */
export function writeNode(root: XmlNode): string {
  const document = create();
  append(document, root);
  return document.end({ headless: true });
}

function append(parent: XMLBuilder, node: XmlNode): void {
  const element = parent.ele(node.name, escapeAttributes(node.attributes ?? {}));
  if (typeof node.content !== 'string') for (const child of node.content) append(element, child);
  else if (node.content !== '') element.txt(prepareForBuilder(node.content));
}

function escapeAttributes(attributes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, prepareForBuilder(value)]));
}

const ALL_FORBIDDEN = new RegExp(FORBIDDEN, 'gu');

/**
 * Does the escaping that xmlbuilder2 leaves to its caller: it keeps `&name;` as an entity reference, passes characters
 * that XML cannot represent, and writes a bare carriage return, which parsers normalize to a line feed.
 */
function prepareForBuilder(text: string): string {
  return text.replace(ALL_FORBIDDEN, '').replaceAll('&', '&amp;').replaceAll('\r', '&#13;');
}

/** Writes one element at the end of a reply, with different content each time. */
export interface ElementWriter {
  /** Around any text, which is escaped. */
  readonly text: (text: string, reply: Reply) => void;
  /** Begins the element around what other writers write, and gives what `end` takes. */
  readonly begin: (reply: Reply) => number;
  /** Ends it; without content, it is an empty element. */
  readonly end: (reply: Reply, begun: number) => void;
  /** Around no text, by a start tag and an end tag. */
  readonly emptyText: string;
}

/**
 * The writer of an element whose name and attributes do not change from reply to reply: xmlbuilder2 writes its tags once.
 * What a caller or a modern API sends goes into the content alone.
 */
export function createElementWriter(name: string, attributes: XmlNode['attributes'] = {}): ElementWriter {
  const [start = '', end = ''] = writeNode({ name, attributes, content: PLACEHOLDER }).split(`>${PLACEHOLDER}<`);
  const [startTag, endTag] = [`${start}>`, `<${end}`];
  const empty = writeNode({ name, attributes, content: '' });
  return {
    text: (content, reply) => {
      reply.add(content === '' ? empty : startTag);
      if (content === '') return;
      addText(content, reply);
      reply.add(endTag);
    },
    begin: (reply) => {
      reply.add(startTag);
      return reply.length();
    },
    end: (reply, begun) => {
      const isEmpty = reply.length() === begun;
      if (isEmpty) reply.takeBack(startTag.length);
      reply.add(isEmpty ? empty : endTag);
    },
    emptyText: startTag + endTag,
  };
}

/** Any text. */
const PLACEHOLDER = '…';

const NEEDS_ESCAPE = new RegExp(`[&<>\\r]|${FORBIDDEN.source}`, 'u');

/** Adds character data as xmlbuilder2 writes it, without the characters that XML cannot represent. */
function addText(text: string, reply: Reply): void {
  if (!NEEDS_ESCAPE.test(text)) {
    reply.add(text);
    return;
  }
  const allowed = text.replace(ALL_FORBIDDEN, '');
  for (let at = 0; at < allowed.length; ) {
    const end = endOfPiece(allowed, at + PIECE_LENGTH);
    reply.add(escapePiece(allowed.slice(at, end)));
    at = end;
  }
}

/** The end of a piece, not within a surrogate pair. */
function endOfPiece(text: string, end: number): number {
  const code = text.charCodeAt(end);
  return code >= FIRST_LOW_SURROGATE && code <= LAST_LOW_SURROGATE ? end + 1 : end;
}

const FIRST_LOW_SURROGATE = 0xdc00;
const LAST_LOW_SURROGATE = 0xdfff;

/** In pieces so short, what a long text of nothing else needs while it is escaped is soon collected. */
const PIECE_LENGTH = 1024;

/** Split and joined, a text of nothing else takes a third of the time of replaceAll. */
function escapePiece(text: string): string {
  return text.split('&').join('&amp;').split('<').join('&lt;').split('>').join('&gt;').split('\r').join('&#13;');
}
