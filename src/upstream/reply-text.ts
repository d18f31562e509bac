import { isUtf8 } from 'node:buffer';
import { decodeBody } from '../shared/charset.js';

/**
 * The text of a reply. JSON is UTF-8 (https://www.rfc-editor.org/rfc/rfc8259#section-8.1), whatever its label says; what is
 * not is in the charset of its mark or label, or a lost letter might be written back with the rest of the account.
 */
export function replyText(bytes: Buffer, contentType: string): string {
  if (isUtf8(bytes)) return bytes.toString();
  try {
    return decodeBody(bytes, contentType);
  } catch {
    return bytes.toString();
  }
}
