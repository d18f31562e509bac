import { Fault, type Reason } from '../core/fault.js';
import { isObject, type Json, type JsonObject, parseJson, textOf } from '../shared/json.js';

/** What a modern API replied. */
export interface UpstreamResponse {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** Why a modern API refuses; `invalid email` is `invalid` where it is the e-mail that it does not take. */
export type UpstreamReason = Reason | 'invalid email';
export type ErrorMapping = (status: number, body: Json | undefined) => UpstreamReason | undefined;

/** What a status of a modern API means unless its provider says otherwise; a status not named here is `unavailable`. */
const reasons: Readonly<Record<number, Reason>> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'restricted',
  404: 'missing',
  409: 'conflict',
  422: 'invalid',
  // Of the headers only the credential may be long.
  431: 'unauthenticated',
};

export interface ResponseRules {
  readonly errorMapping?: ErrorMapping | undefined;
  readonly isEmpty?: true | undefined;
  /**
   * The headers of the request. No explanation may repeat the credential in them: an old caller need not have the one
   * that its auth_token stands for.
   */
  readonly sent: Readonly<Record<string, string>>;
}

/** What a reply says: the JSON object of a 2xx, or a Fault. `now` is in milliseconds. */
export function interpretResponse(
  { status, headers, text }: UpstreamResponse,
  { errorMapping, isEmpty, sent }: ResponseRules,
  now: number,
): JsonObject | Fault {
  const json = tryJson(text);
  if (status >= 200 && status < 300) {
    if (isObject(json)) return json;
    if (isEmpty) return {};
    return new Fault('unavailable', { cause: new Error(`reply ${status} without a JSON object`) });
  }
  const refused = errorMapping?.(status, json) ?? reasons[status] ?? 'unavailable';
  const seconds = waitOf(status, headers, now);
  const upstreamMessage = extractMessage(json ?? text);
  return new Fault(refused === 'invalid email' ? 'invalid' : refused, {
    about: refused === 'invalid email' ? 'email' : undefined,
    upstreamMessage: secretsIn(sent).some((secret) => upstreamMessage?.includes(secret)) ? undefined : upstreamMessage,
    cause: new Error(`reply ${status}`),
    ...(seconds !== undefined && { retryAfter: seconds }),
  });
}

/** The credential in the headers of a request, as it is, decoded as in Basic, and encoded. */
function secretsIn({ Authorization = '' }: ResponseRules['sent']): string[] {
  const secret = Authorization.replace(/^\S+ /, '');
  const [user = ''] = Buffer.from(secret, 'base64').toString('latin1').split(':');
  const encoded = Buffer.from(secret).toString('base64').replace(/=+$/, '');
  return [secret, user, encoded].filter(({ length }) => length >= SECRET_LENGTH);
}

/** What is shorter may be a word of the explanation. */
const SECRET_LENGTH = 6;

function tryJson(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** The longest wait that is passed on: whoever asks for more means a point in time, or nothing. */
const LONGEST_WAIT_SECONDS = 24 * 60 * 60;

/**
 * Whole seconds that the modern API asks to wait: `Retry-After`, as seconds or as an HTTP date, or else
 * `X-RateLimit-Reset`, which is Terraform's: seconds too, with a fraction.
 */
function waitOf(status: number, headers: UpstreamResponse['headers'], now: number): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  const { 'retry-after': after, 'x-ratelimit-reset': reset } = headers;
  const seconds = secondsIn(after) ?? secondsUntil(after, now) ?? secondsIn(reset);
  return seconds === undefined || seconds > LONGEST_WAIT_SECONDS ? undefined : seconds;
}

function secondsIn(value: unknown): number | undefined {
  return typeof value === 'string' && /^\d{1,12}(\.\d+)?$/.test(value) ? Math.ceil(Number(value)) : undefined;
}

function secondsUntil(date: unknown, now: number): number | undefined {
  const time = typeof date === 'string' && /^[A-Z][a-z]{2},? .*\d\d:\d\d:\d\d/.test(date) ? Date.parse(date) : NaN;
  return Number.isNaN(time) ? undefined : Math.max(0, Math.ceil((time - now) / 1000));
}

const MESSAGE_LENGTH = 500;
/** The fields that modern APIs explain their errors in; the more telling first. */
const MESSAGE_FIELDS = ['errors', 'detail', 'error_msg', 'message', 'error', 'title'];

/** What an error reply says to a person, in one line; undefined where it says nothing. */
export function extractMessage(body: Json): string | undefined {
  const said = isObject(body)
    ? MESSAGE_FIELDS.map((field) => body[field]).find((value) => value !== undefined && value !== null)
    : body;
  const text = Array.isArray(said) ? said.map((each: Json) => extractMessage(each) ?? '').join('; ') : textOf(said);
  if (text === undefined || /<html|<!doctype/i.test(text)) return undefined;
  return (
    text
      .replace(/[\p{Cc}\s]+/gu, ' ')
      .trim()
      .slice(0, MESSAGE_LENGTH) || undefined
  );
}
