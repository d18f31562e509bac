import type { Json } from './json.js';
import { DEPTH, readJson } from './json-reader.js';

/**
 * Parses JSON, with or without a byte order mark. Of a repeated key, the last value counts, and `leavesOf` gives every
 * one. Of the whole, and of each object in a list, no more than some thousands of values are built; the others are left
 * out while parsing, and `leftOutOf` tells how many leaves they have. Neither an object in a list that is kept, which may
 * be an account, is left out, nor what is directly in one or in the whole: throws an Error where there are more than
 * 65,536 values with those, and where the text is not JSON or nested too deeply.
 */
export function parseJson(marked: string): Json {
  const text = marked.charCodeAt(0) === BYTE_ORDER_MARK ? marked.slice(1) : marked;
  if (!MAY_LOSE_DIGITS.test(text)) {
    const { brackets, commas, keys } = count(text);
    if (brackets <= DEPTH && commas < MAX_COMMAS) {
      const value: Json = JSON.parse(text);
      if (keysIn(value) === keys) return value;
    }
  }
  return readJson(text);
}

const BYTE_ORDER_MARK = 0xfeff;

/** Anything that could be a number with a fraction, an exponent, a negative zero, or more than 15 digits. */
const MAY_LOSE_DIGITS = /^\s*[-\d]|[[:,]\s*(?:-0|-?\d+(?:\d{15}|[.eE]))/;
/** Up to here, `JSON.parse` costs little whatever the text is. */
const MAX_COMMAS = 5000;

/** Counts the brackets that open and the commas, up to more than it may be, and the keys; quoted ones may add to all. */
function count(text: string): { readonly brackets: number; readonly commas: number; readonly keys: number } {
  let brackets = 0;
  let commas = 0;
  let keys = 0;
  let last = 0;
  for (let index = 0; index < text.length && brackets <= DEPTH && commas < MAX_COMMAS; index += 1) {
    const code = text.charCodeAt(index);
    if (code <= SPACE) continue;
    if (code === OPEN_BRACKET || code === OPEN_BRACE) brackets += 1;
    else if (code === COMMA) commas += 1;
    else if (code === COLON && last === QUOTE) keys += 1;
    last = code;
  }
  return { brackets, commas, keys };
}

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;

/** How many keys all objects in a value have. */
function keysIn(value: Json): number {
  if (typeof value !== 'object' || value === null) return 0;
  const children = Object.values(value);
  return children.reduce<number>((sum, child) => sum + keysIn(child), Array.isArray(value) ? 0 : children.length);
}
