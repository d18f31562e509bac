import { isLosslessNumber, type LosslessNumber, parse } from 'lossless-json';

/** A JSON value whose numbers keep every digit that was sent. */
export type Json = null | boolean | string | LosslessNumber | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** The JSON value of a text. Throws SyntaxError where it is none, and where one object gives a key two values. */
export function parseJson(text: string): Json {
  return toJson(parse(text));
}

function toJson(value: unknown): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (isLosslessNumber(value)) return value;
  if (Array.isArray(value)) return value.map(toJson);
  return Object.fromEntries(Object.entries(Object(value)).map(([key, child]) => [key, toJson(child)]));
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isLosslessNumber(value);
}

/** The text of a string or number; undefined for anything else, for an empty string too. */
export function textOf(value: Json | undefined): string | undefined {
  if (isLosslessNumber(value)) return value.toString();
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A number without fraction; undefined for anything else. */
export function integerOf(value: Json | undefined): bigint | undefined {
  if (!isLosslessNumber(value)) return undefined;
  const digits = value.toString();
  if (/^-?\d+$/.test(digits)) return BigInt(digits);
  const number = Number(digits);
  return Number.isSafeInteger(number) ? BigInt(number) : undefined;
}
