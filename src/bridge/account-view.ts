import type { Application } from '../applications/application.js';
import { type Fields, unknownNumber, type Value } from '../core/answer.js';
import { Fault } from '../core/fault.js';
import type { Account, Plan } from '../providers/provider.js';
import { snakeCase } from '../shared/camel-case.js';
import { type JsonObject, leavesOf, leftOutOf } from '../shared/json.js';

type Defaults = Application['defaults'];

/** The seven elements of `user` in the old API. A size that the modern API does not give is that of `defaults`. */
export function userFields(account: Account, userId: number, defaults: Defaults): Fields {
  return {
    login: account.login,
    email: account.email,
    access_id: BigInt(userId),
    user_id: BigInt(userId),
    ...sizes(account, defaults),
  };
}

/** The elements of `account`; a field that is absent is unknown. The accounts of a list share one `room`. */
export function accountFields(
  account: Partial<Account>,
  userId: number | undefined,
  defaults: Defaults,
  room = roomForAttributes(),
): Fields {
  return {
    user_id: userId === undefined ? unknownNumber : BigInt(userId),
    native_id: account.nativeId ?? null,
    login: account.login ?? null,
    name: account.name ?? null,
    email: account.email ?? null,
    pending_email: account.pendingEmail ?? null,
    avatar_url: account.avatarUrl ?? null,
    language_code: account.languageCode ?? null,
    ...sizes(account, defaults),
    plan_id: account.planId ?? null,
    attributes: account.attributes ? attributesOf(account.attributes, room) : [],
  };
}

const PLAN_LIMITS = [
  'projectLimit',
  'componentLimit',
  'workerLimit',
  'storageLimit',
  'monthlyGasLimit',
  'monthlyUploadLimit',
];

/** The elements of `plan`. */
export function planFields({ planId, limits, attributes }: Plan): Fields {
  const limitFields = PLAN_LIMITS.map((name): [string, Value] => [
    snakeCase(name),
    clampToLong(limits[name]) ?? unknownNumber,
  ]);
  return {
    plan_id: planId ?? null,
    ...Object.fromEntries(limitFields),
    attributes: attributesOf(attributes, roomForAttributes()),
  };
}

/** How many leaves an answer shows. */
const MAX_LEAVES = 5000;
/** How many bytes one leaf may take, with its path. */
const MAX_LEAF_LENGTH = 64 * 1024;
/** How many bytes all attributes of an answer may take: every leaf repeats its whole path. */
const MAX_ATTRIBUTES_LENGTH = 2 * 1024 * 1024;

/** What is left of an answer's room for attributes. */
export interface Room {
  leaves: number;
  bytes: number;
}

export function roomForAttributes(): Room {
  return { leaves: MAX_LEAVES, bytes: MAX_ATTRIBUTES_LENGTH };
}

/** The leaves of a reply that there is room for, and as the last one how many there is none for. */
function attributesOf(reply: JsonObject, room: Room): Fields[] {
  const attributes: Fields[] = [];
  const { leaves, more } = leavesOf(reply, room.leaves);
  let leftOut = leftOutOf(reply) + more;
  for (const { name, value } of leaves) {
    const allowed = Math.min(room.bytes, MAX_LEAF_LENGTH);
    const length = name.length + (value?.length ?? 0);
    const written = length > allowed ? length : writtenLength(name) + writtenLength(value ?? '');
    if (written <= allowed) {
      room.leaves -= 1;
      room.bytes -= written;
      attributes.push({ name, value });
    } else {
      leftOut += 1;
    }
  }
  if (leftOut > 0) attributes.push({ name: 'attributes_truncated', value: leftOut.toString() });
  return attributes;
}

/** How many bytes an answer's accounts may take without their attributes: some five thousand usual ones. */
const MAX_FIELDS_LENGTH = 4 * 1024 * 1024;
/** What the elements of one account take without their texts. */
const ELEMENTS_LENGTH = 512;
/** The most that a character takes: `&amp;`. */
const MAX_WRITTEN = 5;

/**
 * Throws an `unavailable` Fault where the fields of accounts are more than an answer may hold: a shorter list, or a part
 * of a field, would be wrong without anybody being told.
 */
export function checkLength(accounts: readonly Partial<Account>[]): void {
  const elements = accounts.length * ELEMENTS_LENGTH;
  if (elements + lengthOf(accounts, ({ length }) => length) * MAX_WRITTEN <= MAX_FIELDS_LENGTH) return;
  if (elements + lengthOf(accounts, writtenLength) <= MAX_FIELDS_LENGTH) return;
  throw new Fault('unavailable', { cause: new Error('more, or longer, accounts than an answer may hold') });
}

function lengthOf(accounts: readonly Partial<Account>[], measure: (text: string) => number): number {
  let sum = 0;
  for (const { nativeId, login, name, email, pendingEmail, avatarUrl, languageCode, planId } of accounts)
    for (const text of [nativeId, login, name, email, pendingEmail, avatarUrl, languageCode, planId])
      if (text !== undefined) sum += measure(text);
  return sum;
}

/** How many bytes a text takes at most in UTF-8, with its markup escaped. */
function writtenLength(text: string): number {
  let length = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === AMPERSAND || code === LESS_THAN || code === GREATER_THAN || code === CARRIAGE_RETURN)
      length += MAX_WRITTEN - 1;
    else if (code > LAST_ASCII) length += 2;
  }
  return length;
}

const AMPERSAND = 0x26;
const LESS_THAN = 0x3c;
const GREATER_THAN = 0x3e;
const CARRIAGE_RETURN = 0x0d;
const LAST_ASCII = 0x7f;

function sizes({ spaceAmount, spaceUsed, maxUploadSize }: Partial<Account>, defaults: Defaults): Fields {
  return {
    space_amount: sizeOf(spaceAmount) ?? defaults.spaceAmount ?? unknownNumber,
    space_used: sizeOf(spaceUsed) ?? defaults.spaceUsed ?? unknownNumber,
    max_upload_size: sizeOf(maxUploadSize) ?? defaults.maxUploadSize ?? unknownNumber,
  };
}

/** The old service's number for no quota. */
const UNLIMITED = 999_999_999_999_999n;
/** Old clients read sizes as xsd:long. */
const MAX_LONG = 2n ** 63n - 1n;

/** A size in bytes within xsd:long; undefined where the modern API gives none, or a negative one. */
function sizeOf(bytes: Account['spaceAmount']): bigint | undefined {
  return bytes === 'unlimited' ? UNLIMITED : clampToLong(bytes);
}

function clampToLong(number: bigint | undefined): bigint | undefined {
  if (number === undefined || number < 0n) return undefined;
  return number > MAX_LONG ? MAX_LONG : number;
}
