import { isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';
import type { Sighting } from '../core/exchange.js';
import { Fault } from '../core/fault.js';
import {
  actualCharset,
  isAsciiSuperset,
  isKnownCharset,
  LATIN_1,
  UTF_8,
  UTF8,
  WIDE,
  WINDOWS_1252,
} from './charset-labels.js';
import { charsetParameter, charsetReasons, declaredCharset, statedDocument } from './stated-charset.js';

/**
 * The text of a request body. Its charset is that of the byte order mark, else UTF-16 where its first four bytes are, else
 * of the Content-Type, else of the XML declaration, else `enclosing`, else UTF-8, else Windows-1252 where the bytes are not
 * UTF-8. A label of the Content-Type that names no charset is as none, and so is one of UTF-16 for a document in bytes.
 * Throws a `malformed` Fault where the declaration names an unknown charset or contradicts the byte order mark, and where
 * the bytes are not in the charset.
 */
export function decodeBody(bytes: Buffer, contentType: string, enclosing?: string): string {
  const { charset, isMarked, text } = statedDocument(bytes, contentType, enclosing);
  if (!isMarked) return decodeText(text, charset);
  const marked = decode(text, charset);
  const declared = declaredCharset(marked);
  if (declared && !charsetParameter(contentType) && !agrees(declared, charset)) throw undecodable(declared);
  if (marked.startsWith('\uFEFF')) throw new Fault('malformed', { explanation: 'a second byte order mark' });
  return marked;
}

/** In which charset `decodeBody` takes a document to be, and why; whether its bytes are in it is not looked at. */
export function sightCharset(bytes: Buffer, contentType: string): Sighting {
  const { charset, why } = statedDocument(bytes, contentType);
  const what = 'character set';
  // The name that a stranger gave it may be anything.
  if (charset !== undefined) return { what, is: isKnownCharset(charset) ? charset : 'an unknown one', why };
  const is = guessedCharset(bytes);
  return { what, is, why: is === UTF_8 ? charsetReasons.utf8 : charsetReasons.western };
}

/** The text of bytes in a charset; without one, in UTF-8, else in Windows-1252. Throws as `decodeBody` does. */
export function decodeText(bytes: Buffer, charset: string | undefined): string {
  return charset === undefined ? decodeUnlabeled(bytes) : decode(bytes, charset);
}

/** Whether an XML declaration agrees with the byte order mark in front of it. */
function agrees(declared: string, marked: string): boolean {
  if (marked === 'utf-8') return UTF8.test(declared);
  return declared.toLowerCase() === marked || /^(utf-?16|(iso-10646-)?ucs-?2)$/i.test(declared);
}

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

function undecodable(charset: string): Fault {
  const explanation = isKnownCharset(charset)
    ? `the request is not text in ${charset}`
    : `unknown character set ${charset}`;
  return new Fault('malformed', { explanation });
}

function guessedCharset(bytes: Buffer): string {
  return isUtf8(bytes) ? UTF_8 : WINDOWS_1252;
}

function decodeUnlabeled(bytes: Buffer): string {
  if (guessedCharset(bytes) === UTF_8) return bytes.toString();
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

/** Whether replies can be written in a charset: it is known by this name and is a superset of ASCII. */
export function canCarryXml(charset: string): boolean {
  return /^[a-z][\w.-]*$/i.test(charset) && isAsciiSuperset(charset);
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
