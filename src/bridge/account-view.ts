import type { Application } from '../applications/application.js';
import { type Fields, unknownNumber, type Value } from '../core/answer.js';
import { Fault } from '../core/fault.js';
import type { Account, Plan } from '../providers/provider.js';
import { type JsonObject, leavesOf } from '../shared/json.js';

type Defaults = Application['defaults'];

/** The seven elements of `user` that the old API had. Sizes that the modern API does not tell are the `defaults`. */
export function userFields(account: Account, userId: number, defaults: Defaults): Fields {
  return {
    login: account.login,
    email: account.email,
    access_id: BigInt(userId),
    user_id: BigInt(userId),
    ...sizes(account, defaults),
  };
}

/** All that is known of an account; what is not known of it is unknown. */
export function accountFields(account: Partial<Account>, userId: number | undefined, defaults: Defaults): Fields {
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
    attributes: account.attributes ? attributesOf(account.attributes) : [],
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

/** A modern name as old callers see it: `storageLimit` is `storage_limit`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export function planFields({ planId, limits, attributes }: Plan): Fields {
  const known = PLAN_LIMITS.map((name): [string, Value] => [snakeCase(name), inRange(limits[name]) ?? unknownNumber]);
  return { plan_id: planId ?? null, ...Object.fromEntries(known), attributes: attributesOf(attributes) };
}

/** How many characters the attributes of one account may have: every leaf repeats the path to it. */
const ATTRIBUTES_LENGTH = 4 * 1024 * 1024;

/** Every leaf of a reply. Throws `unavailable` where a reply within its own limit would make an answer beyond any. */
function attributesOf(reply: JsonObject): Fields[] {
  const attributes: Fields[] = [];
  let length = 0;
  for (const { name, value } of leavesOf(reply)) {
    length += name.length + (value?.length ?? 0);
    if (length > ATTRIBUTES_LENGTH) throw new Fault('unavailable', { cause: new Error('reply with too long a path') });
    attributes.push({ name, value });
  }
  return attributes;
}

function sizes({ spaceAmount, spaceUsed, maxUploadSize }: Partial<Account>, defaults: Defaults): Fields {
  return {
    space_amount: sizeOf(spaceAmount) ?? defaults.spaceAmount ?? unknownNumber,
    space_used: sizeOf(spaceUsed) ?? defaults.spaceUsed ?? unknownNumber,
    max_upload_size: sizeOf(maxUploadSize) ?? defaults.maxUploadSize ?? unknownNumber,
  };
}

/** The old service's way to say that there is no quota. */
const UNLIMITED = 999_999_999_999_999n;
/** The old clients read sizes as xsd:long. */
const LARGEST = 2n ** 63n - 1n;

/** Bytes as an old client can read them; undefined where the modern API tells nothing that makes sense. */
function sizeOf(bytes: Account['spaceAmount']): bigint | undefined {
  return bytes === 'unlimited' ? UNLIMITED : inRange(bytes);
}

function inRange(number: bigint | undefined): bigint | undefined {
  if (number === undefined || number < 0n) return undefined;
  return number > LARGEST ? LARGEST : number;
}
