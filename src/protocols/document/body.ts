import { decodeBody } from '../../shared/charset.js';
import { isSurrounding } from '../../shared/stated-charset.js';
import { readDocument, type XmlElement } from './reader.js';

/**
 * Reads the document in a request body, without what old clients leave around it: NUL, blanks and line ends. Throws a
 * `malformed` Fault as `decodeBody` and `readDocument` do.
 */
export function readBody(
  body: Buffer,
  contentType: string,
  options: { readonly depth: number; readonly namespaces: boolean },
): XmlElement {
  return readDocument(withoutSurroundings(decodeBody(body, contentType)), options);
}

function withoutSurroundings(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSurrounding(text.charCodeAt(start))) start += 1;
  while (start < end && isSurrounding(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}
