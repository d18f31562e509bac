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
  const fields = parse(decodeBody(encoded, contentType), '&', '=', {
    maxKeys: 0,
    decodeURIComponent: percentDecoder(contentType),
  });
  return Object.entries(fields).flatMap(([name, values = '']) => [values].flat().map((value): Field => [name, value]));
}
