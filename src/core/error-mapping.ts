import { hasMessage, hasParameter, isKnown, statusWordsOf } from './actions.js';
import type { Answer, Fields } from './answer.js';
import type { Call } from './call.js';
import { Fault, type Reason } from './fault.js';
import { createMask } from './secrets.js';

interface ErrorRow {
  /** The status word, unless the action has one of its own for the reason. */
  readonly statusWord: (action: string) => string;
  /**
   * HTTP status of a REST or XML reply. Old clients read a body only on HTTP 200; 503 and 500 are sent so that retrying
   * clients back off.
   */
  readonly http: 200 | 500 | 503;
  /** HTTP status of the sign-in page; a browser shows the body of any. */
  readonly pageHttp: number;
  /** Whether SOAP sends a Server fault. */
  readonly isServerFault: boolean;
  /** Default `Retry-After` in seconds; absent where a retry is pointless. */
  readonly retryAfter?: number;
}

/** The only table from a reason to a status word, an HTTP status and a `Retry-After`. */
const errors: Readonly<Record<Reason, ErrorRow>> = {
  malformed: { statusWord: () => 'wrong_input', http: 200, pageHttp: 400, isServerFault: false },
  restricted: { statusWord: () => 'application_restricted', http: 200, pageHttp: 500, isServerFault: false },
  unauthenticated: { statusWord: () => 'not_logged_in', http: 200, pageHttp: 500, isServerFault: false },
  missing: { statusWord: () => 'account_not_found', http: 200, pageHttp: 404, isServerFault: false },
  invalid: { statusWord: (action) => `e_${action}`, http: 200, pageHttp: 500, isServerFault: false },
  conflict: { statusWord: () => 'email_already_registered', http: 200, pageHttp: 200, isServerFault: false },
  unavailable: {
    statusWord: () => 'service_unavailable',
    http: 503,
    pageHttp: 503,
    isServerFault: true,
    retryAfter: 10,
  },
  internal: { statusWord: () => 'internal_error', http: 500, pageHttp: 500, isServerFault: true },
};

/** HTTP statuses of failures in HTTP itself: https://www.rfc-editor.org/rfc/rfc9110#section-15.5 and 15.6. */
export const httpErrors = {
  badRequest: 400,
  unauthorized: 401,
  forbidden: 403,
  notFound: 404,
  methodNotAllowed: 405,
  requestTimeout: 408,
  contentTooLarge: 413,
  unsupportedCoding: 415,
  tooManyRequests: 429,
  headersTooLarge: 431,
  notImplemented: 501,
} as const;

/**
 * HTTP status of SOAP faults unless an application is configured otherwise:
 * https://www.w3.org/TR/2000/NOTE-SOAP-20000508/#_Toc478383529.
 */
export const defaultFaultStatus = 500;

/** The status word of a call; without a reason, that of success. `action` is as sent. */
export function statusWord(action: string, reason?: Reason, about?: Fault['about']): string {
  if (reason === undefined) return statusWordsOf(action)?.success ?? `${action}_ok`;
  if (reason === 'invalid' && about === 'email') return 'email_invalid';
  return statusWordsOf(action)?.[reason] ?? errors[reason].statusWord(action);
}

/** The answer to a call that succeeded. */
export function toSuccessAnswer(action: string, result: Fields): Answer {
  return { action, status: statusWord(action), result };
}

/** The answer to a call that failed. `action` is as sent; empty where none was decoded. */
export function toErrorAnswer(fault: Fault, action = ''): Answer {
  const isExplained = (fault.reason === 'invalid' || fault.reason === 'conflict') && hasMessage(action);
  const retryAfter = retryAfterOf(fault);
  return {
    action: isKnown(action) ? action : undefined,
    status: statusWord(action, fault.reason, fault.about),
    reason: fault.reason,
    ...(fault.http !== undefined && { http: fault.http }),
    ...(fault.explanation !== undefined && { explanation: fault.explanation }),
    ...(retryAfter !== undefined && { retryAfter }),
    result: isExplained ? { message: fault.upstreamMessage ?? null } : {},
  };
}

/**
 * A fault as the caller may be told of it: about the e-mail only where the call sets one, and without a text that repeats
 * one of the secrets.
 */
export function faultOfCall(fault: Fault, call: Call, secrets: readonly string[]): Fault {
  const { reason, about, explanation, upstreamMessage, http, retryAfter, cause } = fault;
  const isOfEmail = setsEmail(call);
  const hide = createMask(secrets);
  const harmless = (text: string | undefined) => (text !== undefined && hide(text) === text ? text : undefined);
  return new Fault(reason === 'conflict' && !isOfEmail ? 'invalid' : reason, {
    about: isOfEmail ? about : undefined,
    explanation: harmless(explanation),
    upstreamMessage: harmless(upstreamMessage),
    http,
    retryAfter,
    cause,
  });
}

function setsEmail({ action, parameters }: Call): boolean {
  return hasParameter(action, 'email') && (parameters.get('email')?.some((value) => value !== '') ?? false);
}

/** Seconds for `Retry-After`; undefined where a retry is pointless. */
export function retryAfterOf({ reason, retryAfter }: Pick<Fault, 'reason' | 'retryAfter'>): number | undefined {
  const byDefault = errors[reason].retryAfter;
  return byDefault === undefined ? undefined : (retryAfter ?? byDefault);
}

/** HTTP status of an answer in REST or XML. */
export function httpStatusOf({ reason, http }: Pick<Answer, 'reason' | 'http'>): number {
  return http ?? (reason === undefined ? 200 : errors[reason].http);
}

/** HTTP status of the sign-in page for a fault. */
export function pageStatusOf({ reason, http }: Pick<Fault, 'reason' | 'http'>): number {
  return http ?? errors[reason].pageHttp;
}

/** Whether SOAP sends a Server fault instead of an `<action>Response`. */
export function isServerFault(reason: Reason | undefined): boolean {
  return reason !== undefined && errors[reason].isServerFault;
}
