import { Fault, type Reason } from '../core/fault.js';
import { isObject, type Json, type JsonObject, parseJson, textOf } from '../shared/json.js';

/** A reply of a modern API. */
export interface UpstreamResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** The reason of an error reply; `invalid email` is `invalid` about the e-mail address. */
export type UpstreamReason = Reason | 'invalid email';
/** Maps an error reply to its reason; undefined falls back to the common table. */
export type ErrorMapping = (status: number, body: Json | undefined) => UpstreamReason | undefined;

/** The common table from status to reason; any other status is `unavailable`. */
const reasons: Readonly<Record<number, Reason>> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'restricted',
  404: 'missing',
  409: 'conflict',
  422: 'invalid',
  // The credential is the only header of variable length.
  431: 'unauthenticated',
};

export interface ResponseRules {
  readonly errorMapping?: ErrorMapping | undefined;
  readonly isEmpty?: true | undefined;
  /**
   * The headers of the request. A message MUST NOT repeat the credential in them: the caller of a vault application
   * does not have it.
   */
  readonly sent: Readonly<Record<string, string>>;
}

/** The JSON object of a 2xx reply; a Fault for any other. */
export function interpretResponse(
  { status, headers, text }: UpstreamResponse,
  { errorMapping, isEmpty, sent }: ResponseRules,
): JsonObject | Fault {
  const json = tryJson(text);
  if (status >= 200 && status < 300) {
    if (isObject(json)) return json;
    if (isEmpty) return {};
    return new Fault('unavailable', { cause: new Error(`reply ${status} without a JSON object`) });
  }
  const reason = errorMapping?.(status, json) ?? reasons[status] ?? 'unavailable';
  const retryAfter = retryAfterIn(status, headers, Date.now());
  const upstreamMessage = extractMessage(json ?? text);
  return new Fault(reason === 'invalid email' ? 'invalid' : reason, {
    about: reason === 'invalid email' ? 'email' : undefined,
    upstreamMessage: secretsIn(sent).some((secret) => upstreamMessage?.includes(secret)) ? undefined : upstreamMessage,
    cause: new Error(`reply ${status}`),
    ...(retryAfter !== undefined && { retryAfter }),
  });
}

/** The credential in the headers of a request: as sent, decoded from Basic, and base64-encoded. */
function secretsIn({ Authorization = '' }: ResponseRules['sent']): string[] {
  const secret = Authorization.replace(/^\S+ /, '');
  const [user = ''] = Buffer.from(secret, 'base64').toString('latin1').split(':');
  const encoded = Buffer.from(secret).toString('base64').replace(/=+$/, '');
  return [secret, user, encoded].filter(({ length }) => length >= MIN_SECRET_LENGTH);
}

/** A shorter secret may occur in a message by chance. */
const MIN_SECRET_LENGTH = 6;

function tryJson(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** The longest wait that is passed on; a larger number is a point in time or an error. */
const MAX_RETRY_AFTER_SECONDS = 24 * 60 * 60;

/**
 * The wait that the modern API asks for, in whole seconds: `Retry-After` in seconds or as an HTTP date
 * (https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3), else `X-RateLimit-Reset` of Terraform, in seconds with a
 * fraction.
 */
function retryAfterIn(status: number, headers: UpstreamResponse['headers'], now: number): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  const { 'retry-after': after, 'x-ratelimit-reset': reset } = headers;
  const seconds = secondsIn(after) ?? secondsUntil(after, now) ?? secondsIn(reset);
  return seconds === undefined || seconds > MAX_RETRY_AFTER_SECONDS ? undefined : seconds;
}

function secondsIn(value: unknown): number | undefined {
  return typeof value === 'string' && /^\d{1,12}(\.\d+)?$/.test(value) ? Math.ceil(Number(value)) : undefined;
}

function secondsUntil(date: unknown, now: number): number | undefined {
  const time = typeof date === 'string' && /^[A-Z][a-z]{2},? .*\d\d:\d\d:\d\d/.test(date) ? Date.parse(date) : NaN;
  return Number.isNaN(time) ? undefined : Math.max(0, Math.ceil((time - now) / 1000));
}

const MAX_MESSAGE_LENGTH = 500;
/** The fields in which modern APIs explain errors; the most specific first. */
const MESSAGE_FIELDS = ['errors', 'detail', 'error_msg', 'message', 'error', 'title'];

/** The explanation in an error reply, in one line; undefined where there is none. */
export function extractMessage(body: Json): string | undefined {
  const content = isObject(body)
    ? MESSAGE_FIELDS.map((field) => body[field]).find((value) => value !== undefined && value !== null)
    : body;
  const text = Array.isArray(content)
    ? content.map((each: Json) => extractMessage(each) ?? '').join('; ')
    : textOf(content);
  if (text === undefined || /<html|<!doctype/i.test(text)) return undefined;
  return (
    text
      .replace(/[\p{Cc}\s]+/gu, ' ')
      .trim()
      .slice(0, MAX_MESSAGE_LENGTH) || undefined
  );
}
