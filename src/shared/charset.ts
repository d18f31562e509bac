import { isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';
import { Fault } from '../core/fault.js';

export const UTF_8 = 'UTF-8';
const WINDOWS_1252 = 'windows-1252';

/**
 * The text of a request body. Its charset is that of the byte order mark, else UTF-16 where its first four bytes are, else
 * of the Content-Type, else of the XML declaration, else `enclosing`, else UTF-8, else Windows-1252 where the bytes are not
 * UTF-8. A label of the Content-Type that names no charset is as none, and so is one of UTF-16 for a document in bytes.
 * Throws a `malformed` Fault where the declaration names an unknown charset or contradicts the byte order mark, and where
 * the bytes are not in the charset.
 */
export function decodeBody(bytes: Buffer, contentType: string, enclosing?: string): string {
  const { charset, isMarked, text } = statedText(bytes, contentType);
  if (isMarked) {
    const marked = decode(text, charset);
    const declared = declaredCharset(marked);
    if (declared && !charsetParameter(contentType) && !agrees(declared, charset)) throw undecodable(declared);
    if (marked.startsWith('\uFEFF')) throw new Fault('malformed', { explanation: 'a second byte order mark' });
    return marked;
  }
  return decodeText(bytes, charset ?? declaredCharset(bytes.toString('latin1', 0, DECLARATION_BYTES)) ?? enclosing);
}

/** The text of bytes in a charset; without one, in UTF-8, else in Windows-1252. Throws as `decodeBody` does. */
export function decodeText(bytes: Buffer, charset: string | undefined): string {
  return charset === undefined ? decodeUnlabeled(bytes) : decode(bytes, charset);
}

/** What the bytes of a body and its Content-Type say of its charset. */
type Stated =
  | { readonly charset: string; readonly isMarked: true; readonly text: Buffer }
  | { readonly charset: string | undefined; readonly isMarked: false; readonly text: Buffer };

/** The charset that a body is stated to be in, before anything in it is read, and its bytes without a byte order mark. */
export function statedText(bytes: Buffer, contentType: string): Stated {
  const mark = /^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)/.exec(bytes.toString('latin1', 0, 3))?.[1];
  const marked = mark && byteOrderMarks[mark];
  if (marked) return { charset: marked, isMarked: true, text: bytes.subarray(mark.length) };
  const start = startOf(bytes);
  const labeled = unmarkedUtf16(bytes, start) ?? charsetParameter(contentType);
  const charset = labeled && WIDE.test(labeled) && isInBytes(bytes, start) ? undefined : labeled;
  return { charset, isMarked: false, text: bytes };
}

/** The charset of a Content-Type for text between markup of ASCII; undefined where it has none that can be there. */
export function charsetAmongAscii(contentType: string): string | undefined {
  const charset = charsetParameter(contentType);
  return charset !== undefined && isAsciiSuperset(charset) ? charset : undefined;
}

/** The charset of a Content-Type; undefined where it has none, and where its label names none, such as `none`. */
function charsetParameter(contentType: string): string | undefined {
  const label = /;\s*charset\s*=["'\s]*([\w.:-]+)/i.exec(contentType)?.[1];
  return label && isCharsetLabel(label) ? label : undefined;
}

/** Whether a label names a character set, which need not be one that requests may be in. */
function isCharsetLabel(label: string): boolean {
  return UTF8.test(label) || (iconv.encodingExists(label) && !/^(binary|hex|base64)$/.test(canonical(label)));
}

/** A label as iconv-lite compares it: without case, punctuation and year. */
function canonical(label: string): string {
  return label.toLowerCase().replace(/:\d{4}$|[^a-z0-9]/g, '');
}

/** Whether old clients leave a character around a document: NUL, a blank or a line end. */
export function isSurrounding(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09 || code === 0;
}

/** Where a document or form starts behind what surrounds it. */
function startOf(bytes: Buffer): number {
  let start = 0;
  while (start < bytes.length && isSurrounding(bytes[start] ?? LESS_THAN)) start += 1;
  return start;
}

/**
 * UTF-16 without a byte order mark, by the zeros in its first two characters: https://www.w3.org/TR/xml/#sec-guessing.
 * What surrounds a document tells nothing: NUL and blanks in turn look the same.
 */
function unmarkedUtf16(bytes: Buffer, start: number): string | undefined {
  if (bytes[start + 1] !== 0 || bytes[start + 3] !== 0 || !bytes[start + 2]) return undefined;
  return start % 2 === 0 ? 'utf-16le' : 'utf-16be';
}

/** Charsets whose characters of markup are of more than one byte, by the beginning of their names. */
const WIDE = /^(utf[-_]?(16|32)|ucs[-_]?[24])/i;

/** Whether a document has its characters of markup in one byte each, whatever is said of it. */
function isInBytes(bytes: Buffer, start: number): boolean {
  return bytes[start] === LESS_THAN && bytes[start + 1] !== 0;
}

const LESS_THAN = 0x3c;

const byteOrderMarks: Readonly<Record<string, string>> = {
  '\xef\xbb\xbf': 'utf-8',
  '\xff\xfe': 'utf-16le',
  '\xfe\xff': 'utf-16be',
};

/** Where an XML declaration is looked for. */
const DECLARATION_BYTES = 1000;

function declaredCharset(start: string): string | undefined {
  return /^[\0\s]*<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]+)["']/.exec(start)?.[1];
}

/** Whether an XML declaration agrees with the byte order mark in front of it. */
function agrees(declared: string, marked: string): boolean {
  if (marked === 'utf-8') return UTF8.test(declared);
  return declared.toLowerCase() === marked || /^(utf-?16|(iso-10646-)?ucs-?2)$/i.test(declared);
}

/** Labels of UTF-8: https://encoding.spec.whatwg.org/#names-and-labels. */
const UTF8 = /^(unicode-1-1-)?utf[-_]?8$/i;

function decode(bytes: Buffer, charset: string): string {
  if (!isKnownCharset(charset)) throw undecodable(charset);
  if (UTF8.test(charset)) {
    if (!isUtf8(bytes)) throw undecodable(charset);
    return bytes.toString();
  }
  if (WIDE.test(charset) && bytes.length % (isOfFourBytes(charset) ? 4 : 2) !== 0) throw undecodable(charset);
  const text = iconv.decode(bytes, actualCharset(charset), { stripBOM: false });
  if (/\p{Surrogate}/u.test(text)) throw undecodable(charset);
  // iconv-lite decodes an invalid sequence as U+FFFD.
  if (!text.includes('\uFFFD')) return text;
  if (LATIN_1.test(charset)) return bytes.toString('latin1');
  const isEncoded = (WIDE.test(charset) ? endsOf(charset) : [charset]).some((each) => encode(text, each).equals(bytes));
  if (!isEncoded) throw undecodable(charset);
  return text;
}

/** A charset of two or four bytes a character, with either end first; its label tells which less often than its bytes. */
function endsOf(charset: string): readonly string[] {
  return isOfFourBytes(charset) ? ['utf-32le', 'utf-32be'] : ['utf-16le', 'utf-16be'];
}

function isOfFourBytes(charset: string): boolean {
  return /^(utf[-_]?32|ucs[-_]?4)/i.test(charset);
}

function encode(text: string, charset: string): Buffer {
  return iconv.encode(text, actualCharset(charset));
}

/** ISO 8859-1 and ASCII are labels of Windows-1252: https://encoding.spec.whatwg.org/#names-and-labels. */
function actualCharset(charset: string): string {
  return LATIN_1.test(charset) ? WINDOWS_1252 : charset;
}

const LATIN_1 =
  /^(iso[-_]?8859[-_]?1(:1987)?|latin[-_]?1|l1|(us-)?ascii|ansi_x3\.4-1968|(cp|ibm)819|iso-ir-100|csisolatin1)$/i;

/** Whether text may be in a character set of this name. UTF-7 hides markup from whoever does not decode it. */
function isKnownCharset(name: string): boolean {
  return UTF8.test(name) || (isCharsetLabel(name) && !/utf7/.test(canonical(name)));
}

function undecodable(charset: string): Fault {
  const explanation = isKnownCharset(charset)
    ? `the request is not text in ${charset}`
    : `unknown character set ${charset}`;
  return new Fault('malformed', { explanation });
}

/** UTF-8 where the bytes are, else Windows-1252. */
function decodeUnlabeled(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  const latin1 = bytes.toString('latin1');
  // Invalid UTF-8, not Windows-1252: surrogates, code points above 10FFFF, overlong sequences.
  if (!/[\x80-\xff]/.test(latin1.replace(UTF8_SEQUENCES, ''))) throw undecodable(UTF_8);
  return decode(bytes, WINDOWS_1252);
}

/**
 * Multi-byte sequences of UTF-8 in its first definition, with up to six bytes: https://www.rfc-editor.org/rfc/rfc2279.
 */
const UTF8_SEQUENCES =
  /[\xc0-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf7][\x80-\xbf]{3}|[\xf8-\xfb][\x80-\xbf]{4}|[\xfc-\xfd][\x80-\xbf]{5}/g;

/** The characters of markup; a charset of XML replies MUST encode them as ASCII does. */
const PRINTABLE_ASCII = Array.from({ length: 0x5f }, (_, index) => String.fromCharCode(0x20 + index)).join('');

/** Whether replies can be written in a charset: it is known by this name and is a superset of ASCII. */
export function canCarryXml(charset: string): boolean {
  return /^[a-z][\w.-]*$/i.test(charset) && isAsciiSuperset(charset);
}

/** Whether the characters of markup are encoded as ASCII does; false for an unknown charset. */
export function isAsciiSuperset(charset: string): boolean {
  if (UTF8.test(charset)) return true;
  return isKnownCharset(charset) && iconv.encode(PRINTABLE_ASCII, charset).equals(Buffer.from(PRINTABLE_ASCII));
}

/** Encodes a document; characters that the charset lacks become character references. Throws for an unknown charset. */
export function encodeText(document: string, charset: string): Buffer {
  if (charset === UTF_8) return Buffer.from(document);
  const known = new Map<string, string>();
  const encodable = document.replace(/[^\0-\x7f]/gu, (character) => {
    const written = known.get(character) ?? writtenIn(charset, character);
    known.set(character, written);
    return written;
  });
  return iconv.encode(encodable, charset);
}

function writtenIn(charset: string, character: string): string {
  const isInCharset = iconv.decode(iconv.encode(character, charset), charset) === character;
  return isInCharset ? character : `&#${character.codePointAt(0)};`;
}
