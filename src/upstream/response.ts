import { Fault } from '../core/fault.js';
import { createMask } from '../core/secrets.js';
import { isObject, type Json, type JsonObject, mapTexts, textOf } from '../shared/json.js';
import { parseJson } from '../shared/json-parser.js';
import { findRefusal, type IsRefusal, isObjectRefusal, type Refusal, type UpstreamReason } from './refusals.js';
import { isLimit, retryAfterIn, type UpstreamHeaders } from './retry-after.js';

/** A reply of a modern API. */
export interface UpstreamResponse {
  readonly status: number;
  readonly headers: UpstreamHeaders;
  readonly text: string;
}

/**
 * Maps an error reply to its reason; undefined falls back to the table. `body` is undefined where it has not the
 * shape in which this API refuses: then the reason counts only for a status that is anyone's to say.
 */
export type ErrorMapping = (
  status: number,
  body: Json | undefined,
  headers: UpstreamHeaders,
) => UpstreamReason | undefined;

export interface ResponseRules {
  /** Whether the request was a read: it cannot be refused for its values, and needs the reply. */
  readonly isRead: boolean;
  /** What the request does, for the rows of the table that are about it alone. */
  readonly operation?: string | undefined;
  /** The table of the modern API, above the common one; none unless given. */
  readonly refusals?: readonly Refusal[] | undefined;
  readonly errorMapping?: ErrorMapping | undefined;
  /** A JSON object of any fields unless given. */
  readonly isRefusal?: IsRefusal | undefined;
  /**
   * The secrets of the call. What a reply says MUST NOT repeat them to a caller or in a log: the caller of a vault
   * application does not have the credential.
   */
  readonly secrets: readonly string[];
  /** The headers of the request, whose Authorization may be derived from the credential of the call. */
  readonly sent: Readonly<Record<string, string>>;
}

/**
 * The JSON object of a 2xx reply; a Fault for any other reply. A write that got a 2xx has succeeded: where it is without
 * a JSON object, it gives an empty one.
 */
export function interpretResponse(response: UpstreamResponse, rules: ResponseRules): JsonObject | Fault {
  const { status, headers, text } = response;
  const json = tryJson(text);
  if (status >= 200 && status < 300) {
    if (isObject(json)) return json;
    if (!rules.isRead) return {};
    return new Fault('unavailable', { cause: new Error(`reply ${status} without a JSON object`) });
  }
  const hide = createMask([...rules.secrets, ...secretsIn(rules.sent)]);
  const body = json === undefined ? undefined : mapTexts(json, hide);
  const reason = reasonOf(response, json, body, rules);
  const words = extractMessage(body ?? hide(text));
  const isExplained = reason === 'invalid email' || reason === 'invalid' || reason === 'conflict';
  const retryAfter = status === 503 || isLimit(status, headers) ? retryAfterIn(headers, Date.now()) : undefined;
  return new Fault(reason === 'invalid email' ? 'invalid' : reason, {
    about: reason === 'invalid email' ? 'email' : undefined,
    upstreamMessage: isExplained && words === extractMessage(json ?? text) ? words : undefined,
    // The caller is told why only where the values were refused.
    cause: new Error(words === undefined ? `reply ${status}` : `reply ${status}: ${words.slice(0, MAX_LOGGED_LENGTH)}`),
    ...(retryAfter !== undefined && { retryAfter }),
  });
}

function reasonOf(
  { status, headers, text }: UpstreamResponse,
  json: Json | undefined,
  body: Json | undefined,
  { errorMapping, isRefusal = isObjectRefusal, isRead, operation, refusals = [] }: ResponseRules,
): UpstreamReason {
  const isOwnWord = isRefusal(json, text, headers);
  const mapped = errorMapping?.(status, isOwnWord ? body : undefined, headers);
  const row = findRefusal(refusals, { status, isRead, operation, isOwnWord, body });
  if (isLimit(status, headers) || !(isOwnWord || row)) return 'unavailable';
  const reason = mapped ?? row?.reason ?? 'unavailable';
  const isAboutValues = reason === 'invalid' || reason === 'invalid email' || reason === 'conflict';
  return isRead && isAboutValues ? 'unavailable' : reason;
}

/** The credential in an Authorization header: as sent, and the user of Basic. */
function secretsIn({ Authorization = '' }: ResponseRules['sent']): string[] {
  const credential = Authorization.replace(/^\S+ /, '');
  const [user = ''] = Buffer.from(credential, 'base64').toString('latin1').split(':');
  return [credential, user];
}

function tryJson(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

const MAX_LOGGED_LENGTH = 200;
const MAX_MESSAGE_LENGTH = 500;
/** How much of a refusal is read for it: of a list, and of a text with its white space. */
const MAX_MESSAGES = 200;
const MAX_READ_LENGTH = 16_384;
/** The fields in which modern APIs explain errors; the most specific first. */
const MESSAGE_FIELDS = ['errors', 'detail', 'error_msg', 'non_field_errors', 'message', 'error', 'title'];

/** The explanation in an error reply, in one line; undefined where there is none. */
export function extractMessage(body: Json): string | undefined {
  const content = isObject(body)
    ? MESSAGE_FIELDS.map((field) => particularsIn(body)[field]).find((value) => value !== undefined && value !== null)
    : body;
  const whole = Array.isArray(content)
    ? content
        .slice(0, MAX_MESSAGES)
        .map((each: Json) => extractMessage(each) ?? '')
        .join('; ')
    : textOf(content);
  const text = whole?.slice(0, MAX_READ_LENGTH);
  if (text === undefined || /<html|<!doctype/i.test(text)) return undefined;
  return (
    text
      .replace(/[\p{Cc}\s]+/gu, ' ')
      .trim()
      .slice(0, MAX_MESSAGE_LENGTH) || undefined
  );
}

/** What explains an error in particular: in a refusal of Box an object of its own, where there is anything to explain. */
function particularsIn(body: JsonObject): JsonObject {
  const { context_info: particulars } = body;
  return isObject(particulars) && Array.isArray(particulars.errors) && particulars.errors.length > 0
    ? particulars
    : body;
}
