import { isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';
import { Fault } from './fault.js';

/**
 * The text of a request's body: in the encoding of its byte order mark, else of the HTTP charset, else of the XML
 * declaration, else UTF-8, or what Windows makes of Western letters where it is not that. Throws a `malformed` Fault
 * where the encoding is unknown or the bytes are not in it.
 */
export function decodeBody(bytes: Buffer, contentType: string): string {
  const marked = /^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)/.exec(bytes.toString('latin1', 0, 3))?.[1];
  const encoding = (marked && MARKS[marked]) ?? declaredIn(bytes, contentType);
  return encoding === undefined ? decodeUndeclared(bytes) : decode(bytes, encoding);
}

/** The text that was percent-encoded in a URL or a form, where nobody declares the encoding of its bytes. */
export function decodeEscapes(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) =>
    decodeUndeclared(Buffer.from(escapes.replaceAll('%', ''), 'hex')),
  );
}

const MARKS: Readonly<Record<string, string>> = {
  '\xef\xbb\xbf': 'utf-8',
  '\xff\xfe': 'utf-16le',
  '\xfe\xff': 'utf-16be',
};

const DECLARATION_BYTES = 200;

function declaredIn(bytes: Buffer, contentType: string): string | undefined {
  const start = bytes.toString('latin1', 0, DECLARATION_BYTES);
  return (
    /;\s*charset\s*=\s*["']?([\w.:-]+)/i.exec(contentType)?.[1] ??
    /^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]+)["']/.exec(start)?.[1]
  );
}

function decode(bytes: Buffer, encoding: string): string {
  const isKnown = iconv.encodingExists(encoding);
  if (!isKnown || (/^utf-?8$/i.test(encoding) && !isUtf8(bytes))) {
    throw new Fault('malformed', { explanation: `the request is not text in ${encoding}` });
  }
  // Who says ISO 8859-1 means the letters of Windows, if there is a difference at all.
  return iconv.decode(bytes, /^(iso-?8859-1|latin-?1|us-ascii)$/i.test(encoding) ? WESTERN : encoding);
}

const WESTERN = 'windows-1252';

function decodeUndeclared(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString() : iconv.decode(bytes, WESTERN);
}
