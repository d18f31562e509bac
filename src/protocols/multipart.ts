import { parseMultipart } from '@remix-run/multipart-parser';
import { messageOf } from '../errors.js';
import { Fault } from '../fault.js';
import { decodeBody } from '../text.js';

/** Its first line, `--` and the boundary, and that a header of a field follows; headers of requests are often wrong. */
const START = /^--([^\r\n]{1,200}?)[ \t]*\r\n(?:[^\r\n]+\r\n)*?content-disposition:/i;

/** Whether a body is `multipart/form-data` (https://www.rfc-editor.org/rfc/rfc7578), whatever its Content-Type says. */
export function isMultipart(body: Buffer): boolean {
  return START.test(body.toString('latin1', 0, START_BYTES));
}

const START_BYTES = 1000;

/** The fields of a `multipart/form-data` body. its files left out. Throws a `malformed` Fault where it is none. */
export function partsOf(body: Buffer): [name: string, value: string][] {
  const boundary = START.exec(body.toString('latin1', 0, START_BYTES))?.[1] ?? '';
  try {
    const parts = [...parseMultipart([body], { boundary, maxFileSize: body.length })];
    return parts
      .filter(({ filename }) => filename === undefined)
      .map(({ name = '', bytes, headers }) => [name, decodeBody(Buffer.from(bytes), headers['content-type'] ?? '')]);
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('malformed', { explanation: `not a multipart form (${messageOf(error)})` });
  }
}
