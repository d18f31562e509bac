import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { type Decompress, deflate, gzip } from '../shared/content-coding.js';
import type { UpstreamResponse } from './response.js';

/** The content codings that are asked for: https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1. */
const decoders: Readonly<Record<string, Decompress>> = {
  gzip,
  deflate,
  br: promisify(brotliDecompress),
};
export const ACCEPT_ENCODING = Object.keys(decoders).join(', ');

/** Decompresses a body, up to so many bytes. Rejects where it cannot. */
export async function decompress(
  bytes: Buffer,
  encoding: UpstreamResponse['headers'][string],
  maxBytes: number,
): Promise<Buffer> {
  if (bytes.length === 0 || encoding === undefined || encoding === 'identity') return bytes;
  const coding = String(encoding).trim().toLowerCase().replace(/^x-/, '');
  if (coding === 'identity' || coding === '') return bytes;
  const [, decode] = Object.entries(decoders).find(([name]) => name === coding) ?? [];
  if (!decode) throw new Error('a reply in an encoding that was not asked for');
  return decode(bytes, { maxOutputLength: maxBytes });
}
