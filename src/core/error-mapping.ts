import { hasMessage, isKnown, wordsOf } from './actions.js';
import type { Answer, Fields } from './answer.js';
import type { Fault, Reason } from './fault.js';

interface ErrorRow {
  /** The status word, where the action has none of its own for the reason. */
  readonly word: (action: string) => string;
  /** HTTP status of a REST or XML reply. Old clients read a body only on HTTP 200; 503 and 500 are sent so that retrying clients back off. */
  readonly http: 200 | 500 | 503;
  /** HTTP status of the sign-in page, which browsers read whatever it is. */
  readonly pageHttp: number;
  /** Whether SOAP calls it a fault of the server. */
  readonly isServerFault: boolean;
  /** `Retry-After` in seconds where nothing better is known; absent where a retry is pointless. */
  readonly retryAfter?: number;
}

/** The only place where a reason becomes a status word, an HTTP status and a `Retry-After`. */
const errors: Readonly<Record<Reason, ErrorRow>> = {
  malformed: { word: () => 'wrong_input', http: 200, pageHttp: 400, isServerFault: false },
  restricted: { word: () => 'application_restricted', http: 200, pageHttp: 500, isServerFault: false },
  unauthenticated: { word: () => 'not_logged_in', http: 200, pageHttp: 500, isServerFault: false },
  missing: { word: () => 'account_not_found', http: 200, pageHttp: 404, isServerFault: false },
  invalid: { word: (action) => `e_${action}`, http: 200, pageHttp: 500, isServerFault: false },
  conflict: { word: () => 'email_already_registered', http: 200, pageHttp: 200, isServerFault: false },
  unavailable: { word: () => 'service_unavailable', http: 503, pageHttp: 503, isServerFault: true, retryAfter: 10 },
  internal: { word: () => 'internal_error', http: 500, pageHttp: 500, isServerFault: true },
};

/** HTTP statuses of faults that are about the request itself, whatever its reason: https://www.rfc-editor.org/rfc/rfc9110#section-15.5. */
export const httpErrors = {
  badRequest: 400,
  notFound: 404,
  methodNotAllowed: 405,
  requestTimeout: 408,
  contentTooLarge: 413,
  unsupportedCoding: 415,
  tooManyRequests: 429,
  headersTooLarge: 431,
} as const;

/** The status word of a call: of its success where there is no reason. `action` is as the caller wrote it. */
export function statusWord(action: string, reason?: Reason, about?: 'email'): string {
  if (reason === undefined) return `${action}_ok`;
  if (reason === 'invalid' && about === 'email') return 'email_invalid';
  return wordsOf(action)?.[reason] ?? errors[reason].word(action);
}

/** The answer to a call that succeeded. */
export function toSuccessAnswer(action: string, result: Fields): Answer {
  return { action, status: statusWord(action), result };
}

/** The answer to a call that failed. `action` is as the caller wrote it, as far as it could be read. */
export function toErrorAnswer(fault: Fault, action = ''): Answer {
  const explained = (fault.reason === 'invalid' || fault.reason === 'conflict') && hasMessage(action);
  const retryAfter = retryAfterOf(fault);
  return {
    action: isKnown(action) ? action : undefined,
    status: statusWord(action, fault.reason, fault.about),
    reason: fault.reason,
    ...(fault.http !== undefined && { http: fault.http }),
    ...(fault.explanation !== undefined && { explanation: fault.explanation }),
    ...(retryAfter !== undefined && { retryAfter }),
    result: explained ? { message: fault.upstreamMessage ?? null } : {},
  };
}

/** Seconds after which a retry makes sense; undefined where it never does. */
export function retryAfterOf({ reason, retryAfter }: Pick<Fault, 'reason' | 'retryAfter'>): number | undefined {
  const usual = errors[reason].retryAfter;
  return usual === undefined ? undefined : (retryAfter ?? usual);
}

/** HTTP status of an answer in REST or XML. */
export function httpStatusOf({ reason, http }: Pick<Answer, 'reason' | 'http'>): number {
  return http ?? (reason === undefined ? 200 : errors[reason].http);
}

/** HTTP status of the sign-in page that tells of a fault. */
export function pageStatusOf({ reason, http }: Pick<Fault, 'reason' | 'http'>): number {
  return http ?? errors[reason].pageHttp;
}

/** Whether SOAP calls the failure a fault of the server, which is no `<action>Response`. */
export function isServerFault(reason: Reason | undefined): boolean {
  return reason !== undefined && errors[reason].isServerFault;
}
