import { ParseOption, XmlDocument, XmlParseError } from 'libxml2-wasm';

/**
 * The root element of a document, read by libxml2, which the product does not use: what the product's own parser or
 * writer takes by mistake is no excuse here.
 *
 * @throws Error where the document is not well-formed, by XML 1.0 and Namespaces in XML 1.0.
 */
export function rootOf(document: string | Uint8Array): { local: string; uri: string } {
  const bytes = typeof document === 'string' ? Buffer.from(document) : document;
  const tree = parse(bytes);
  try {
    return { local: tree.root.name, uri: tree.root.namespaceUri };
  } finally {
    tree.dispose();
  }
}

/** A caller's namespace may be any text: to Namespaces in XML, one that is no URI is no error. */
function parse(bytes: Uint8Array): XmlDocument {
  try {
    return XmlDocument.fromBuffer(bytes);
  } catch (error) {
    const isOfUri = error instanceof XmlParseError && error.details.every(({ message }) => NO_URI.test(message));
    if (!isOfUri) throw error;
    return XmlDocument.fromBuffer(bytes, { option: ParseOption.XML_PARSE_NOERROR });
  }
}

const NO_URI = /is not (a valid URI|absolute)\s*$/;
