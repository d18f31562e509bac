import { type Json, noteLeftOut, noteRepeated, numberOf } from './json.js';

/** The deepest nesting that is accepted: it bounds the stack of every recursive walk. */
export const DEPTH = 200;
/** How many values are kept in all, lists and objects included: what a mebibyte has where each takes sixteen bytes. */
const VALUES = 65_536;
/** How many of a record are kept where they are lists' or deep. A record is the whole or an object in a list. */
const DEEP_VALUES = 8192;
/** Its objects of these levels, in which an account has what identifies it, keep more; the outer ones the most. */
const SHALLOW_LEVELS = 3;
const RESERVE = 4096;

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const LETTER_F = 0x66;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
/** As many digits as every integer of a JavaScript number keeps. */
const MAX_DIGITS = 15;
/** The full stop, `E` and `e`. */
const FRACTION_OR_EXPONENT: readonly number[] = [0x2e, 0x45, 0x65];
/** V8 copies a shorter slice, and that of any key; a longer one would keep the whole text in memory. */
const COPIED_LENGTH = 12;

/** Reads all of a text, as `parseJson` says, by https://www.rfc-editor.org/rfc/rfc8259, and builds no more of it than is kept. */
export function readJson(text: string): Json {
  let at = 0;
  let kept = 0;
  /** How many values had been kept, and how deep it was, where the record began. */
  let keptBefore = 0;
  let depthBefore = 0;
  /** Leaves that were left out so far. */
  let leftOut = 0;

  const fail = (): never => {
    throw new SyntaxError(`no JSON at position ${at}`);
  };
  const tooMany = () => new SyntaxError(`more than ${VALUES} values of JSON`);
  /** The next code unit that is no white space; NaN at the end. */
  const peek = (): number => {
    for (;;) {
      const code = text.charCodeAt(at);
      if (code !== SPACE && code !== LINE_FEED && code !== CARRIAGE_RETURN && code !== TAB) return code;
      at += 1;
    }
  };
  /** Whether the list or object ends here; else the comma before what follows is read. */
  const isEnd = (close: number, isFirst: boolean): boolean => {
    const code = peek();
    if (code !== close && isFirst) return false;
    if (code !== close && code !== COMMA) fail();
    at += 1;
    return code === close;
  };

  const readText = (isKept: boolean, isKey = false): string => {
    const start = at;
    let hasEscape = false;
    at += 1;
    for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(at)) {
      if (!(code >= SPACE)) fail();
      if (code === BACKSLASH) hasEscape = true;
      at += code === BACKSLASH ? 2 : 1;
    }
    at += 1;
    if (!hasEscape && !isKept) return '';
    if (!hasEscape && (isKey || at - start <= COPIED_LENGTH)) return text.slice(start + 1, at - 1);
    const value: string = JSON.parse(text.slice(start, at));
    return value;
  };
  const readNumber = (isKept: boolean): Json => {
    const start = at;
    let integer = 0;
    for (let code = text.charCodeAt(at); code >= DIGIT_0 && code <= DIGIT_9; code = text.charCodeAt(at)) {
      integer = integer * 10 + code - DIGIT_0;
      at += 1;
    }
    const digits = at - start;
    const isPlain = digits === 1 || (digits > 1 && digits <= MAX_DIGITS && text.charCodeAt(start) !== DIGIT_0);
    if (isPlain && !FRACTION_OR_EXPONENT.includes(text.charCodeAt(at))) return integer;
    NUMBER.lastIndex = start;
    if (!NUMBER.test(text)) fail();
    at = NUMBER.lastIndex;
    return isKept ? numberOf(text.slice(start, at)) : null;
  };
  const readWord = (word: string, value: boolean | null): Json => {
    if (!text.startsWith(word, at)) fail();
    at += word.length;
    return value;
  };

  const readRecord = (depth: number): Json => {
    if (kept >= VALUES) throw tooMany();
    const ofOuter = kept - keptBefore;
    const outerDepth = depthBefore;
    keptBefore = kept;
    depthBefore = depth;
    const record = readValue(depth, true);
    // To the record around it, it is one value.
    keptBefore = kept - ofOuter - 1;
    depthBefore = outerDepth;
    return record;
  };

  const readList = (depth: number, isKept: boolean): Json => {
    const items: Json[] = [];
    let isEmpty = true;
    const before = leftOut;
    for (at += 1; !isEnd(CLOSE_BRACKET, isEmpty); isEmpty = false) {
      const isRecord = isKept && peek() === OPEN_BRACE;
      const isItemKept = isRecord || (isKept && kept - keptBefore < DEEP_VALUES);
      const item = isRecord ? readRecord(depth) : readValue(depth, isItemKept);
      if (isItemKept) items.push(item);
    }
    if (isEmpty && !isKept) leftOut += 1;
    if (isKept && leftOut > before) noteLeftOut(items, leftOut - before);
    return items;
  };
  const readObject = (depth: number, isKept: boolean): Json => {
    const object: Record<string, Json> = {};
    let repeated: Map<string, Json[]> | undefined;
    const level = depth - depthBefore;
    const room = level > SHALLOW_LEVELS ? DEEP_VALUES : VALUES - RESERVE * (level - 1);
    const isOwn = isKept && level === 1;
    let isEmpty = true;
    const before = leftOut;
    for (at += 1; !isEnd(CLOSE_BRACE, isEmpty); isEmpty = false) {
      if (peek() !== QUOTE) fail();
      const isMemberKept = isKept && kept - keptBefore < room;
      if (isOwn && !isMemberKept) throw tooMany();
      const key = readText(isMemberKept, true);
      if (peek() !== COLON) fail();
      at += 1;
      const value = readValue(depth, isMemberKept);
      if (!isMemberKept) continue;
      const earlier = Object.hasOwn(object, key) ? object[key] : undefined;
      if (earlier !== undefined) {
        repeated ??= new Map();
        const values = repeated.get(key);
        if (values) values.push(value);
        else repeated.set(key, [earlier, value]);
      }
      // Assigned, it would be the prototype of the object.
      if (key !== '__proto__') object[key] = value;
      else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
    }
    if (isEmpty && !isKept) leftOut += 1;
    if (isKept && leftOut > before) noteLeftOut(object, leftOut - before);
    if (repeated) noteRepeated(object, repeated);
    return object;
  };

  /** The value; any one where it is not kept. */
  const readValue = (depth: number, isKept: boolean): Json => {
    const code = peek();
    if (isKept) kept += 1;
    if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (depth > DEPTH) throw new SyntaxError(`more than ${DEPTH} levels of JSON`);
      return code === OPEN_BRACE ? readObject(depth + 1, isKept) : readList(depth + 1, isKept);
    }
    if (!isKept) leftOut += 1;
    if (code === QUOTE) return readText(isKept);
    if (code === LETTER_T) return readWord('true', true);
    if (code === LETTER_F) return readWord('false', false);
    if (code === LETTER_N) return readWord('null', null);
    return readNumber(isKept);
  };

  const value = readValue(0, true);
  if (!Number.isNaN(peek())) fail();
  return value;
}
