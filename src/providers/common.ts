import { Fault, type Reason, toFault } from '../core/fault.js';
import { isObject, type Json, type JsonObject, textOf } from '../shared/json.js';
import type { Send, UpstreamRequest } from '../upstream/request.js';
import type { ErrorMapping } from '../upstream/response.js';
import type { Account } from './provider.js';

/**
 * Keys that none of the modern APIs has in a refusal, and that web frameworks and gateways have: Spring, Express, Nest,
 * OAuth (https://www.rfc-editor.org/rfc/rfc6749#section-5.2) and RFC 9457.
 */
const FOREIGN_KEYS = ['error_description', 'path', 'status', 'statusCode', 'success', 'timestamp', 'title'];

/** Whether a body is an object without the keys that tell a refusal of a web framework or a gateway. */
export function isOwnRefusal(body: Json | undefined): body is JsonObject {
  return isObject(body) && !FOREIGN_KEYS.some((key) => Object.hasOwn(body, key));
}

/** Most servers accept at most 16 KiB of headers. */
const MAX_HEADER_LENGTH = 16_384;

/**
 * A credential as a header can carry it. One that no header can carry was never issued: throws `unauthenticated`, and
 * the modern API is not called.
 */
export function headerText(credential: string): string {
  if (credential.length > MAX_HEADER_LENGTH || !/^[\x21-\x7e]+$/.test(credential)) {
    throw new Fault('unauthenticated', { cause: 'a credential that no header can carry was never issued' });
  }
  return credential;
}

/** The value of an Authorization header. */
export function authorization(scheme: string, credential: string): string {
  return `${scheme} ${headerText(credential)}`;
}

/** The modern API's own id of an account. Throws `unavailable` where there is none: then the reply is no account. */
export function nativeIdOf(value: Json | undefined): string {
  const id = textOf(value);
  if (id === undefined) throw new Fault('unavailable', { cause: new Error('reply without the id of an account') });
  return id;
}

/**
 * Sends one request after the other until one is not refused like this, which MUST be a refusal that did nothing. Rejects
 * as the first one where all of them are.
 */
export async function sendFirst(
  isRefusal: (...reply: Parameters<ErrorMapping>) => boolean,
  send: Send,
  requests: readonly UpstreamRequest[],
): Promise<JsonObject> {
  let firstError: unknown;
  for (const request of requests) {
    let isRefused = false;
    const errorMapping: ErrorMapping = (...reply) => {
      isRefused = isRefusal(...reply);
      return request.errorMapping?.(...reply);
    };
    try {
      return await send({ ...request, errorMapping });
    } catch (error) {
      if (!isRefused) throw error;
      firstError ??= error;
    }
  }
  throw firstError;
}

/** The reply to a request; undefined where it is refused for this reason. */
export async function unless(reason: Reason, sent: Promise<JsonObject>): Promise<JsonObject | undefined> {
  return sent.catch((error: unknown) => {
    const fault = toFault(error);
    if (fault.reason === reason) return undefined;
    throw fault;
  });
}

/**
 * What the reply to a write tells of the account. The write succeeded: a reply that is no account tells nothing, and MUST
 * NOT be an error, since the caller would repeat the write.
 */
export function accountAfterWrite(reply: JsonObject, toAccount: (reply: JsonObject) => Account): Partial<Account> {
  try {
    return toAccount(reply);
  } catch (error) {
    if (error instanceof Fault) return {};
    throw error;
  }
}

/**
 * The fields that were to change and that the reply shows as they were: servers ignore what they do not know. `asked` has
 * the values under the names of the modern API.
 */
export function ignoredFields(
  asked: Readonly<Record<string, string | undefined>>,
  before: JsonObject,
  after: JsonObject,
): string[] {
  const comparable = (value: Json | undefined) => textOf(value)?.trim().toLowerCase();
  return Object.entries(asked).flatMap(([field, value]) => {
    const [wanted, was, is] = [value, before[field], after[field]].map(comparable);
    return wanted !== undefined && is !== undefined && is === was && is !== wanted ? [field] : [];
  });
}

/** Whether a value of a module of somebody else's has properties. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
