import { promisify } from 'node:util';
import { gunzip, inflate, inflateRaw } from 'node:zlib';

/**
 * Undoes a content coding: https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1. Rejects with the error of zlib where the
 * bytes are not in the coding, or more than `maxOutputLength` come out.
 */
export type Decompress = (compressed: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

export const gzip: Decompress = promisify(gunzip);

const zlib: Decompress = promisify(inflate);
const rawDeflate: Decompress = promisify(inflateRaw);

/** Some clients and servers omit the zlib header that the coding requires. */
export const deflate: Decompress = (compressed, options) =>
  (hasZlibHeader(compressed) ? zlib : rawDeflate)(compressed, options);

/** https://www.rfc-editor.org/rfc/rfc1950#section-2.2 */
function hasZlibHeader(compressed: Buffer): boolean {
  return compressed.length >= 2 && compressed.readUInt8() % 16 === 8 && compressed.readUInt16BE() % 31 === 0;
}
