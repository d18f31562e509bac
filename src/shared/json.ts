import { isLosslessNumber, type LosslessNumber, parse } from 'lossless-json';

/** A JSON value whose numbers keep every digit: a plain number stands only for an integer that has none to lose. */
export type Json = null | boolean | string | number | LosslessNumber | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** The deepest nesting that is accepted: it bounds the stack of every recursive walk. */
const DEPTH = 200;

/**
 * Parses JSON, with or without a byte order mark. Of a repeated key, the last value counts, and `leavesOf` gives every
 * one. Throws an Error where the text is not JSON or nested too deeply.
 */
export function parseJson(marked: string): Json {
  const text = marked.charCodeAt(0) === BYTE_ORDER_MARK ? marked.slice(1) : marked;
  if (!MAY_LOSE_DIGITS.test(text)) {
    const { brackets, keys } = count(text);
    if (brackets <= DEPTH) {
      const value: Json = JSON.parse(text);
      if (keysIn(value) === keys) return value;
    }
  }
  return toJson(parse(text, null, { onDuplicateKey: repeat }), DEPTH);
}

const BYTE_ORDER_MARK = 0xfeff;

/** Anything that could be a number with a fraction, an exponent, a negative zero, or more than 15 digits. */
const MAY_LOSE_DIGITS = /^\s*[-\d]|[[:,]\s*(?:-0|-?\d+(?:\d{15}|[.eE]))/;

/** Counts the brackets that open, up to more than levels are accepted, and the keys; quoted ones may add to both. */
function count(text: string): { readonly brackets: number; readonly keys: number } {
  let brackets = 0;
  let keys = 0;
  let last = 0;
  for (let index = 0; index < text.length && brackets <= DEPTH; index += 1) {
    const code = text.charCodeAt(index);
    if (code <= SPACE) continue;
    if (code === OPEN_BRACKET || code === OPEN_BRACE) brackets += 1;
    else if (code === COLON && last === QUOTE) keys += 1;
    last = code;
  }
  return { brackets, keys };
}

const SPACE = 0x20;
const QUOTE = 0x22;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;

/** How many keys all objects in a value have. */
function keysIn(value: Json): number {
  if (typeof value !== 'object' || value === null) return 0;
  const children = Object.values(value);
  return children.reduce<number>((sum, child) => sum + keysIn(child), Array.isArray(value) ? 0 : children.length);
}

/** The values of a repeated key while the rest is parsed; its mark equals nothing that JSON has. */
interface Repeated {
  readonly mark: typeof REPEATED;
  readonly values: unknown[];
}

const REPEATED = Symbol('repeated');

function isRepeated(value: unknown): value is Repeated {
  return typeof value === 'object' && value !== null && 'mark' in value && value.mark === REPEATED;
}

/** Collects the values of a repeated key in one list, which grows: any number of repetitions takes linear time. */
function repeat({ oldValue, newValue }: { oldValue: unknown; newValue: unknown }): Repeated {
  if (!isRepeated(oldValue)) return { mark: REPEATED, values: [oldValue, newValue] };
  oldValue.values.push(newValue);
  return oldValue;
}

/** The entries of the objects that have repeated keys, each value with its key. */
const entriesWithRepeated = new WeakMap<object, readonly (readonly [string, Json])[]>();

function toJson(value: unknown, depth: number): Json {
  if (depth < 0) throw new SyntaxError(`more than ${DEPTH} levels of JSON`);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (isLosslessNumber(value)) return value;
  if (Array.isArray(value)) return value.map((child) => toJson(child, depth - 1));
  const entries = Object.entries(Object(value)).flatMap(([key, child]) =>
    (isRepeated(child) ? child.values : [child]).map((each) => [key, toJson(each, depth - 1)] as const),
  );
  const object: JsonObject = Object.fromEntries(entries);
  if (Object.keys(object).length < entries.length) entriesWithRepeated.set(object, entries);
  return object;
}

/** A value in which `change` was applied to the text of every string and number. */
export function mapTexts(value: Json, change: (text: string) => string): Json {
  const text = textOf(value);
  if (text !== undefined) {
    const changed = change(text);
    return changed === text ? value : changed;
  }
  if (Array.isArray(value)) return value.map((child: Json) => mapTexts(child, change));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, mapTexts(child, change)]));
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isLosslessNumber(value);
}

function isNumber(value: Json | undefined): value is number | LosslessNumber {
  return typeof value === 'number' || isLosslessNumber(value);
}

/** The text of a non-empty string or of a number; undefined for any other value. */
export function textOf(value: Json | undefined): string | undefined {
  if (isNumber(value)) return value.toString();
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The longest integer that is read as one. */
const MAX_DIGITS = 1000;

/** An integer of up to a thousand digits; undefined for any other value. */
export function integerOf(value: Json | undefined): bigint | undefined {
  if (!isNumber(value)) return undefined;
  const digits = value.toString();
  // Reading digits takes more than linear time; no size or id has as many.
  if (digits.length > MAX_DIGITS) return undefined;
  if (/^-?\d+$/.test(digits)) return BigInt(digits);
  const number = Number(digits);
  return Number.isSafeInteger(number) ? BigInt(number) : undefined;
}

/**
 * Every leaf of a value, named by its path with dots between the keys. Null stays null, any other leaf becomes its
 * text; an empty object or list is a leaf with an empty text. A repeated key has a leaf for each of its values.
 */
export function* leavesOf(value: Json, path?: string): Generator<Leaf> {
  const name = path ?? '';
  if (value === null || typeof value === 'string') return yield { name, value };
  if (typeof value === 'boolean' || isNumber(value)) return yield { name, value: value.toString() };
  const children = entriesWithRepeated.get(value) ?? Object.entries(value);
  if (children.length === 0) return yield { name, value: '' };
  for (const [key, child] of children) yield* leavesOf(child, path === undefined ? key : `${path}.${key}`);
}

export interface Leaf {
  readonly name: string;
  readonly value: string | null;
}
