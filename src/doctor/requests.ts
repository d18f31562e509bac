import { foreignProtocolOf } from '../http/foreign-protocol.js';
import { isCurlLine, requestOfCurl } from './curl-line.js';
import { entriesOf, requestsOfHar } from './har.js';
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
  const start = startOf(bytes);
  if (start === '') throw new Error(`${name} is empty; record a request of the old program into it`);
  if (start.startsWith('{')) return inHar(bytes, name);
  if (isCurlLine(start)) return one(name, requestOfCurl(textOf(bytes)));
  if (REQUEST_LINE.test(start) || foreignProtocolOf(bytes.toString('latin1', 0, 20)) !== undefined)
    return one(name, bytes);
  const format = formatOfBody(start);
  if (format !== undefined) {
    return one(name, bytesOf({ method: 'POST', target: `/api/1.0/${format}`, headers: [], body: bytes }));
  }
  // What a client sent that speaks something else.
  if (bytes.includes('\r\n\r\n')) return one(name, bytes);
  throw new Error(
    `${name} is no request as raw HTTP, HAR file, curl line or body of a call; see \`boxbridge doctor --help\``,
  );
}

function one(name: string, bytes: Buffer): FoundRequests {
  return { requests: [{ name, bytes }], skipped: [] };
}

function inHar(bytes: Buffer, name: string): FoundRequests {
  const entries = entriesOf(parsed(textOf(bytes)));
  if (!entries) throw new Error(`${name} is no HAR file, although it begins with {; save the recording once more`);
  const { requests, skipped } = requestsOfHar(entries);
  if (requests.length > 0) return { requests, skipped };
  const why = skipped.length > 0 ? ` (${skipped.join('; ')})` : '';
  throw new Error(`${name} has no call at /api/1.0/rest, xml or soap${why}; record while the old program calls`);
}

/** Without a byte order mark. */
function textOf(bytes: Buffer): string {
  return bytes.toString().replace(/^\uFEFF/, '');
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
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

/** A request line, whatever its method: https://www.rfc-editor.org/rfc/rfc9112#section-3. That of HTTP 0.9 has no version. */
const REQUEST_LINE = /^[^\s<=]{1,40}[ \t]+(?:\S*\/\S*|[^\r\n]*[ \t]HTTP\/\d)/;

/** The format of a body alone, by how it begins; undefined where it is no body of a call. */
function formatOfBody(start: string): 'rest' | 'xml' | 'soap' | undefined {
  if (start.startsWith('<')) return /<(?:[\w.-]+:)?Envelope[\s>/]/.test(start) ? 'soap' : 'xml';
  if (/^--[^\r\n]+\r?\n/.test(start)) return /<(?:[\w.-]+:)?Envelope[\s>/]/.test(start) ? 'soap' : 'rest';
  return /^[^\s=&<]{1,100}=[^\r\n]*\s*$/.test(start) ? 'rest' : undefined;
}
