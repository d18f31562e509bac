import { create } from 'xmlbuilder2';
import type { XMLBuilder } from 'xmlbuilder2/lib/interfaces.js';
import { FORBIDDEN } from '../../core/call.js';

/** An element to be written. */
export interface XmlNode {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly content: string | readonly XmlNode[];
}

/** Serializes a document, without an XML declaration and without white space between elements. */
export function writeDocument(root: XmlNode): string {
  const document = create();
  append(document, root);
  return document.end({ headless: true });
}

function append(parent: XMLBuilder, node: XmlNode): void {
  const element = parent.ele(node.name, escapeAttributes(node.attributes ?? {}));
  if (typeof node.content !== 'string') for (const child of node.content) append(element, child);
  else if (node.content !== '') element.txt(escapeForXml(node.content));
}

function escapeAttributes(attributes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, escapeForXml(value)]));
}

const ALL_FORBIDDEN = new RegExp(FORBIDDEN, 'gu');

/**
 * Does the escaping that xmlbuilder2 leaves to its caller: it keeps `&name;` as an entity reference, passes characters
 * that XML cannot represent, and writes a bare carriage return, which parsers normalize to a line feed.
 */
function escapeForXml(text: string): string {
  return text.replace(ALL_FORBIDDEN, '').replaceAll('&', '&amp;').replaceAll('\r', '&#13;');
}
