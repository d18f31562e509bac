import { XmlDocument } from 'libxml2-wasm';

/**
 * The root element of a document, read by libxml2, which the product does not use: what the product's own parser or
 * writer takes by mistake is no excuse here.
 *
 * @throws Error where the document is not well-formed, by XML 1.0 and Namespaces in XML 1.0.
 */
export function rootOf(document: string | Uint8Array): { local: string; uri: string } {
  const bytes = typeof document === 'string' ? Buffer.from(document) : document;
  const tree = XmlDocument.fromBuffer(bytes);
  try {
    return { local: tree.root.name, uri: tree.root.namespaceUri };
  } finally {
    tree.dispose();
  }
}
