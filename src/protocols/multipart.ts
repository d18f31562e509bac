import { type MultipartPart, parseMultipart } from '@remix-run/multipart-parser';
import { Fault } from '../core/fault.js';
import { decodeBody } from '../shared/charset.js';
import { messageOf } from '../shared/errors.js';
import { charsetAmongAscii } from '../shared/stated-charset.js';
import { MAX_PARAMETERS } from './parameters.js';

const BOUNDARY_PARAMETER =
  /^\s*multipart\/form-data\s*;(?:.*;)?\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s";]{1,200}))/i;
/** The first delimiter line and the header of a part; old clients often send a wrong Content-Type. */
const FIRST_PART = /^(?:\r?\n)*--([^\r\n]{1,200}?)[ \t]*\r?\n(?:[^\r\n]+\r?\n)*?content-disposition:/i;
/** Where the first part is looked for. */
const FIRST_PART_BYTES = 1000;

/**
 * The fields of a `multipart/form-data` body (https://www.rfc-editor.org/rfc/rfc7578) without its files, as they are read;
 * undefined where the body is none, whatever its Content-Type. A part that names no charset is in that of the form, and its
 * transfer encoding is undone (https://www.rfc-editor.org/rfc/rfc2388#section-3). Throws a `malformed` Fault where the body is
 * incomplete or a field is not text in its charset; the value of one that is not wanted is empty.
 */
export function multipartFields(
  body: Buffer,
  contentType: string,
  isWanted: (name: string) => boolean,
): Iterable<readonly [name: string, value: string]> | undefined {
  const boundary = boundaryOf(body, contentType, BOUNDARY_PARAMETER, FIRST_PART);
  if (boundary === undefined) return undefined;
  const charset = charsetAmongAscii(contentType);
  return partsOf(body, boundary, 'form', (part) => {
    const { name = '', filename, headers } = part;
    if (filename !== undefined) return [];
    const decoded = () => decodeBody(contentOf(part), headers['content-type'] ?? '', charset);
    return [[name, isWanted(name) ? decoded() : '']];
  });
}

/** A part of a `multipart/related` body, its transfer encoding undone. */
export interface Part {
  /** Without its angle brackets; empty where it has none. */
  readonly contentId: string;
  /** Empty where it has none. */
  readonly contentType: string;
  readonly bytes: Buffer;
}

const RELATED_BOUNDARY_PARAMETER =
  /^\s*multipart\/[^;]*;(?:.*;)?\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s";]{1,200}))/i;
/** The first delimiter line alone: no other body of XML begins like it. */
const FIRST_DELIMITER = /^(?:\r?\n)*--([^\r\n]{1,200}?)[ \t]*\r?\n/;

/**
 * The parts of a `multipart/related` body (https://www.rfc-editor.org/rfc/rfc2387), in order; undefined where the body is
 * none, whatever its Content-Type. Throws a `malformed` Fault where it is incomplete.
 */
export function relatedParts(body: Buffer, contentType: string): Part[] | undefined {
  const boundary = boundaryOf(body, contentType, RELATED_BOUNDARY_PARAMETER, FIRST_DELIMITER);
  if (boundary === undefined) return undefined;
  const parts = partsOf<Part>(body, boundary, 'message', (part) => [
    {
      contentId: withoutBrackets(part.headers['content-id'] ?? ''),
      contentType: part.headers['content-type'] ?? '',
      bytes: contentOf(part),
    },
  ]);
  return [...parts];
}

/**
 * What `read` makes of each part of a multipart body, as they are read. Throws a `malformed` Fault where the body is
 * incomplete or has more parts, files among them, than a request may have parameters.
 */
function* partsOf<T>(
  body: Buffer,
  boundary: string,
  what: string,
  read: (part: MultipartPart) => readonly T[],
): Generator<T, void> {
  const limits = { maxFileSize: body.length, maxParts: MAX_PARAMETERS };
  try {
    for (const part of parseMultipart([normalized(body, boundary)], { boundary, ...limits })) yield* read(part);
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('malformed', { explanation: `not a multipart ${what} (${messageOf(error)})` });
  }
}

/** A Content-ID without its angle brackets, which some stacks leave away. */
export function withoutBrackets(contentId: string): string {
  return contentId.replace(/^\s*<|>\s*$/g, '');
}

/** The bytes of a part without its transfer encoding: https://www.rfc-editor.org/rfc/rfc2045#section-6. */
function contentOf(part: MultipartPart): Buffer {
  const bytes = Buffer.from(part.bytes);
  const encoding = part.headers['content-transfer-encoding'] ?? '';
  if (/^base64$/i.test(encoding)) return Buffer.from(bytes.toString('latin1'), 'base64');
  if (!/^quoted-printable$/i.test(encoding)) return bytes;
  const text = bytes
    .toString('latin1')
    .replace(/=[ \t]*\r?\n/g, '')
    .replace(/=([0-9a-f]{2})/gi, (_escape, code) => String.fromCharCode(Number.parseInt(code, 16)));
  return Buffer.from(text, 'latin1');
}

function boundaryOf(body: Buffer, contentType: string, parameter: RegExp, firstPart: RegExp): string | undefined {
  const [, quoted, declared = quoted] = parameter.exec(contentType) ?? [];
  if (declared !== undefined && startOf(body, declared) >= 0) return declared;
  return firstPart.exec(body.toString('latin1', 0, FIRST_PART_BYTES))?.[1];
}

/** The offset of the first delimiter line; -1 where there is none. */
function startOf(body: Buffer, boundary: string): number {
  if (body.indexOf(`--${boundary}`, 0, 'latin1') === 0) return 0;
  const end = body.indexOf(`\n--${boundary}`, 0, 'latin1');
  return end < 0 ? -1 : end + 1;
}

/**
 * A multipart body as https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1 has it, without its preamble, which carries no
 * field: old clients end lines with LF alone, and leave out the hyphens behind the last boundary.
 */
function normalized(body: Buffer, boundary: string): Buffer {
  const name = boundary.replace(/\W/g, '\\$&');
  // No more lines of a header than here are looked at again for each delimiter that a hostile body repeats.
  const delimiter = new RegExp(
    `\\r?\\n--${name}(?:--|-?\\s*$|[ \\t]*\\r?\\n((?:[^\\r\\n]+\\r?\\n){0,20}\\r?\\n))`,
    'g',
  );
  const lines = `\n${body.toString('latin1', startOf(body, boundary))}`;
  const text = lines.replace(delimiter, (_delimiter, header?: string) => {
    const end = header === undefined ? '--' : `\r\n${withFields(unfolded(header)).replace(/\r?\n/g, '\r\n')}`;
    return `\r\n--${boundary}${end}`;
  });
  return Buffer.from(text.trimStart(), 'latin1');
}

/** A header whose fields are on one line each: https://www.rfc-editor.org/rfc/rfc5322#section-2.2.3. */
function unfolded(header: string): string {
  return header.replace(/\r?\n(?=[ \t])/g, '');
}

/** The parser wants a header field, which a part need not have. */
function withFields(header: string): string {
  return /^\r?\n/.test(header) ? `Content-Type:${header}${header}` : header;
}
