import { isAscii, isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';
import { Fault } from '../core/fault.js';

/**
 * The text of a request's body: in the encoding of its byte order mark, else of the HTTP charset, else of the XML
 * declaration, else UTF-8, or what Windows makes of Western letters where it is not that. Throws a `malformed` Fault
 * where the encoding is unknown, the bytes are not in it, or the XML declaration names what cannot be theirs.
 */
export function decodeBody(bytes: Buffer, contentType: string): string {
  const mark = /^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)/.exec(bytes.toString('latin1', 0, 3))?.[1];
  const marked = mark && MARKS[mark];
  const charset = charsetIn(contentType);
  if (marked) {
    const text = decode(bytes.subarray(mark.length), marked);
    const declared = declaredIn(text);
    if (declared && !charset && !isSame(declared, marked)) throw notIn(declared);
    if (text.startsWith('\uFEFF')) throw new Fault('malformed', { explanation: 'a second byte order mark' });
    return text;
  }
  if (charset) return decode(bytes, charset);
  const declared = declaredIn(bytes.toString('latin1', 0, DECLARATION_BYTES));
  return declared ? decode(bytes, declared) : decodeUndeclared(bytes);
}

/**
 * Reads the texts that were percent-encoded in a URL or in a form of this Content-Type: in its charset, or in what fits
 * where it names none. What it gives throws a `malformed` Fault where the bytes are not in it.
 */
export function escapesIn(contentType: string): (text: string) => string {
  const charset = charsetIn(contentType);
  // Escapes are of ASCII, and so has to be what stands between them.
  if (charset === undefined || !hasAscii(charset)) {
    return (text) => text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => decodeUndeclared(unescaped(escapes)));
  }
  // All together: of a character of two bytes, one may be escaped and the other not.
  return (text) => {
    if (!text.includes('%')) return text;
    const bytes = unescaped(ASCII.test(text) ? text : encode(text, charset).toString('latin1'));
    return isAscii(bytes) ? bytes.toString('latin1') : decode(bytes, charset);
  };
}

const ASCII = /^[\0-\x7f]*$/;

/** The bytes that a text stands for in which every character is a byte or an escaped one. */
function unescaped(text: string): Buffer {
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_escape, code) => String.fromCharCode(Number.parseInt(code, 16)));
  return Buffer.from(bytes, 'latin1');
}

function charsetIn(contentType: string): string | undefined {
  return /;\s*charset\s*=\s*["']?([\w.:-]+)/i.exec(contentType)?.[1];
}

const MARKS: Readonly<Record<string, string>> = {
  '\xef\xbb\xbf': 'utf-8',
  '\xff\xfe': 'utf-16le',
  '\xfe\xff': 'utf-16be',
};

const DECLARATION_BYTES = 1000;

function declaredIn(start: string): string | undefined {
  return /^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]+)["']/.exec(start)?.[1];
}

/** Whether an XML declaration in a text with a byte order mark says what the mark says. */
function isSame(declared: string, marked: string): boolean {
  if (marked === 'utf-8') return UTF8.test(declared);
  return declared.toLowerCase() === marked || /^(utf-?16|(iso-10646-)?ucs-?2)$/i.test(declared);
}

const UTF8 = /^utf-?8$/i;

function decode(bytes: Buffer, encoding: string): string {
  if (!isCharset(encoding)) throw notIn(encoding);
  if (UTF8.test(encoding) && !isUtf8(bytes)) throw notIn(encoding);
  if (/^utf-?16/i.test(encoding) && bytes.length % 2 !== 0) throw notIn(encoding);
  const text = iconv.decode(bytes, meant(encoding), { stripBOM: false });
  // What the library puts in place of a character that is none.
  if (!text.includes('\uFFFD') || /^(utf|ucs)/i.test(encoding)) return text;
  if (LATIN_1.test(encoding)) return bytes.toString('latin1');
  if (!encode(text, encoding).equals(bytes)) throw notIn(encoding);
  return text;
}

function encode(text: string, encoding: string): Buffer {
  return iconv.encode(text, meant(encoding));
}

/** Who says ISO 8859-1, or ASCII, means the letters of Windows, if there is a difference at all. */
function meant(encoding: string): string {
  return LATIN_1.test(encoding) ? WESTERN : encoding;
}

const LATIN_1 = /^(iso-?8859-1|latin-?1|us-ascii)$/i;

/** Whether the library knows a character set by this name; what else it knows are none, or only of the mail of old. */
function isCharset(name: string): boolean {
  return iconv.encodingExists(name) && !/^(binary|hex|base-?64|utf-?7.*)$/i.test(name);
}

function notIn(encoding: string): Fault {
  return new Fault('malformed', { explanation: `the request is not text in ${encoding}` });
}

const WESTERN = 'windows-1252';

function decodeUndeclared(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  const letters = bytes.toString('latin1');
  // Half a surrogate pair, a number above 10FFFF or more bytes than the character takes: that is nobody's Western text.
  if (!/[\x80-\xff]/.test(letters.replace(SEQUENCES, ''))) throw notIn('UTF-8');
  return decode(bytes, WESTERN);
}

/** What has the shape of a character in UTF-8, in the first definition with up to six bytes: RFC 2279. */
const SEQUENCES =
  /[\xc0-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf7][\x80-\xbf]{3}|[\xf8-\xfb][\x80-\xbf]{4}|[\xfc-\xfd][\x80-\xbf]{5}/g;

export const UTF_8 = 'UTF-8';

/** What markup consists of; a character set has to have it as ASCII has. */
const MARKUP = Array.from({ length: 0x5f }, (_, index) => String.fromCharCode(0x20 + index)).join('');

/** Whether documents can be written in a character set: one that is known by this name and is a superset of ASCII. */
export function canCarryXml(charset: string): boolean {
  return /^[a-z][\w.-]*$/i.test(charset) && hasAscii(charset);
}

function hasAscii(charset: string): boolean {
  return isCharset(charset) && iconv.encode(MARKUP, charset).equals(Buffer.from(MARKUP));
}

/** A document in a character set; what that does not have is written as character references. */
export function encodeText(document: string, charset: string): Buffer {
  if (charset === UTF_8) return Buffer.from(document);
  const carried = document.replace(/[^\0-\x7f]/gu, (character) =>
    iconv.decode(iconv.encode(character, charset), charset) === character
      ? character
      : `&#${character.codePointAt(0)};`,
  );
  return iconv.encode(carried, charset);
}
