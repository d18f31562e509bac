import axios from 'axios';
import { codeOf, messageOf } from './errors.js';
import { Fault, type Reason } from './fault.js';
import { isObject, type Json, type JsonObject, parseJson, textOf } from './json.js';
import { version } from './version.js';

/** One request to a modern API. */
export interface UpstreamRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: { readonly type: string; readonly text: string };
  /** Where this API means something else than the common table: the reason, or undefined to leave it at that table. */
  readonly refusal?: RefusalRule;
  /** Success has nothing to say. */
  readonly isEmpty?: true;
}

/** Why a modern API refuses; `invalid email` is `invalid` where it is the e-mail that it does not take. */
export type Refusal = Reason | 'invalid email';
export type RefusalRule = (status: number, body: Json | undefined) => Refusal | undefined;

/** Sends a request, once, and gives the JSON object of a 2xx reply; everything else is a Fault. */
export type Send = (request: UpstreamRequest) => Promise<JsonObject>;

const REPLY_BYTES = 1024 * 1024;

/** What a status of a modern API means unless its provider says otherwise; a status not named here is `unavailable`. */
const reasons: Readonly<Record<number, Reason>> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'restricted',
  404: 'missing',
  409: 'conflict',
  422: 'invalid',
};

/** The way to every modern API. `timeoutMs` bounds a whole request, from connecting to the last byte of the reply. */
export function createSend({ timeoutMs }: { timeoutMs: number }): Send {
  const client = axios.create({
    maxRedirects: 0,
    maxContentLength: REPLY_BYTES,
    responseType: 'text',
    transformRequest: (body: unknown) => body,
    transformResponse: (body: unknown) => body,
    validateStatus: () => true,
    proxy: false,
  });

  return async ({ method, url, headers, body, refusal, isEmpty }) => {
    const reply = await client
      .request<string>({
        method,
        url,
        headers: { 'User-Agent': `BoxBridge/${version}`, ...headers, ...(body && { 'Content-Type': body.type }) },
        ...(body && { data: Buffer.from(body.text) }),
        signal: AbortSignal.timeout(timeoutMs),
      })
      .catch((error: unknown) => {
        throw new Fault('unavailable', { cause: whatFailed(error) });
      });
    const json = tryJson(reply.data);
    if (reply.status >= 200 && reply.status < 300) {
      if (isObject(json)) return json;
      if (isEmpty) return {};
      throw new Fault('unavailable', { cause: new Error(`reply ${reply.status} without a JSON object`) });
    }
    const refused = refusal?.(reply.status, json) ?? reasons[reply.status] ?? 'unavailable';
    throw new Fault(refused === 'invalid email' ? 'invalid' : refused, {
      about: refused === 'invalid email' ? 'email' : undefined,
      complaint: complaintIn(json ?? reply.data),
      cause: new Error(`reply ${reply.status}`),
      ...retryAfter(reply.headers['retry-after']),
    });
  };
}

function tryJson(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** Only the message: the error itself carries the request with its credential. */
function whatFailed(error: unknown): Error {
  return new Error(codeOf(error) ?? messageOf(error));
}

function retryAfter(header: unknown): { retryAfter?: number } {
  const seconds = typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) : undefined;
  return seconds === undefined ? {} : { retryAfter: seconds };
}

const COMPLAINT_LENGTH = 500;
/** The fields that modern APIs explain their errors in; the more telling first. */
const COMPLAINT_FIELDS = ['errors', 'detail', 'error_msg', 'message', 'error', 'title'];

/** What an error reply says to a person, in one line; undefined where it says nothing. */
export function complaintIn(body: Json): string | undefined {
  const said = isObject(body)
    ? COMPLAINT_FIELDS.map((field) => body[field]).find((value) => value !== undefined && value !== null)
    : body;
  const text = Array.isArray(said) ? said.map((each: Json) => complaintIn(each) ?? '').join('; ') : textOf(said);
  if (text === undefined || /<html|<!doctype/i.test(text)) return undefined;
  return (
    text
      .replace(/[\p{Cc}\s]+/gu, ' ')
      .trim()
      .slice(0, COMPLAINT_LENGTH) || undefined
  );
}
