import type { Sighting } from '../core/exchange.js';
import { sightCharset } from '../shared/charset.js';
import { encodingOf, formText } from '../shared/form-text.js';
import { charsetAmongAscii, charsetReasons } from '../shared/stated-charset.js';
import { multipartFields } from './multipart.js';
import { withinLimit } from './parameters.js';

type Field = readonly [name: string, value: string];

/** Whether a field of this name is asked for. */
type IsWanted = (name: string) => boolean;

const all: IsWanted = () => true;

/**
 * The fields of a form in either encoding, whatever its Content-Type, without its files; a repeated name has each of its
 * values. Throws a `malformed` Fault where it is an incomplete multipart form, is not text in its charset, or has more than
 * 256 fields; none is decoded behind one that is not text. Where `isWanted` is false, the value of a field need be no text.
 */
export function formFields(body: Buffer, contentType: string, isWanted = all): Iterable<Field> {
  const fields = multipartFields(body, contentType, isWanted) ?? urlencodedFields(body, contentType, isWanted);
  return withinLimit(fields);
}

/**
 * The fields of `name=value&…`, which is the encoding of queries too (https://url.spec.whatwg.org/#urlencoded-parsing).
 * Throws a `malformed` Fault at the first that is not text in its charset. The value of a field that is not wanted is empty.
 */
export function* urlencodedFields(encoded: Buffer, contentType: string, isWanted = all): Generator<Field, void> {
  const { text, decode } = formText(encoded, contentType);
  for (let start = 0, end = 0; start < text.length; start = end + 1) {
    end = text.indexOf('&', start);
    if (end < 0) end = text.length;
    if (end === start) continue;
    const pair = text.slice(start, end);
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    yield [name, equals >= 0 && isWanted(name) ? decode(pair.slice(equals + 1)) : ''];
  }
}

/** What `formFields` takes a form for. */
export function sightForm(form: Buffer, contentType: string, where = 'the body'): Sighting[] {
  const what = 'character set';
  if (multipartFields(form, contentType, all)) {
    const charset = charsetAmongAscii(contentType);
    const ofParts = 'each part is in that of its own bytes or Content-Type';
    return [
      { what: 'dialect', is: 'a form of multipart/form-data', why: `${where} begins with its boundary` },
      { what, is: charset ?? EACH, why: charset === undefined ? ofParts : charsetReasons.label },
    ];
  }
  const { isInAscii, charset, why = '' } = encodingOf(form, contentType);
  const ofValues = `no charset is named for ${where}: a value is in UTF-8 where its bytes are, else in Windows-1252`;
  return [
    { what: 'dialect', is: 'a form of name=value', why: `${where} is one` },
    !isInAscii
      ? sightCharset(form, contentType)
      : { what, is: charset ?? EACH, why: charset === undefined ? ofValues : why },
  ];
}

const EACH = 'that of each value';
