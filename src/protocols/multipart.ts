import { parseMultipart } from '@remix-run/multipart-parser';
import { Fault } from '../core/fault.js';
import { decodeBody } from '../shared/charset.js';
import { messageOf } from '../shared/errors.js';

const NAMED = /^\s*multipart\/form-data\s*;(?:.*;)?\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s";]{1,200}))/i;
/** Its first line, `--` and the boundary, and that a header of a field follows; the Content-Type is often wrong. */
const START = /^(?:\r\n)*--([^\r\n]{1,200}?)[ \t]*\r\n(?:[^\r\n]+\r\n)*?content-disposition:/i;
const START_BYTES = 1000;

/**
 * The fields of a body that is `multipart/form-data` (https://www.rfc-editor.org/rfc/rfc7578), its files left out;
 * undefined where it is not, whatever its Content-Type says. Throws a `malformed` Fault where it breaks off.
 */
export function multipartFields(body: Buffer, contentType: string): [name: string, value: string][] | undefined {
  const boundary = boundaryOf(body, contentType);
  if (boundary === undefined) return undefined;
  try {
    const parts = [...parseMultipart([withoutPreamble(body, boundary)], { boundary, maxFileSize: body.length })];
    return parts
      .filter(({ filename }) => filename === undefined)
      .map(({ name = '', bytes, headers }) => [name, decodeBody(Buffer.from(bytes), headers['content-type'] ?? '')]);
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('malformed', { explanation: `not a multipart form (${messageOf(error)})` });
  }
}

function boundaryOf(body: Buffer, contentType: string): string | undefined {
  const [, quoted, named = quoted] = NAMED.exec(contentType) ?? [];
  if (named !== undefined && startOf(body, named) >= 0) return named;
  return START.exec(body.toString('latin1', 0, START_BYTES))?.[1];
}

/** Where the first line is that begins with `--` and the boundary; -1 where there is none. */
function startOf(body: Buffer, boundary: string): number {
  if (body.indexOf(`--${boundary}`, 0, 'latin1') === 0) return 0;
  const end = body.indexOf(`\r\n--${boundary}`, 0, 'latin1');
  return end < 0 ? -1 : end + 2;
}

/** What stands in front of the first field is nobody's. */
function withoutPreamble(body: Buffer, boundary: string): Buffer {
  return body.subarray(startOf(body, boundary));
}
