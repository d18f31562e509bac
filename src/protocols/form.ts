import { isAscii } from 'node:buffer';
import { parse } from 'node:querystring';
import { decodeBody, percentDecoder } from '../shared/charset.js';
import { multipartFields } from './multipart.js';

type Field = [name: string, value: string];

/**
 * The fields of a form in either encoding, whatever its Content-Type, without its files; a repeated name has each of its
 * values. Throws a `malformed` Fault where it is an incomplete multipart form or is not text in its charset.
 */
export function formFields(body: Buffer, contentType: string): Field[] {
  return multipartFields(body, contentType) ?? urlencodedFields(body, contentType);
}

/**
 * The fields of `name=value&…`, which is the encoding of queries too (https://url.spec.whatwg.org/#urlencoded-parsing).
 * Throws a `malformed` Fault where it is not text in its charset.
 */
export function urlencodedFields(encoded: Buffer, contentType: string): Field[] {
  // Escaped text is ASCII, of whatever charset a client says that it is; with NUL it may be UTF-16.
  const isEscaped = isAscii(encoded) && !encoded.includes(0);
  const fields = parse(isEscaped ? encoded.toString('latin1') : decodeBody(encoded, contentType), '&', '=', {
    maxKeys: 0,
    decodeURIComponent: percentDecoder(contentType),
  });
  return Object.entries(fields).flatMap(([name, values = '']) => [values].flat().map((value): Field => [name, value]));
}
