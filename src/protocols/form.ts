import { isAscii } from 'node:buffer';
import { decodeBody, decodeText, isAsciiSuperset, statedText } from '../shared/charset.js';
import { multipartFields } from './multipart.js';
import { withinLimit } from './parameters.js';

type Field = readonly [name: string, value: string];

/** Whether a field of this name is asked for. */
type IsWanted = (name: string) => boolean;

const all: IsWanted = () => true;

/**
 * The fields of a form in either encoding, whatever its Content-Type, without its files; a repeated name has each of its
 * values. Throws a `malformed` Fault where it is an incomplete multipart form, is not text in its charset, or has more than
 * 256 fields; none is decoded behind one that is not text. Where `isWanted` is false, the value of a field need be no text.
 */
export function formFields(body: Buffer, contentType: string, isWanted = all): Iterable<Field> {
  const fields = multipartFields(body, contentType, isWanted) ?? urlencodedFields(body, contentType, isWanted);
  return withinLimit(fields);
}

/**
 * The fields of `name=value&…`, which is the encoding of queries too (https://url.spec.whatwg.org/#urlencoded-parsing).
 * Throws a `malformed` Fault at the first that is not text in its charset. The value of a field that is not wanted is empty.
 */
export function* urlencodedFields(encoded: Buffer, contentType: string, isWanted = all): Generator<Field, void> {
  const { text, decode } = formText(encoded, contentType);
  for (let start = 0, end = 0; start < text.length; start = end + 1) {
    end = text.indexOf('&', start);
    if (end < 0) end = text.length;
    if (end === start) continue;
    const pair = text.slice(start, end);
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    yield [name, equals >= 0 && isWanted(name) ? decode(pair.slice(equals + 1)) : ''];
  }
}

/** A form before its fields are decoded. */
interface FormText {
  /** Characters or, where those of markup are ASCII, bytes. */
  readonly text: string;
  /** Decodes a name or a value in it. Throws a `malformed` Fault. */
  readonly decode: (encoded: string) => string;
}

/**
 * Where the markup is in ASCII, a name or a value is decoded as a whole: of a character of two bytes, one may be escaped and
 * the other not. Its charset is that which the body is stated to be in; without one, that of its own bytes.
 */
function formText(encoded: Buffer, contentType: string): FormText {
  const { charset, text } = statedText(encoded, contentType);
  // Escaped text is ASCII, of whatever charset a client says that it is; with NUL it may be UTF-16.
  const isEscaped = isAscii(text) && !text.includes(0);
  const own = charset !== undefined && isAsciiSuperset(charset) ? charset : undefined;
  if (isEscaped || charset === own) {
    return { text: text.toString('latin1'), decode: (bytes) => decodeEscaped(bytes, own) };
  }
  return {
    text: decodeBody(encoded, contentType),
    decode: (characters) =>
      withBlanks(characters).replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => decodeText(unescapeBytes(escapes), undefined)),
  };
}

function decodeEscaped(bytes: string, charset: string | undefined): string {
  return PLAIN.test(bytes) ? bytes : decodeText(unescapeBytes(withBlanks(bytes)), charset);
}

/** Text that means itself, in any charset. */
const PLAIN = /^[^%+\x80-\xff]*$/;

function withBlanks(encoded: string): string {
  return encoded.replaceAll('+', ' ');
}

/** The bytes of a text in which each character is a byte or an escaped byte. */
function unescapeBytes(text: string): Buffer {
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_escape, code) => String.fromCharCode(Number.parseInt(code, 16)));
  return Buffer.from(bytes, 'latin1');
}
