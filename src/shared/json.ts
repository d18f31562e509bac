import { isLosslessNumber, type LosslessNumber, parse } from 'lossless-json';

/** A JSON value whose numbers keep every digit: a plain number stands only for an integer that has none to lose. */
export type Json = null | boolean | string | number | LosslessNumber | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** The deepest nesting that is accepted: it bounds the stack of every recursive walk. */
const DEPTH = 200;

/**
 * Parses JSON; of a repeated key, the last value counts. Throws an Error where the text is not JSON or nested too
 * deeply.
 */
export function parseJson(text: string): Json {
  if (!MAY_LOSE_DIGITS.test(text) && !mayBeDeep(text)) {
    // Of a repeated key, the last value counts here too.
    const value: Json = JSON.parse(text);
    return value;
  }
  return toJson(parse(text, null, { onDuplicateKey: ({ newValue }) => newValue }), DEPTH);
}

/** Anything that could be a number with a fraction, an exponent, a negative zero, or more than 15 digits. */
const MAY_LOSE_DIGITS = /^\s*[-\d]|[[:,]\s*(?:-0|-?\d+(?:\d{15}|[.eE]))/;

/** Whether there are more brackets than levels are accepted. */
function mayBeDeep(text: string): boolean {
  let brackets = 0;
  for (let index = 0; index < text.length && brackets <= DEPTH; index += 1) {
    const code = text.charCodeAt(index);
    if (code === OPEN_BRACKET || code === OPEN_BRACE) brackets += 1;
  }
  return brackets > DEPTH;
}

const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;

function toJson(value: unknown, depth: number): Json {
  if (depth < 0) throw new SyntaxError(`more than ${DEPTH} levels of JSON`);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (isLosslessNumber(value)) return value;
  if (Array.isArray(value)) return value.map((child) => toJson(child, depth - 1));
  return Object.fromEntries(Object.entries(Object(value)).map(([key, child]) => [key, toJson(child, depth - 1)]));
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

/** An integer; undefined for any other value. */
export function integerOf(value: Json | undefined): bigint | undefined {
  if (!isNumber(value)) return undefined;
  const digits = value.toString();
  if (/^-?\d+$/.test(digits)) return BigInt(digits);
  const number = Number(digits);
  return Number.isSafeInteger(number) ? BigInt(number) : undefined;
}

/**
 * Every leaf of a value, named by its path with dots between the keys. Null stays null, any other leaf becomes its
 * text; an empty object or list is a leaf with an empty text.
 */
export function* leavesOf(value: Json, path?: string): Generator<Leaf> {
  const name = path ?? '';
  if (value === null || typeof value === 'string') return yield { name, value };
  if (typeof value === 'boolean' || isNumber(value)) return yield { name, value: value.toString() };
  const children = Object.entries(value);
  if (children.length === 0) return yield { name, value: '' };
  for (const [key, child] of children) yield* leavesOf(child, path === undefined ? key : `${path}.${key}`);
}

export interface Leaf {
  readonly name: string;
  readonly value: string | null;
}
