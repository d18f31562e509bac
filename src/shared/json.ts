import { isLosslessNumber, LosslessNumber } from 'lossless-json';

/** A JSON value whose numbers keep every digit: a plain number stands only for an integer that has none to lose. */
export type Json = null | boolean | string | number | LosslessNumber | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** The values of the keys that an object has several times; and how many leaves of a list or object were left out. */
const repeatedIn = new WeakMap<object, ReadonlyMap<string, readonly Json[]>>();
const leftOutIn = new WeakMap<object, number>();

export function noteRepeated(object: JsonObject, repeated: ReadonlyMap<string, readonly Json[]>): void {
  repeatedIn.set(object, repeated);
}

export function noteLeftOut(value: JsonObject | readonly Json[], leaves: number): void {
  leftOutIn.set(value, leaves);
}

/** How many leaves were left out of a list or object, or of what is in it, when it was parsed. */
export function leftOutOf(value: JsonObject | readonly Json[]): number {
  return leftOutIn.get(value) ?? 0;
}

/** The number of a JSON text: a plain one where no digit can be lost. */
export function numberOf(digits: string): Json {
  return PLAIN_NUMBER.test(digits) ? Number(digits) : new LosslessNumber(digits);
}

const PLAIN_NUMBER = /^(?!-0)-?\d{1,15}$/;

/** A value in which `change` was applied to the text of every string and number; the same one where that changes none. */
export function mapTexts(value: Json, change: (text: string) => string): Json {
  const text = textOf(value);
  if (text !== undefined) {
    const changed = change(text);
    return changed === text ? value : changed;
  }
  if (isLeaf(value)) return value;
  const children: readonly Json[] = isList(value) ? value : Object.values(value);
  const changed = children.map((child) => mapTexts(child, change));
  if (changed.every((child, n) => child === children[n])) return value;
  return isList(value) ? changed : Object.fromEntries(Object.keys(value).map((key, n) => [key, changed[n] ?? null]));
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
 * The leaves of a value, up to `most`, named by their paths with dots between the keys, and how many `more` it has. Null
 * stays null, any other leaf becomes its text; an empty object or list is a leaf with an empty text. A repeated key has a
 * leaf for each of its values.
 */
export function leavesOf(value: Json, most = Number.POSITIVE_INFINITY): { leaves: readonly Leaf[]; more: number } {
  const leaves: Leaf[] = [];
  let more = 0;
  const hasRoom = () => leaves.length < most;
  const add = (name: string, text: string | null) => {
    if (hasRoom()) leaves.push({ name, value: text });
    else more += 1;
  };
  /** The key is not put behind the path until there is room: most of a large value has none. */
  const addChild = (child: Json, path: string, key: string | number) => {
    if (!hasRoom() && isLeaf(child)) more += 1;
    else if (isLeaf(child)) add(`${path}${key}`, textOfLeaf(child));
    else addAll(child, hasRoom() ? `${path}${key}` : path);
  };
  const addAll = (parent: JsonObject | readonly Json[], path: string | undefined) => {
    const prefix = path === undefined ? '' : `${path}.`;
    let isEmpty = leftOutOf(parent) === 0;
    if (isList(parent)) {
      isEmpty &&= parent.length === 0;
      for (let n = 0; n < parent.length; n += 1) addChild(parent[n] ?? null, prefix, n);
    } else {
      const repeated = repeatedIn.get(parent);
      for (const key of Object.keys(parent)) {
        isEmpty = false;
        const values = repeated?.get(key);
        if (values) for (const child of values) addChild(child, prefix, key);
        else addChild(parent[key] ?? null, prefix, key);
      }
    }
    if (isEmpty) add(path ?? '', '');
  };
  if (isLeaf(value)) add('', textOfLeaf(value));
  else addAll(value, undefined);
  return { leaves, more };
}

function textOfLeaf(leaf: null | boolean | string | number | LosslessNumber): string | null {
  return leaf === null ? null : leaf.toString();
}

function isLeaf(value: Json): value is null | boolean | string | number | LosslessNumber {
  return typeof value !== 'object' || value === null || isLosslessNumber(value);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

export interface Leaf {
  readonly name: string;
  readonly value: string | null;
}
