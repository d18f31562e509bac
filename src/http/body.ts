import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate, inflateRaw, type ZlibOptions } from 'node:zlib';
import { Fault } from '../core/fault.js';

type Unpack = (packed: Buffer, options: ZlibOptions) => Promise<Buffer>;

const asItIs: Unpack = async (body) => body;
const fromGzip: Unpack = promisify(gunzip);
const fromZlib: Unpack = promisify(inflate);
const fromDeflate: Unpack = promisify(inflateRaw);

/** The content codings of https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1 that old clients know. */
const codings: ReadonlyMap<string, Unpack> = new Map([
  ['', asItIs],
  ['identity', asItIs],
  ['gzip', fromGzip],
  ['x-gzip', fromGzip],
  // Some leave out the two bytes that should be in front of it.
  ['deflate', (packed, options) => (isZlib(packed) ? fromZlib : fromDeflate)(packed, options)],
]);

function isZlib(packed: Buffer): boolean {
  return packed.length >= 2 && packed.readUInt8() % 16 === 8 && packed.readUInt16BE() % 31 === 0;
}

/**
 * The body of a request, of any Content-Type or none, without its content coding. Throws a Fault where it is longer than
 * `limit` bytes, packed or not, where its coding is unknown or it breaks off, and what zlib throws where it is not
 * packed that way.
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const packed = await packedBodyOf(request, limit);
  const coding = request.headers['content-encoding'] ?? '';
  const unpack = codings.get(coding.trim().toLowerCase());
  if (!unpack) throw new Fault('malformed', { http: 415, explanation: 'the request has an unknown encoding' });
  return unpack(packed, { maxOutputLength: limit });
}

/** Rejects as soon as the body is, or says to be, longer than `limit` bytes, not when all of it has come. */
function packedBodyOf(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const tooLarge = () => reject(new Fault('malformed', { http: 413, explanation: 'the request is too large' }));
    if (Number(request.headers['content-length'] ?? 0) > limit) tooLarge();
    request
      .on('data', (chunk: Buffer) => {
        length += chunk.length;
        // The rest is read and dropped: who still sends reads no reply.
        if (length > limit) tooLarge();
        else chunks.push(chunk);
      })
      .once('end', () => resolve(Buffer.concat(chunks)))
      .on('error', (cause) => reject(new Fault('malformed', { explanation: 'the request broke off', cause })));
  });
}
