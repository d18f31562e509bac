import { isAscii } from 'node:buffer';
import { decodeBody, decodeText } from './charset.js';
import { isAsciiSuperset, WIDE } from './charset-labels.js';
import { statedText } from './stated-charset.js';

/** A form before its fields are decoded. */
export interface FormText {
  /** Characters or, where those of markup are ASCII, bytes. */
  readonly text: string;
  /** Decodes a name or a value in it. Throws a `malformed` Fault. */
  readonly decode: (encoded: string) => string;
}

/**
 * Where the markup is in ASCII, a name or a value is decoded as a whole: of a character of two bytes, one may be escaped and
 * the other not. Its charset is that which the body is stated to be in; without one, that of its own bytes.
 */
export function formText(encoded: Buffer, contentType: string): FormText {
  const { text, isInAscii, charset } = encodingOf(encoded, contentType);
  if (isInAscii)
    return { text: withoutNulBehind(text.toString('latin1')), decode: (bytes) => decodeEscaped(bytes, charset) };
  return {
    text: withoutNulBehind(decodeBody(encoded, contentType)),
    decode: (characters) =>
      withBlanks(characters).replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => decodeText(unescapeBytes(escapes), undefined)),
  };
}

/** Programs in C send the end of their string too. */
function withoutNulBehind(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end -= 1;
  return text.slice(0, end);
}

/** Whether the markup of a form is in ASCII, and the charset that its names and values are then stated to be in. */
export function encodingOf(encoded: Buffer, contentType: string) {
  const { charset: stated, text, why } = statedText(encoded, contentType);
  // Escaped text is ASCII, of whatever charset a client says that it is. Only with NUL it may be UTF-16, in which markup has it.
  const isEscaped = (isAscii(text) || (stated !== undefined && WIDE.test(stated))) && !text.includes(0);
  const charset = stated !== undefined && isAsciiSuperset(stated) ? stated : undefined;
  return { text, isInAscii: isEscaped || stated === charset, charset, why };
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
