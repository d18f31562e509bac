import { isLosslessNumber, type LosslessNumber, parse } from 'lossless-json';

/** A JSON value whose numbers keep every digit. */
export type Json = null | boolean | string | LosslessNumber | readonly Json[] | JsonObject;
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
  return toJson(parse(text, null, { onDuplicateKey: ({ newValue }) => newValue }), DEPTH);
}

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

/** The text of a non-empty string or of a number; undefined for any other value. */
export function textOf(value: Json | undefined): string | undefined {
  if (isLosslessNumber(value)) return value.toString();
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** An integer; undefined for any other value. */
export function integerOf(value: Json | undefined): bigint | undefined {
  if (!isLosslessNumber(value)) return undefined;
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
  if (typeof value === 'boolean' || isLosslessNumber(value)) return yield { name, value: value.toString() };
  const children = Object.entries(value);
  if (children.length === 0) return yield { name, value: '' };
  for (const [key, child] of children) yield* leavesOf(child, path === undefined ? key : `${path}.${key}`);
}

export interface Leaf {
  readonly name: string;
  readonly value: string | null;
}
