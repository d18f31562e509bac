import type { IncomingMessage } from 'node:http';
import { httpErrors } from '../core/error-mapping.js';
import { Fault } from '../core/fault.js';
import { type Decompress, deflate, gzip } from '../shared/content-coding.js';

/** The content codings of https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1 that old clients send. */
const codings: ReadonlyMap<string, Decompress> = new Map([
  ['gzip', gzip],
  ['x-gzip', gzip],
  ['deflate', deflate],
]);

/** Codings that are not served. Old clients send labels that name no coding, such as `utf-8` or `none`. */
const unserved: ReadonlySet<string> = new Set([
  'aes128gcm',
  'base64',
  'br',
  'bzip2',
  'compress',
  'dcb',
  'dcz',
  'exi',
  'lz4',
  'lzma',
  'pack200-gzip',
  'quoted-printable',
  'sdch',
  'x-bzip2',
  'x-compress',
  'xz',
  'zip',
  'zstd',
]);

/** The codings that a Content-Encoding names, in lower case. */
function codingsIn(header: string): string[] {
  const labels = header.toLowerCase().split(',');
  return labels.map((label) => label.trim()).filter((label) => codings.has(label) || unserved.has(label));
}

/**
 * The body of a request without its content coding, whatever its Content-Type. Throws a `malformed` Fault where it is
 * longer than `limit` bytes, compressed or not, where its coding is not served, and where it is incomplete; throws the
 * error of zlib where it is not in the coding that it declares.
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const { headers } = request;
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return NO_BYTES;
  const body = await readCompressed(request, limit);
  const [coding, ...others] = codingsIn(headers['content-encoding'] ?? '');
  // What is empty is in no coding, whatever a header says that a client sends with every request.
  if (coding === undefined || body.length === 0) return body;
  const decompress = codings.get(coding);
  if (!decompress || others.length > 0) {
    throw new Fault('malformed', {
      http: httpErrors.unsupportedCoding,
      explanation: 'the request has an unknown encoding',
    });
  }
  return decompress(body, { maxOutputLength: limit });
}

const NO_BYTES = Buffer.alloc(0);

/** Rejects as soon as the body exceeds `limit` bytes, or declares that it will, without waiting for its end. */
function readCompressed(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const rejectTooLarge = () =>
      reject(
        new Fault('malformed', {
          http: httpErrors.contentTooLarge,
          explanation: 'the request is too large',
          cause: `more than ${limit} bytes`,
        }),
      );
    if (Number(request.headers['content-length'] ?? 0) > limit) rejectTooLarge();
    request
      .on('data', (chunk: Buffer) => {
        length += chunk.length;
        // The rest is read and dropped: a client that is still sending does not read the reply.
        if (length > limit) rejectTooLarge();
        else chunks.push(chunk);
      })
      .once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
      .on('error', (cause) => reject(new Fault('malformed', { explanation: 'the request broke off', cause })));
  });
}
