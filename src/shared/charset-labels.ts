import iconv from 'iconv-lite';

export const UTF_8 = 'UTF-8';
export const WINDOWS_1252 = 'windows-1252';

/** Whether a label names a character set, which need not be one that requests may be in. */
export function isCharsetLabel(label: string): boolean {
  return UTF8.test(label) || (iconv.encodingExists(label) && !/^(binary|hex|base64)$/.test(canonical(label)));
}

/** A label as iconv-lite compares it: without case, punctuation and year. */
function canonical(label: string): string {
  return label.toLowerCase().replace(/:\d{4}$|[^a-z0-9]/g, '');
}

/** Charsets whose characters of markup are of more than one byte, by the beginning of their names. */
export const WIDE = /^(utf[-_]?(16|32)|ucs[-_]?[24])/i;

/** Labels of UTF-8: https://encoding.spec.whatwg.org/#names-and-labels. */
export const UTF8 = /^(unicode-1-1-)?utf[-_]?8$/i;

/** ISO 8859-1 and ASCII are labels of Windows-1252: https://encoding.spec.whatwg.org/#names-and-labels. */
export function actualCharset(charset: string): string {
  return LATIN_1.test(charset) ? WINDOWS_1252 : charset;
}

export const LATIN_1 =
  /^(iso[-_]?8859[-_]?1(:1987)?|latin[-_]?1|l1|(us-)?ascii|ansi_x3\.4-1968|(cp|ibm)819|iso-ir-100|csisolatin1)$/i;

/** Whether text may be in a character set of this name. UTF-7 hides markup from whoever does not decode it. */
export function isKnownCharset(name: string): boolean {
  return UTF8.test(name) || (isCharsetLabel(name) && !/utf7/.test(canonical(name)));
}

/** The characters of markup; a charset of XML replies MUST encode them as ASCII does. */
const PRINTABLE_ASCII = Array.from({ length: 0x5f }, (_, index) => String.fromCharCode(0x20 + index)).join('');

/** Whether the characters of markup are encoded as ASCII does; false for an unknown charset. */
export function isAsciiSuperset(charset: string): boolean {
  if (UTF8.test(charset)) return true;
  return isKnownCharset(charset) && iconv.encode(PRINTABLE_ASCII, charset).equals(Buffer.from(PRINTABLE_ASCII));
}
