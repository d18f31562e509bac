import { foreignProtocolOf } from '../http/foreign-protocol.js';
import { bytesOf, type RecordedRequest } from './recorded-request.js';

/** The requests in a file, and what of it is none. */
export interface FoundRequests {
  readonly requests: readonly RecordedRequest[];
  /** A line for each part that was left out, with its reason. */
  readonly skipped: readonly string[];
}

/**
 * The requests in the bytes of a file of any kind: raw HTTP, a HAR, a curl line or a body alone. `name` is that of the
 * file. Throws an Error with one line for the operator where they are nothing of the kinds.
 */
export function requestsIn(bytes: Buffer, name: string): FoundRequests {
  if (bytes.length === 0) throw new Error(`${name} is empty; record a request of the old program into it`);
  const start = startOf(bytes);
  if (REQUEST_LINE.test(start) || foreignProtocolOf(bytes.toString('latin1', 0, 20)) !== undefined) {
    return { requests: [{ name, bytes }], skipped: [] };
  }
  const format = formatOfBody(start);
  if (format !== undefined) {
    const target = `/api/1.0/${format}`;
    return { requests: [{ name, bytes: bytesOf({ method: 'POST', target, headers: [], body: bytes }) }], skipped: [] };
  }
  // What a client sent that speaks something else.
  if (bytes.includes('\r\n\r\n')) return { requests: [{ name, bytes }], skipped: [] };
  throw new Error(
    `${name} is no request as raw HTTP, HAR file, curl line or body of a call; see \`boxbridge doctor --help\``,
  );
}

/** How many bytes tell what a file is. */
const START_BYTES = 4000;

/** The beginning in any charset, without what surrounds it: markup is ASCII between zeros. */
function startOf(bytes: Buffer): string {
  return bytes
    .toString('latin1', 0, START_BYTES)
    .replace(/^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)/, '')
    .replaceAll('\0', '')
    .trimStart();
}

/** A request line, whatever its method: https://www.rfc-editor.org/rfc/rfc9112#section-3. */
const REQUEST_LINE = /^\S{1,40}[ \t]+\S[^\r\n]*?(?:[ \t]HTTP\/\d|$)/im;

/** The format of a body alone, by how it begins; undefined where it is no body of a call. */
function formatOfBody(start: string): 'rest' | 'xml' | 'soap' | undefined {
  if (start.startsWith('<')) return /<(?:[\w.-]+:)?Envelope[\s>/]/.test(start) ? 'soap' : 'xml';
  if (/^--[^\r\n]+\r?\n/.test(start)) return /<(?:[\w.-]+:)?Envelope[\s>/]/.test(start) ? 'soap' : 'rest';
  return /^[^\s=&<]{1,100}=[^\r\n]*\s*$/.test(start) ? 'rest' : undefined;
}
