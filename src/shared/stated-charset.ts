import { isAsciiSuperset, isCharsetLabel, WIDE } from './charset-labels.js';

/** By what a charset is known, in words. */
export const charsetReasons = {
  mark: 'its byte order mark says so',
  zeros: 'its first characters have the zeros of UTF-16',
  label: 'the Content-Type says so',
  declaration: 'its XML declaration says so',
  enclosing: 'the form around it says so',
  utf8: 'nothing names one, and its bytes are UTF-8',
  western: 'nothing names one, and its bytes are not UTF-8',
} as const;

type CharsetReason = (typeof charsetReasons)[keyof typeof charsetReasons];

/** What the bytes of a body and its Content-Type say of its charset, why, and the bytes without a byte order mark. */
type Stated =
  | { readonly charset: string; readonly why: CharsetReason; readonly isMarked: boolean; readonly text: Buffer }
  | { readonly charset: undefined; readonly why: undefined; readonly isMarked: false; readonly text: Buffer };

/** The charset that a body is stated to be in, before anything in it is read. */
export function statedText(bytes: Buffer, contentType: string): Stated {
  const mark = /^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)/.exec(bytes.toString('latin1', 0, 3))?.[1];
  const marked = mark && byteOrderMarks[mark];
  if (marked) return { charset: marked, why: charsetReasons.mark, isMarked: true, text: bytes.subarray(mark.length) };
  const start = startOf(bytes);
  const unmarked = unmarkedUtf16(bytes, start);
  if (unmarked) return stated(unmarked, charsetReasons.zeros, bytes);
  const label = charsetParameter(contentType);
  if (label === undefined || (WIDE.test(label) && isInBytes(bytes, start))) return unstated(bytes);
  return stated(label, charsetReasons.label, bytes);
}

/** The same of a document, whose XML declaration may name a charset; else it is in that of the form around it. */
export function statedDocument(bytes: Buffer, contentType: string, enclosing?: string): Stated {
  const ofBody = statedText(bytes, contentType);
  if (ofBody.charset !== undefined) return ofBody;
  const declared = declaredCharset(bytes.toString('latin1', 0, DECLARATION_BYTES));
  if (declared !== undefined) return stated(declared, charsetReasons.declaration, bytes);
  return enclosing === undefined ? ofBody : stated(enclosing, charsetReasons.enclosing, bytes);
}

function stated(charset: string, why: CharsetReason, text: Buffer): Stated {
  return { charset, why, isMarked: false, text };
}

function unstated(text: Buffer): Stated {
  return { charset: undefined, why: undefined, isMarked: false, text };
}

/** The charset of a Content-Type for text between markup of ASCII; undefined where it has none that can be there. */
export function charsetAmongAscii(contentType: string): string | undefined {
  const charset = charsetParameter(contentType);
  return charset !== undefined && isAsciiSuperset(charset) ? charset : undefined;
}

/** The charset of a Content-Type; undefined where it has none, and where its label names none, such as `none`. */
export function charsetParameter(contentType: string): string | undefined {
  const label = /;\s*charset\s*=["'\s]*([\w.:-]+)/i.exec(contentType)?.[1];
  return label && isCharsetLabel(label) ? label : undefined;
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

/** The charset that an XML declaration at the start of a text names. */
export function declaredCharset(start: string): string | undefined {
  return /^[\0\s]*<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]+)["']/.exec(start)?.[1];
}
